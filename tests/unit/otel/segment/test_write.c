#include "segment/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct record_item_source SOURCE = {
    .kind = RECORD_ITEM_ATTRIBUTE,
    .type = RECORD_VALUE_STRING,
    .key = "key",
    .key_length = 3,
    .value = "value",
    .value_length = 5,
};

static void test_item_is_padded_with_zeros_to_eight_bytes(void **state)
{
    static const uint8_t expected[] = { 24,
                                        0,
                                        0,
                                        0,
                                        RECORD_ITEM_ATTRIBUTE,
                                        RECORD_VALUE_STRING,
                                        0,
                                        0,
                                        5,
                                        0,
                                        0,
                                        0,
                                        3,
                                        0,
                                        0,
                                        0,
                                        'v',
                                        'a',
                                        'l',
                                        'u',
                                        'e',
                                        'k',
                                        'e',
                                        'y' };
    uint8_t record[64];

    (void)state;
    memset(record, 0xEE, sizeof record);
    assert_int_equal(record_item_put(record, sizeof record, 8, &SOURCE), 8 + sizeof expected);
    assert_memory_equal(record + 8, expected, sizeof expected);
    assert_int_equal(record[8 + sizeof expected], 0xEE);
}

static void test_item_fits_exactly_or_not_at_all(void **state)
{
    uint8_t record[32];
    uint8_t untouched[32];

    (void)state;
    memset(record, 0xEE, sizeof record);
    memset(untouched, 0xEE, sizeof untouched);
    assert_int_equal(record_item_put(record, 31, 8, &SOURCE), 0);
    assert_memory_equal(record, untouched, sizeof record);
    assert_int_equal(record_item_put(record, 32, 8, &SOURCE), 32);
}

static void test_item_with_a_used_beyond_the_capacity_is_refused(void **state)
{
    uint8_t record[32];

    (void)state;
    assert_int_equal(record_item_put(record, sizeof record, 1000, &SOURCE), 0);
}

static void test_item_without_key_and_value_is_its_header(void **state)
{
    const struct record_item_source empty = { .kind = RECORD_ITEM_NAME };
    uint8_t record[24];

    (void)state;
    assert_int_equal(record_item_put(record, 16, 0, &empty), 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_item_is_padded_with_zeros_to_eight_bytes),
        cmocka_unit_test(test_item_fits_exactly_or_not_at_all),
        cmocka_unit_test(test_item_with_a_used_beyond_the_capacity_is_refused),
        cmocka_unit_test(test_item_without_key_and_value_is_its_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
