#include "agent/observe/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void hash_hex(const char *text, size_t length, char out[2 * SHA1_BYTES + 1])
{
    uint8_t hash[SHA1_BYTES];

    uuid_sha1((const uint8_t *)text, length, hash);
    for (int i = 0; i < SHA1_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

/* FIPS 180-4's examples, and texts around the ends of a block (from sha1sum). */
static void test_sha1_agrees_with_the_standard(void **state)
{
    static const struct {
        size_t as; /* so many "a"; 0: the text */
        const char *text;
        const char *expected;
    } CASES[] = {
        { 0, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { 0, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { 0, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
        { 55, NULL, "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
        { 56, NULL, "c2db330f6083854c99d4b5bfb6e8f29f201be699" },
        { 64, NULL, "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
    };
    char many[64];
    char hex[2 * SHA1_BYTES + 1];

    (void)state;
    memset(many, 'a', sizeof many);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        hash_hex(CASES[i].as ? many : CASES[i].text,
                 CASES[i].as ? CASES[i].as : strlen(CASES[i].text), hex);
        assert_string_equal(hex, CASES[i].expected);
    }
}

/* RFC 9562, appendix A.4: the name www.example.com in the namespace of DNS. */
static void test_uuid_agrees_with_the_rfc(void **state)
{
    static const uint8_t DNS[UUID_BYTES] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                             0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
    char text[UUID_TEXT_SIZE];

    (void)state;
    uuid_from_name(DNS, "www.example.com", strlen("www.example.com"), text);
    assert_string_equal(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha1_agrees_with_the_standard),
        cmocka_unit_test(test_uuid_agrees_with_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
