/*
 * As little HTTP/2 as the receiver of unary calls needs (RFC 9113): windows as wide as they get,
 * and the same answer, of literal headers, to whatever ends a stream. No limit is kept, no error
 * told: the peer is the launcher.
 */
#ifndef BENCH_H2_H
#define BENCH_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum { H2_PREFACE = 24, H2_HEAD = 9, H2_ANSWER_MAX = 256 };
enum { H2_DATA = 0, H2_HEADERS = 1, H2_SETTINGS = 4, H2_WINDOW_UPDATE = 8 };
enum { H2_END_STREAM = 1, H2_END_HEADERS = 4, H2_ACK = 1 };

struct h2 {
    bool is_greeted;
    bool is_silent;    /* takes, and never answers */
    uint64_t taken;    /* bytes of data since the window was given back */
    uint64_t requests; /* streams that ended */
};

static bool h2_send(int fd, const void *bytes, size_t length)
{
    return send(fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static size_t h2_frame(uint8_t *out, uint8_t type, uint8_t flags, const uint8_t stream[4],
                       const void *payload, size_t length)
{
    const uint8_t head[H2_HEAD] = { 0, 0, (uint8_t)length, type, flags };

    memcpy(out, head, sizeof head);
    memcpy(out + 5, stream, 4);
    memcpy(out + H2_HEAD, payload, length);
    return H2_HEAD + length;
}

/* The window of the connection is given back with each answer. */
static bool h2_answer(struct h2 *h2, int fd, const uint8_t stream[4])
{
    static const char content[] = "\x88\x00\x0c"
                                  "content-type\x10"
                                  "application/grpc";
    static const char trailer[] = "\x00\x0bgrpc-status\x01"
                                  "0";
    const uint8_t window[4] = { (uint8_t)(h2->taken >> 24), (uint8_t)(h2->taken >> 16),
                                (uint8_t)(h2->taken >> 8), (uint8_t)h2->taken };
    static const uint8_t connection[4];
    uint8_t out[H2_ANSWER_MAX];
    size_t used = 0;

    h2->requests++;
    if (h2->is_silent)
        return true;
    if (h2->taken > 0)
        used = h2_frame(out, H2_WINDOW_UPDATE, 0, connection, window, sizeof window);
    h2->taken = 0;
    used += h2_frame(out + used, H2_HEADERS, H2_END_HEADERS, stream, content, sizeof content - 1);
    used += h2_frame(out + used, H2_DATA, 0, stream, "\0\0\0\0", 5);
    used += h2_frame(out + used, H2_HEADERS, H2_END_HEADERS | H2_END_STREAM, stream, trailer,
                     sizeof trailer - 1);
    return h2_send(fd, out, used);
}

static bool h2_greet(struct h2 *h2, int fd)
{
    static const uint8_t start[] = { 0,    0, 6, 4, 0, 0, 0, 0, 0, 0, 4,    0x7f, 0xff, 0xff,
                                     0xff, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7f, 0xf0, 0,    0 };

    h2->is_greeted = true;
    return h2_send(fd, start, sizeof start);
}

/* Takes the whole frames at the start of what has come. Returns the bytes of them; SIZE_MAX when
 * the peer takes no answer. */
static size_t h2_take(struct h2 *h2, int fd, const uint8_t *bytes, size_t length)
{
    static const uint8_t settings_taken[H2_HEAD] = { 0, 0, 0, H2_SETTINGS, H2_ACK };
    size_t at = 0;

    if (!h2->is_greeted) {
        if (length < H2_PREFACE)
            return 0;
        if (!h2_greet(h2, fd))
            return SIZE_MAX;
        at = H2_PREFACE;
    }
    while (length - at >= H2_HEAD) {
        const uint8_t *frame = bytes + at;
        size_t payload = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
        uint8_t type = frame[3], flags = frame[4];

        if (length - at < H2_HEAD + payload)
            break;
        if (type == H2_SETTINGS && (flags & H2_ACK) == 0 &&
            !h2_send(fd, settings_taken, sizeof settings_taken))
            return SIZE_MAX;
        if (type == H2_DATA) {
            h2->taken += payload;
            if ((flags & H2_END_STREAM) != 0 && !h2_answer(h2, fd, frame + 5))
                return SIZE_MAX;
        }
        at += H2_HEAD + payload;
    }
    return at;
}

#endif
