#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/aggregate.h"

#include <math.h>

static void test_upper_bounds_belong_to_their_bucket(void **state)
{
    static const struct aggregate_bounds bounds = { .count = 3, .bounds = { 0, 5, 10 } };
    static const struct {
        double value;
        unsigned bucket;
    } cases[] = { { -1, 0 },       { 0, 0 },  { 0x1p-1074, 1 }, { 5, 1 },
                  { 5.000001, 2 }, { 10, 2 }, { 11, 3 },        { 1e308, 3 } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct aggregate_histogram histogram = { 0 };

        assert_true(aggregate_histogram_record(&histogram, &bounds, cases[i].value));

        if (histogram.buckets[cases[i].bucket] != 1)
            fail_msg("%g is not in bucket %u", cases[i].value, cases[i].bucket);
    }
}

static void test_minimum_and_maximum_begin_with_the_first_value(void **state)
{
    static const struct aggregate_bounds none = { 0 };
    struct aggregate_histogram histogram = { 0 };

    (void)state;
    assert_true(aggregate_histogram_record(&histogram, &none, 7));
    assert_true(histogram.min == 7 && histogram.max == 7);
    assert_true(aggregate_histogram_record(&histogram, &none, 9));
    assert_true(aggregate_histogram_record(&histogram, &none, 8));

    assert_true(histogram.min == 7 && histogram.max == 9 && histogram.sum == 24);
    assert_int_equal(histogram.count, 3);
    assert_int_equal(histogram.buckets[0], 3);
    assert_false(histogram.has_negative);
}

static void test_what_is_no_number_changes_nothing(void **state)
{
    struct aggregate_histogram histogram = { 0 };

    (void)state;
    assert_false(aggregate_histogram_record(&histogram, &AGGREGATE_BOUNDS_DEFAULT, NAN));
    assert_false(aggregate_histogram_record(&histogram, &AGGREGATE_BOUNDS_DEFAULT, INFINITY));

    assert_int_equal(histogram.count, 0);
}

static void test_bounds_must_ascend(void **state)
{
    const struct aggregate_bounds equal = { .count = 2, .bounds = { 1, 1 } };
    const struct aggregate_bounds endless = { .count = 1, .bounds = { INFINITY } };
    const struct aggregate_bounds too_many = { .count = AGGREGATE_BOUNDS_MAX + 1 };

    (void)state;
    assert_true(aggregate_bounds_check(&AGGREGATE_BOUNDS_DEFAULT));
    assert_false(aggregate_bounds_check(&equal));
    assert_false(aggregate_bounds_check(&endless));
    assert_false(aggregate_bounds_check(&too_many));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upper_bounds_belong_to_their_bucket),
        cmocka_unit_test(test_minimum_and_maximum_begin_with_the_first_value),
        cmocka_unit_test(test_what_is_no_number_changes_nothing),
        cmocka_unit_test(test_bounds_must_ascend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
