#include "agent/pool/deaths.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../../../fakes/fake_segment.h"

struct sample {
    struct segment *segment;
    struct deaths deaths;
};

static int setup(void **state)
{
    static struct sample sample;

    sample.segment = fake_segment_create();
    deaths_init(&sample.deaths, &sample.segment->header);
    *state = &sample;
    return 0;
}

static int teardown(void **state)
{
    struct sample *sample = *state;

    fake_segment_destroy(sample->segment);
    return 0;
}

static const struct death SOME = {
    .pid = 4711, .status = SIGSEGV, .reaper_pid = 12, .time_ns = 99
};

static void test_a_death_in_the_segment_is_found_whole(void **state)
{
    struct sample *sample = *state;
    const struct death *found;

    death_note(&sample->segment->header, &SOME);
    assert_false(deaths_is_quiet(&sample->deaths));
    deaths_read(&sample->deaths);

    assert_true(deaths_is_quiet(&sample->deaths));
    found = deaths_find(&sample->deaths, SOME.pid);
    assert_non_null(found);
    assert_int_equal(found->pid, SOME.pid); /* field by field: there is a gap between them */
    assert_int_equal(found->status, SOME.status);
    assert_int_equal(found->reaper_pid, SOME.reaper_pid);
    assert_int_equal(found->time_ns, SOME.time_ns);
    assert_null(deaths_find(&sample->deaths, 4712));
}

static void test_a_death_is_taken_once(void **state)
{
    struct sample *sample = *state;
    struct death death;

    death_note(&sample->segment->header, &SOME);
    deaths_read(&sample->deaths);
    deaths_read(&sample->deaths);

    assert_true(deaths_take(&sample->deaths, SOME.pid, &death));
    assert_int_equal(death.status, SIGSEGV);
    deaths_read(&sample->deaths);
    assert_false(deaths_take(&sample->deaths, SOME.pid, &death));
}

static void test_the_next_launcher_finds_only_what_nobody_acted_upon(void **state)
{
    struct sample *sample = *state;
    struct death other = SOME;
    struct death death;

    other.pid = 4712;
    death_note(&sample->segment->header, &SOME);
    death_note(&sample->segment->header, &other);
    deaths_read(&sample->deaths);
    assert_true(deaths_take(&sample->deaths, SOME.pid, &death));

    deaths_init(&sample->deaths, &sample->segment->header);
    deaths_read(&sample->deaths);

    assert_null(deaths_find(&sample->deaths, SOME.pid));
    assert_non_null(deaths_find(&sample->deaths, other.pid));
}

static void test_a_place_that_was_taken_again_is_not_struck_out(void **state)
{
    struct sample *sample = *state;
    struct death later = SOME;
    struct death death;

    death_note(&sample->segment->header, &SOME);
    deaths_read(&sample->deaths);
    for (int i = 0; i < SEGMENT_DEATH_COUNT; i++) {
        later.pid = 5000 + i;
        death_note(&sample->segment->header, &later);
    }
    assert_true(deaths_take(&sample->deaths, SOME.pid, &death));
    deaths_read(&sample->deaths);

    for (int i = 0; i < SEGMENT_DEATH_COUNT; i++)
        assert_non_null(deaths_find(&sample->deaths, 5000 + i));
}

static void test_a_place_that_is_being_filled_is_no_death(void **state)
{
    struct sample *sample = *state;

    death_note(&sample->segment->header, &SOME);
    atomic_store(&sample->segment->header.deaths[0].sequence, 0);
    deaths_read(&sample->deaths);

    assert_null(deaths_find(&sample->deaths, SOME.pid));
}

static void test_own_deaths_stand_in_no_segment(void **state)
{
    struct sample *sample = *state;
    struct death death;

    deaths_note(&sample->deaths, &SOME);

    assert_true(deaths_take(&sample->deaths, SOME.pid, &death));
    assert_int_equal(atomic_load(&sample->segment->header.death_count), 0);
}

static void test_a_flood_overwrites_the_oldest(void **state)
{
    struct sample *sample = *state;
    struct death death = SOME;

    for (int i = 0; i <= DEATHS_MAX; i++) {
        death.pid = 5000 + i;
        deaths_note(&sample->deaths, &death);
    }

    assert_null(deaths_find(&sample->deaths, 5000));
    assert_non_null(deaths_find(&sample->deaths, 5001));
    assert_non_null(deaths_find(&sample->deaths, 5000 + DEATHS_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define DEATHS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        DEATHS_TEST(test_a_death_in_the_segment_is_found_whole),
        DEATHS_TEST(test_a_death_is_taken_once),
        DEATHS_TEST(test_the_next_launcher_finds_only_what_nobody_acted_upon),
        DEATHS_TEST(test_a_place_that_was_taken_again_is_not_struck_out),
        DEATHS_TEST(test_a_place_that_is_being_filled_is_no_death),
        DEATHS_TEST(test_own_deaths_stand_in_no_segment),
        DEATHS_TEST(test_a_flood_overwrites_the_oldest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
