#include "agent/observe/uuid.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK_BYTES = 64, ROUNDS = 80, UUID_NAME_BYTES_MAX = 4096 };

static uint32_t rotate(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

static uint32_t round_mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
    if (round < 20)
        return ((b & c) | (~b & d)) + 0x5a827999u;
    if (round < 40)
        return (b ^ c ^ d) + 0x6ed9eba1u;
    if (round < 60)
        return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void block_mix(uint32_t state[5], const uint8_t block[BLOCK_BYTES])
{
    uint32_t words[ROUNDS];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];

    for (int i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < ROUNDS; i++)
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t next = rotate(a, 5) + round_mix(i, b, c, d) + e + words[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void uuid_sha1(const uint8_t *bytes, size_t length, uint8_t out[SHA1_BYTES])
{
    uint32_t state[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
    uint8_t last[2 * BLOCK_BYTES] = { 0 };
    size_t whole = length / BLOCK_BYTES * BLOCK_BYTES;
    size_t rest = length - whole;
    size_t last_size = rest + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    uint64_t bits = (uint64_t)length * 8;

    for (size_t at = 0; at < whole; at += BLOCK_BYTES)
        block_mix(state, bytes + at);
    memcpy(last, bytes + whole, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[last_size - 1 - i] = (uint8_t)(bits >> (8 * i));
    for (size_t at = 0; at < last_size; at += BLOCK_BYTES)
        block_mix(state, last + at);
    for (int i = 0; i < SHA1_BYTES; i++)
        out[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

void uuid_from_name(const uint8_t name_space[UUID_BYTES], const char *name, size_t length,
                    char out[UUID_TEXT_SIZE])
{
    uint8_t all[UUID_BYTES + UUID_NAME_BYTES_MAX];
    uint8_t hash[SHA1_BYTES];
    char *at = out;

    length = length < UUID_NAME_BYTES_MAX ? length : UUID_NAME_BYTES_MAX;
    memcpy(all, name_space, UUID_BYTES);
    memcpy(all + UUID_BYTES, name, length);
    uuid_sha1(all, UUID_BYTES + length, hash);
    hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50); /* version 5 */
    hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80); /* the RFC's variant */
    for (int i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += snprintf(at, 3, "%02x", hash[i]);
    }
}
