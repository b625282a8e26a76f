#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/proto_reader.h"

#include <string.h>

#define BYTES(literal) literal, sizeof(literal) - 1

static void test_each_wire_type_is_read(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        struct proto_field expected;
        const char *reason;
    } cases[] = {
        { BYTES("\x08\x96\x01"), { 1, PROTO_VARINT, 150, NULL }, "a varint of two bytes" },
        { BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
          { 1, PROTO_VARINT, UINT64_MAX, NULL },
          "-1" },
        { BYTES("\x11\x01\x02\x03\x04\x05\x06\x07\x08"),
          { 2, PROTO_FIXED64, UINT64_C(0x0807060504030201), NULL },
          "little-endian" },
        { BYTES("\x1d\x01\x02\x03\x04"), { 3, PROTO_FIXED32, 0x04030201, NULL }, "four bytes" },
        { BYTES("\x85\x01\x00\x00\x00\x00"), { 16, PROTO_FIXED32, 0, NULL }, "a tag of two bytes" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proto_reader reader = proto_reader_of(cases[i].bytes, cases[i].length);
        struct proto_field field;

        if (!proto_reader_next(&reader, &field) || field.number != cases[i].expected.number ||
            field.wire != cases[i].expected.wire || field.value != cases[i].expected.value)
            fail_msg("%s", cases[i].reason);
        assert_false(proto_reader_next(&reader, &field));
    }
}

static void test_a_message_lies_in_its_field(void **state)
{
    struct proto_reader reader = proto_reader_of(BYTES("\x0a\x02\x08\x05\x12\x00")), inner;
    struct proto_field field;

    (void)state;
    assert_true(proto_reader_next(&reader, &field));
    inner = proto_field_reader(&field);
    assert_true(proto_reader_next(&inner, &field));
    assert_int_equal(field.value, 5);
    assert_false(proto_reader_next(&inner, &field));
    assert_true(proto_reader_next(&reader, &field));
    assert_int_equal(field.number, 2);
    assert_int_equal(field.value, 0);
}

static void test_what_makes_no_sense_ends_it(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *reason;
    } cases[] = {
        { BYTES(""), "nothing" },
        { BYTES("\x08"), "a tag alone" },
        { BYTES("\x08\x80"), "half a varint" },
        { BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "a varint of eleven bytes" },
        { BYTES("\x0a\x05xxxx"), "a length of one byte too many" },
        { BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), "a length that wraps" },
        { BYTES("\x09xxxxxxx"), "seven of eight bytes" },
        { BYTES("\x0dxxx"), "three of four bytes" },
        { BYTES("\x00\x01"), "field 0" },
        { BYTES("\x0b\x0c"), "a group" },
        { BYTES("\x0f\x01"), "no wire type" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proto_reader reader = proto_reader_of(cases[i].bytes, cases[i].length);
        struct proto_field field;

        if (proto_reader_next(&reader, &field))
            fail_msg("%s", cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_wire_type_is_read),
        cmocka_unit_test(test_a_message_lies_in_its_field),
        cmocka_unit_test(test_what_makes_no_sense_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
