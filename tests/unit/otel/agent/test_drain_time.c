#include "launcher_sample.h"

#include "../../../fakes/fake_clock.h"

/* A receiver of spans that is slow. */
static void millisecond_pass(void)
{
    fake_clock_advance(CLOCK_NS_PER_MS);
}

static void test_pass_ends_in_time_and_the_next_goes_on_with_the_others(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slots[3];

    fake_clock_reset();
    for (int i = 0; i < 3; i++) {
        sample_member(sample, 100 + i);
        slots[i] = slot_claim(sample->segment, 100 + i, 100 + i);
        for (int span = 0; span < 8; span++)
            assert_true(sample_span_end(slots[i], "GET /user"));
    }
    fake_pipeline.on_span = millisecond_pass;

    assert_int_equal(drain_pass(&sample->drain), 5);
    assert_int_equal(drain_pass(&sample->drain), 5);
    assert_int_equal(drain_pass(&sample->drain), 5);

    for (int i = 0; i < 3; i++) /* each had its turn */
        assert_int_equal(atomic_load(&slots[i]->tail) * 8, atomic_load(&slots[i]->head) * 5);
}

static void test_rest_of_a_dead_worker_is_taken_whatever_it_takes(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_claim(sample->segment, 100, 100);

    fake_clock_reset();
    for (int span = 0; span < 8; span++)
        assert_true(sample_span_end(slot, "GET /user"));
    fake_pipeline.on_span = millisecond_pass;
    drain_slot_rest(&sample->drain, 0);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pass_ends_in_time_and_the_next_goes_on_with_the_others,
                                        sample_setup, sample_teardown),
        cmocka_unit_test_setup_teardown(test_rest_of_a_dead_worker_is_taken_whatever_it_takes,
                                        sample_setup, sample_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
