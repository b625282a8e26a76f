#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/aggregate.h"

#include <math.h>

static void test_integers_stay_integers(void **state)
{
    struct aggregate_number sum = aggregate_int(0);

    (void)state;
    assert_true(aggregate_sum_add(&sum, aggregate_int(INT64_C(1) << 60), true));
    assert_true(aggregate_sum_add(&sum, aggregate_int(1), true));

    assert_false(sum.is_double);
    assert_true(sum.value.integer == (INT64_C(1) << 60) + 1);
}

static void test_a_double_makes_it_double(void **state)
{
    struct aggregate_number sum = aggregate_int(2);

    (void)state;
    assert_true(aggregate_sum_add(&sum, aggregate_double(0.5), false));
    assert_true(aggregate_sum_add(&sum, aggregate_int(-1), false));

    assert_true(sum.is_double && sum.value.real == 1.5);
}

static void test_overflow_goes_on_as_double(void **state)
{
    struct aggregate_number sum = aggregate_int(INT64_MAX);

    (void)state;
    assert_true(aggregate_sum_add(&sum, aggregate_int(1), true));

    assert_true(sum.is_double && sum.value.real == 0x1p63);
}

static void test_monotonic_sum_refuses_negatives_and_no_numbers(void **state)
{
    struct aggregate_number sum = aggregate_int(5);

    (void)state;
    assert_false(aggregate_sum_add(&sum, aggregate_int(-1), true));
    assert_false(aggregate_sum_add(&sum, aggregate_double(NAN), true));
    assert_false(aggregate_sum_add(&sum, aggregate_double(INFINITY), false));

    assert_true(!sum.is_double && sum.value.integer == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_stay_integers),
        cmocka_unit_test(test_a_double_makes_it_double),
        cmocka_unit_test(test_overflow_goes_on_as_double),
        cmocka_unit_test(test_monotonic_sum_refuses_negatives_and_no_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
