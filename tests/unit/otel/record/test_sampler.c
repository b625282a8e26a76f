#include "record/sampler.h"

#include "../../../fakes/fake_segment.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define HALF (UINT64_C(1) << 63)

/* sampled / remote, as a parent that the samplers are asked about */
static const struct otel_context REMOTE_ON = { .trace_flags = 1, .is_remote = true };
static const struct otel_context REMOTE_OFF = { .trace_flags = 2, .is_remote = true };
static const struct otel_context LOCAL_ON = { .trace_flags = 3 };
static const struct otel_context LOCAL_OFF = { .trace_flags = 0 };

static void test_every_sampler_with_every_parent(void **state)
{
    const uint8_t kept[16] = { [8] = 0x7f }; /* below a half */
    const uint8_t lost[16] = { [8] = 0x80 };
    static const struct {
        const char *reason;
        enum segment_sampler root;
        bool is_parent_based;
        const struct otel_context *parent; /* NULL: a root span */
        bool takes_kept;                   /* an id that a ratio of a half keeps */
        bool takes_lost;
    } CASES[] = {
        { "always_on: root", SEGMENT_SAMPLER_ALWAYS_ON, false, NULL, true, true },
        { "always_on: the parent is not asked", SEGMENT_SAMPLER_ALWAYS_ON, false, &REMOTE_OFF, true,
          true },
        { "always_off: root", SEGMENT_SAMPLER_ALWAYS_OFF, false, NULL, false, false },
        { "always_off: the parent is not asked", SEGMENT_SAMPLER_ALWAYS_OFF, false, &REMOTE_ON,
          false, false },
        { "traceidratio: root", SEGMENT_SAMPLER_RATIO, false, NULL, true, false },
        { "traceidratio: ignores a sampled parent", SEGMENT_SAMPLER_RATIO, false, &REMOTE_ON, true,
          false },
        { "traceidratio: ignores a dropped parent", SEGMENT_SAMPLER_RATIO, false, &REMOTE_OFF, true,
          false },
        { "traceidratio: decides local children alike", SEGMENT_SAMPLER_RATIO, false, &LOCAL_ON,
          true, false },
        { "parentbased_always_on: root", SEGMENT_SAMPLER_ALWAYS_ON, true, NULL, true, true },
        { "parentbased_always_on: remote, sampled", SEGMENT_SAMPLER_ALWAYS_ON, true, &REMOTE_ON,
          true, true },
        { "parentbased_always_on: remote, not sampled", SEGMENT_SAMPLER_ALWAYS_ON, true,
          &REMOTE_OFF, false, false },
        { "parentbased_always_on: local, sampled", SEGMENT_SAMPLER_ALWAYS_ON, true, &LOCAL_ON, true,
          true },
        { "parentbased_always_on: local, not sampled", SEGMENT_SAMPLER_ALWAYS_ON, true, &LOCAL_OFF,
          false, false },
        { "parentbased_always_off: root", SEGMENT_SAMPLER_ALWAYS_OFF, true, NULL, false, false },
        { "parentbased_always_off: remote, sampled", SEGMENT_SAMPLER_ALWAYS_OFF, true, &REMOTE_ON,
          true, true },
        { "parentbased_always_off: local, sampled", SEGMENT_SAMPLER_ALWAYS_OFF, true, &LOCAL_ON,
          true, true },
        { "parentbased_traceidratio: root", SEGMENT_SAMPLER_RATIO, true, NULL, true, false },
        { "parentbased_traceidratio: remote, sampled", SEGMENT_SAMPLER_RATIO, true, &REMOTE_ON,
          true, true },
        { "parentbased_traceidratio: remote, not sampled", SEGMENT_SAMPLER_RATIO, true, &REMOTE_OFF,
          false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct segment_sampling sampling =
            fake_sampling(CASES[i].root, HALF, CASES[i].is_parent_based);
        enum segment_parent parent =
            CASES[i].parent ? sampler_parent(CASES[i].parent) : SEGMENT_PARENT_NONE;

        if (sampler_decides(&sampling, parent, kept) != CASES[i].takes_kept ||
            sampler_decides(&sampling, parent, lost) != CASES[i].takes_lost)
            fail_msg("%s", CASES[i].reason);
    }
}

static void test_ratio_compares_the_low_64_bits_with_the_bound(void **state)
{
    const struct segment_sampling half = fake_sampling(SEGMENT_SAMPLER_RATIO, HALF, false);
    const struct segment_sampling none = fake_sampling(SEGMENT_SAMPLER_RATIO, 0, false);
    const uint8_t below[16] = { 0xff, [8] = 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    const uint8_t equal[16] = { 1, [8] = 0x80 };
    const uint8_t lowest[16] = { 1 };

    (void)state;
    assert_true(sampler_decides(&half, SEGMENT_PARENT_NONE, below));
    assert_false(sampler_decides(&half, SEGMENT_PARENT_NONE, equal));
    assert_true(sampler_decides(&half, SEGMENT_PARENT_NONE, lowest));
    assert_false(sampler_decides(&none, SEGMENT_PARENT_NONE, lowest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_sampler_with_every_parent),
        cmocka_unit_test(test_ratio_compares_the_low_64_bits_with_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
