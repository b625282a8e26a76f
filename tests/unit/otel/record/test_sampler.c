#include "record/sampler.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HALF (UINT64_C(1) << 55) /* of the 56 bits that decide */

static void test_parent_decides_when_sampling_is_parent_based(void **state)
{
    const struct segment_sampling off = { .is_parent_based = true,
                                          .root = SEGMENT_SAMPLER_ALWAYS_OFF };
    const struct segment_sampling on = { .is_parent_based = true };
    const struct otel_context sampled = { .trace_flags = 1, .is_remote = true };
    const struct otel_context dropped = { .trace_flags = 2, .is_remote = true };
    const uint8_t id[16] = { 1 };

    (void)state;
    assert_true(sampler_decides(&off, &sampled, id));
    assert_false(sampler_decides(&on, &dropped, id));
    assert_false(sampler_decides(&off, NULL, id));
    assert_true(sampler_decides(&on, NULL, id));
}

static void test_root_decides_alone_when_sampling_is_not_parent_based(void **state)
{
    const struct segment_sampling off = { .root = SEGMENT_SAMPLER_ALWAYS_OFF };
    const struct segment_sampling on = { .root = SEGMENT_SAMPLER_ALWAYS_ON };
    const struct otel_context sampled = { .trace_flags = 1 };
    const struct otel_context dropped = { .trace_flags = 0 };
    const uint8_t id[16] = { 1 };

    (void)state;
    assert_false(sampler_decides(&off, &sampled, id));
    assert_true(sampler_decides(&on, &dropped, id));
}

static void test_ratio_compares_the_low_56_bits_with_the_threshold(void **state)
{
    const struct segment_sampling half = { .root = SEGMENT_SAMPLER_RATIO,
                                           .rejection_threshold = HALF };
    const struct segment_sampling all = { .root = SEGMENT_SAMPLER_RATIO };
    const struct segment_sampling none = { .root = SEGMENT_SAMPLER_RATIO,
                                           .rejection_threshold = UINT64_C(1) << 56 };
    const uint8_t below[16] = { [8] = 0xff, [9] = 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    const uint8_t equal[16] = { [9] = 0x80 };
    const uint8_t highest[16] = { [9] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    const uint8_t lowest[16] = { 1 };

    (void)state;
    assert_false(sampler_decides(&half, NULL, below));
    assert_true(sampler_decides(&half, NULL, equal));
    assert_true(sampler_decides(&all, NULL, lowest));
    assert_false(sampler_decides(&none, NULL, highest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parent_decides_when_sampling_is_parent_based),
        cmocka_unit_test(test_root_decides_alone_when_sampling_is_not_parent_based),
        cmocka_unit_test(test_ratio_compares_the_low_56_bits_with_the_threshold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
