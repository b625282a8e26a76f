/* The base-2 exponential histogram. Its mapping is compared with tests/vectors/base2_index.txt,
 * which an independent program made with exact arithmetic (tests/vectors/base2_index.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/base2.h"
#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

static uint64_t buckets_total(const struct base2_buckets *buckets)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < buckets->used; i++)
        total += buckets->counts[i];
    return total;
}

static void test_mapping_is_exact_where_exact_arithmetic_says_so(void **state)
{
    FILE *file = fopen("tests/vectors/base2_index.txt", "r");
    unsigned count = 0;
    double value;
    int scale, index;

    (void)state;
    assert_non_null(file);
    while (fscanf(file, "%la %d %d", &value, &scale, &index) == 3) {
        if (base2_index(value, scale) != index)
            print_error("%a at scale %d: %d, must be %d\n", value, scale,
                        (int)base2_index(value, scale), index);
        assert_int_equal(base2_index(value, scale), index);
        count++;
    }
    fclose(file);
    assert_true(count > 5000);
}

static void test_one_value_is_kept_at_the_finest_scale(void **state)
{
    struct base2 *base2 = base2_create(160, 20);

    (void)state;
    assert_true(base2_record(base2, 3));

    assert_int_equal(base2->scale, 20);
    assert_int_equal(base2->positive.used, 1);
    assert_int_equal(base2->positive.first, base2_index(3, 20));
    mem_free(base2);
}

static void test_scale_falls_just_far_enough(void **state)
{
    /* 1, 2, 4 in four buckets: at scale 1 they lie two apart, at -1, 1 and 3: five buckets. */
    struct base2 *base2 = base2_create(4, 20);

    (void)state;
    assert_true(base2_record(base2, 4));
    assert_true(base2_record(base2, 1));
    assert_true(base2_record(base2, 2));

    assert_int_equal(base2->scale, 0);
    assert_int_equal(base2->positive.first, -1);
    assert_int_equal(base2->positive.used, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(base2->positive.counts[i], 1);
    mem_free(base2);
}

static void test_signs_zeros_and_extremes_are_all_counted(void **state)
{
    static const double values[] = { DBL_MAX, 4.9406564584124654e-324, -DBL_MAX, -DBL_MIN, 0, -0.0,
                                     1 };
    struct base2 *base2 = base2_create(2, 20);

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        assert_true(base2_record(base2, values[i]));
    assert_false(base2_record(base2, NAN));
    assert_false(base2_record(base2, INFINITY));
    assert_false(base2_record(base2, -INFINITY));

    assert_int_equal(base2->count, 7);
    assert_int_equal(base2->zero_count, 2);
    assert_int_equal(buckets_total(&base2->positive), 3);
    assert_int_equal(buckets_total(&base2->negative), 2);
    assert_int_equal(base2->scale, -11);
    assert_true(base2->min == -DBL_MAX && base2->max == DBL_MAX);
    assert_true(base2->has_negative);
    mem_free(base2);
}

/* Values of many magnitudes, without a clock or a seed of the machine. */
static double sample(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return ldexp(1 + (double)(*random >> 12) * 0x1p-52, (int)(*random % 40) - 20) *
           (*random & 64 ? 1 : -1);
}

static void test_every_value_stays_in_the_bucket_of_its_scale(void **state)
{
    struct base2 *base2 = base2_create(20, 20);
    uint64_t random = 1;
    double values[500];

    (void)state;
    for (unsigned n = 0; n < 500; n++) {
        uint64_t found[2] = { 0 };

        values[n] = sample(&random);
        assert_true(base2_record(base2, values[n]));
        for (unsigned i = 0; i <= n && n % 50 == 49; i++) {
            const struct base2_buckets *buckets =
                values[i] < 0 ? &base2->negative : &base2->positive;
            int32_t place = base2_index(fabs(values[i]), base2->scale) - buckets->first;

            assert_in_range(place, 0, buckets->used - 1);
            assert_true(buckets->counts[place] > 0);
            found[values[i] < 0]++;
        }
        if (n % 50 == 49) {
            assert_int_equal(buckets_total(&base2->positive), found[0]);
            assert_int_equal(buckets_total(&base2->negative), found[1]);
        }
    }
    assert_true(base2->positive.used <= 20 && base2->negative.used <= 20);
    mem_free(base2);
}

static void test_two_merged_say_the_same_as_one(void **state)
{
    struct base2 *one = base2_create(40, 20), *left = base2_create(40, 20);
    struct base2 *right = base2_create(40, 20);
    uint64_t random = 7;

    (void)state;
    for (unsigned n = 0; n < 300; n++) {
        double value = n == 5 ? 0 : sample(&random);

        assert_true(base2_record(one, value));
        assert_true(base2_record(n % 3 ? left : right, value));
    }
    base2_merge(left, right);

    assert_int_equal(left->scale, one->scale);
    assert_int_equal(left->count, one->count);
    assert_int_equal(left->zero_count, 1);
    assert_true(left->min == one->min && left->max == one->max);
    assert_int_equal(left->positive.first, one->positive.first);
    assert_int_equal(left->positive.used, one->positive.used);
    for (uint32_t i = 0; i < one->positive.used; i++)
        assert_int_equal(left->positive.counts[i], one->positive.counts[i]);
    for (uint32_t i = 0; i < one->negative.used; i++)
        assert_int_equal(left->negative.counts[i], one->negative.counts[i]);
    mem_free(one);
    mem_free(left);
    mem_free(right);
}

static void test_cleared_is_as_new(void **state)
{
    struct base2 *base2 = base2_create(2, 5);

    (void)state;
    assert_true(base2_record(base2, 1) && base2_record(base2, 1e9));
    base2_clear(base2);
    assert_true(base2_record(base2, -8));

    assert_int_equal(base2->scale, 5);
    assert_int_equal(base2->count, 1);
    assert_int_equal(base2->positive.used, 0);
    assert_true(base2->min == -8 && base2->max == -8);
    mem_free(base2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mapping_is_exact_where_exact_arithmetic_says_so),
        cmocka_unit_test(test_one_value_is_kept_at_the_finest_scale),
        cmocka_unit_test(test_scale_falls_just_far_enough),
        cmocka_unit_test(test_signs_zeros_and_extremes_are_all_counted),
        cmocka_unit_test(test_every_value_stays_in_the_bucket_of_its_scale),
        cmocka_unit_test(test_two_merged_say_the_same_as_one),
        cmocka_unit_test(test_cleared_is_as_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
