#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_clock_monotonic_never_goes_back(void **state)
{
    uint64_t before = clock_monotonic_ns();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t now = clock_monotonic_ns();

        assert_true(now >= before);
        before = now;
    }
}

static void test_clock_wall_is_in_nanoseconds_of_this_century(void **state)
{
    uint64_t year_2020_s = UINT64_C(1577836800);
    uint64_t year_2100_s = UINT64_C(4102444800);
    uint64_t now_s = clock_wall_ns() / CLOCK_NS_PER_S;

    (void)state;
    assert_in_range(now_s, year_2020_s, year_2100_s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_monotonic_never_goes_back),
        cmocka_unit_test(test_clock_wall_is_in_nanoseconds_of_this_century),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
