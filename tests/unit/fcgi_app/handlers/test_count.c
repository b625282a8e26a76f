/* Counts: ASCII digits up to 2^63-1, whatever zeros stand before. */
#include "handlers/count.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *digits;
    bool is_good;
    int64_t count;
} COUNTS[] = {
    { "0", true, 0 },
    { "007", true, 7 },
    { "100", true, 100 },
    { "2147483648", true, INT64_C(2147483648) },
    { "9223372036854775806", true, INT64_MAX - 1 },
    { "9223372036854775807", true, INT64_MAX },
    { "000000000000000000009223372036854775807", true, INT64_MAX },
    { "9223372036854775808", false, 0 },
    { "9223372036854775810", false, 0 },
    { "9999999999999999999", false, 0 },
    { "18446744073709551616", false, 0 },
    { "18446744073709551617", false, 0 },
};

static void test_count_is_read_up_to_its_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        int64_t count = -77;

        if (count_parse(otel_str(COUNTS[i].digits), &count) != COUNTS[i].is_good)
            fail_msg("%s", COUNTS[i].digits);
        assert_int_equal(count, COUNTS[i].is_good ? COUNTS[i].count : -77);
    }
}

static void test_count_of_ten_thousand_digits_is_refused(void **state)
{
    char digits[10000];
    int64_t count;

    (void)state;
    memset(digits, '1', sizeof digits);
    assert_false(count_parse((struct otel_str){ digits, sizeof digits }, &count));

    memset(digits, '0', sizeof digits - 1);
    assert_true(count_parse((struct otel_str){ digits, sizeof digits }, &count));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count_is_read_up_to_its_limit),
        cmocka_unit_test(test_count_of_ten_thousand_digits_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
