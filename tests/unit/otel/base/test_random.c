#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_random_is_xoshiro256_starstar(void **state)
{
    /* Computed by hand from the published algorithm for the state 1, 2, 3, 4. */
    static const uint64_t expected[] = { 11520, 0, 1509978240, 1215971899390074240 };
    uint64_t generator[4] = { 1, 2, 3, 4 };

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_true(random_next(generator) == expected[i]);
}

static void test_random_seeds_differ_and_are_never_all_zero(void **state)
{
    uint64_t first[4] = { 0 };
    uint64_t second[4] = { 0 };

    (void)state;
    random_seed(first);
    random_seed(second);
    assert_memory_not_equal(first, second, sizeof first);
    assert_true(first[0] & 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_is_xoshiro256_starstar),
        cmocka_unit_test(test_random_seeds_differ_and_are_never_all_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
