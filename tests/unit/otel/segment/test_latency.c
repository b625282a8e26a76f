/* The row of counters: every duration has its place, and a quantile is at most a fifth off. */
#include "segment/latency.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_latency_place_holds_its_duration(void **state)
{
    (void)state;
    for (uint64_t ns = 1; ns < latency_bound_ns(LATENCY_COUNT); ns += ns / 7 + 1) {
        size_t place = latency_place(ns);

        assert_true(place < LATENCY_COUNT);
        assert_true(latency_bound_ns(place) <= ns);
        assert_true(ns < latency_bound_ns(place + 1));
    }
}

static void test_latency_takes_what_no_request_lasts(void **state)
{
    (void)state;
    assert_int_equal(latency_place(0), 0);
    assert_int_equal(latency_place(UINT64_MAX), LATENCY_COUNT - 1);
}

static void test_latency_bounds_are_a_fifth_apart_at_most(void **state)
{
    (void)state;
    for (size_t i = 1; i < LATENCY_COUNT; i++)
        assert_true(latency_bound_ns(i + 1) * 4 <= latency_bound_ns(i) * 5);
}

static void test_latency_quantile_of_nothing_is_zero(void **state)
{
    const uint64_t counts[LATENCY_COUNT] = { 0 };

    (void)state;
    assert_int_equal(latency_quantile_ns(counts, 0.99), 0);
}

static void test_latency_quantile_is_near_the_true_one(void **state)
{
    uint64_t counts[LATENCY_COUNT] = { 0 };

    (void)state;
    for (uint64_t ms = 1; ms <= 1000; ms++)
        counts[latency_place(ms * 1000000)]++;

    assert_in_range(latency_quantile_ns(counts, 0.50), 450000000, 550000000);
    assert_in_range(latency_quantile_ns(counts, 0.95), 900000000, 1000000000);
    assert_in_range(latency_quantile_ns(counts, 0.99), 940000000, 1074000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_latency_place_holds_its_duration),
        cmocka_unit_test(test_latency_takes_what_no_request_lasts),
        cmocka_unit_test(test_latency_bounds_are_a_fifth_apart_at_most),
        cmocka_unit_test(test_latency_quantile_of_nothing_is_zero),
        cmocka_unit_test(test_latency_quantile_is_near_the_true_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
