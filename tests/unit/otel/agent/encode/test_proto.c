#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/encode/proto.h"
#include "base/mem.h"
#include "base/proto_reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

static void assert_bytes(struct buf *out, const char *expected, size_t length)
{
    assert_false(out->has_failed);
    assert_int_equal(out->length, length);
    assert_memory_equal(out->data, expected, length);
    buf_clear(out);
}

static void test_fields_byte_for_byte(void **state)
{
    static const uint64_t counts[] = { 1, 256 };
    static const double bounds[] = { 1.0 };
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    proto_varint(&out, 1, 0);
    assert_bytes(&out, BYTES("\x08\x00"));
    proto_varint(&out, 1, 150);
    assert_bytes(&out, BYTES("\x08\x96\x01"));
    proto_varint(&out, 3, (uint64_t)INT64_C(-1));
    assert_bytes(&out, BYTES("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));
    proto_varint_nonzero(&out, 1, 0);
    assert_int_equal(out.length, 0);
    proto_varint_nonzero(&out, 15, 127);
    assert_bytes(&out, BYTES("\x78\x7f"));
    proto_fixed32(&out, 16, 0x01020304);
    assert_bytes(&out, BYTES("\x85\x01\x04\x03\x02\x01"));
    proto_fixed64(&out, 7, 0x0102030405060708);
    assert_bytes(&out, BYTES("\x39\x08\x07\x06\x05\x04\x03\x02\x01"));
    proto_double(&out, 4, -INFINITY);
    assert_bytes(&out, BYTES("\x21\x00\x00\x00\x00\x00\x00\xf0\xff"));
    proto_bytes(&out, 1, "", 0);
    assert_bytes(&out, BYTES("\x0a\x00"));
    proto_bytes(&out, 1, "\xff", 1);
    assert_bytes(&out, BYTES("\x0a\x01\xff"));
    proto_fixed64_list(&out, 6, counts, 2);
    assert_bytes(&out, BYTES("\x32\x10\x01\x00\x00\x00\x00\x00\x00\x00"
                             "\x00\x01\x00\x00\x00\x00\x00\x00"));
    proto_double_list(&out, 7, bounds, 1);
    assert_bytes(&out, BYTES("\x3a\x08\x00\x00\x00\x00\x00\x00\xf0\x3f"));
    buf_release(&out);
}

static void test_a_string_leaves_as_utf8(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
        const char *reason;
    } cases[] = {
        { "", "", "empty" },
        { "plain ASCII, longer than a word", "plain ASCII, longer than a word", "ASCII" },
        { "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9", "two bytes" },
        { "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "four bytes" },
        { "12345678\xff", "12345678\xef\xbf\xbd", "a bad byte behind a whole word" },
        { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "a surrogate" },
        { "\xf0\x9f\x98", "\xef\xbf\xbd", "a character cut short" },
        { "\xef\xbf\xbd", "\xef\xbf\xbd", "U+FFFD itself" },
    };
    struct buf out;

    (void)state;
    buf_init(&out, 1024);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i].expected);

        proto_string(&out, 1, cases[i].text, strlen(cases[i].text));
        if (out.length != 2 + length || out.data[1] != (char)length ||
            memcmp(out.data + 2, cases[i].expected, length) != 0)
            fail_msg("%s", cases[i].reason);
        buf_clear(&out);
    }
    buf_release(&out);
}

/* Whatever was guessed, the length is the shortest one and the content is where it belongs. */
static void test_a_message_of_any_size_has_the_shortest_length(void **state)
{
    static const size_t sizes[] = { 0, 1, 127, 128, 16383, 16384, 2097151, 2097152 };
    static const enum proto_size guesses[] = { PROTO_SMALL, PROTO_MEDIUM, PROTO_LARGE };
    char *content = malloc(2097152);
    struct buf out;

    (void)state;
    assert_non_null(content);
    for (size_t i = 0; i < 2097152; i++)
        content[i] = (char)(i * 7);
    buf_init(&out, 4 << 20);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t g = 0; g < sizeof guesses / sizeof guesses[0]; g++) {
            size_t width = sizes[i] < 128 ? 1 : sizes[i] < 16384 ? 2 : sizes[i] < 2097152 ? 3 : 4;
            struct proto_message message = proto_message_begin(&out, 1, guesses[g]);
            struct proto_reader reader;
            struct proto_field field;

            buf_add(&out, content, sizes[i]);
            proto_message_end(&out, message);
            proto_varint(&out, 2, 1);

            assert_int_equal(out.length, 1 + width + sizes[i] + 2);
            reader = proto_reader_of(out.data, out.length);
            assert_true(proto_reader_next(&reader, &field));
            assert_int_equal(field.value, sizes[i]);
            assert_memory_equal(field.bytes, content, sizes[i]);
            assert_true(proto_reader_next(&reader, &field));
            assert_int_equal(field.number, 2);
            buf_clear(&out);
        }
    }
    buf_release(&out);
    free(content);
}

static void write_some(struct buf *out)
{
    struct proto_message outer = proto_message_begin(out, 1, PROTO_SMALL), inner;

    inner = proto_message_begin(out, 2, PROTO_LARGE);
    proto_string(out, 1, "caf\xc3\xa9", 5);
    proto_message_end(out, inner);
    for (int i = 0; i < 200; i++)
        proto_fixed64(out, 3, 1);
    proto_message_end(out, outer);
}

static void test_what_does_not_fit_is_marked_and_harms_nothing(void **state)
{
    size_t whole;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 16);
    write_some(&out);
    whole = out.length;
    buf_release(&out);
    for (size_t limit = 0; limit < whole; limit++) {
        buf_init(&out, limit);
        write_some(&out);
        assert_true(out.has_failed);
        assert_true(out.length <= limit);
        buf_release(&out);
    }
}

static void test_no_memory_is_marked(void **state)
{
    bool has_failed = true;

    (void)state;
    for (long n = 0; has_failed; n++) {
        long live_before = mem_live();
        struct buf out;

        buf_init(&out, 1 << 16);
        mem_fail_at(n);
        write_some(&out);
        mem_fail_at(-1);
        has_failed = out.has_failed;
        buf_release(&out);
        assert_int_equal(mem_live(), live_before);
        assert_true(n < 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_byte_for_byte),
        cmocka_unit_test(test_a_string_leaves_as_utf8),
        cmocka_unit_test(test_a_message_of_any_size_has_the_shortest_length),
        cmocka_unit_test(test_what_does_not_fit_is_marked_and_harms_nothing),
        cmocka_unit_test(test_no_memory_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
