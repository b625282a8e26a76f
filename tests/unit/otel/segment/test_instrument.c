#include "../../../fakes/fake_segment.h"
#include "segment/instrument.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8

static int segment_open(void **state)
{
    *state = fake_segment_create();
    return 0;
}

static int segment_close(void **state)
{
    fake_segment_destroy(*state);
    return 0;
}

static struct segment_instrument *claim(struct segment *segment, const char *name)
{
    const struct instrument_source source = { .name = name, .unit = "s", .description = "" };

    return instrument_claim(segment, &source);
}

static void test_instrument_of_the_same_name_is_the_same(void **state)
{
    struct segment_instrument *first = claim(*state, "board.posts");

    assert_ptr_equal(claim(*state, "board.posts"), first);
    assert_ptr_equal(claim(*state, "Board.Posts"), first);
    assert_string_equal(first->name, "board.posts");
    assert_ptr_not_equal(claim(*state, "board.post"), first);
}

static void test_instrument_whose_maker_died_is_passed_over(void **state)
{
    struct segment *segment = *state;

    atomic_store(&segment->instruments[0].state, SEGMENT_INSTRUMENT_FILLING);
    assert_ptr_equal(claim(segment, "a"), &segment->instruments[1]);
    assert_ptr_equal(claim(segment, "a"), &segment->instruments[1]);
}

static void test_instrument_table_that_is_full_refuses_only_new_names(void **state)
{
    struct segment_instrument *first = claim(*state, "name0");
    char name[16];

    for (int i = 1; i < SEGMENT_INSTRUMENT_COUNT; i++) {
        (void)snprintf(name, sizeof name, "name%d", i);
        assert_non_null(claim(*state, name));
    }
    assert_null(claim(*state, "one.more"));
    assert_ptr_equal(claim(*state, "name0"), first);
}

static void test_instrument_keeps_its_bounds(void **state)
{
    static const double bounds[] = { 1, 2.5, 10 };
    const struct instrument_source source = {
        .name = "h",
        .unit = "By",
        .description = "What it is.",
        .bounds = bounds,
        .bounds_count = 3,
    };
    struct segment_instrument *instrument = instrument_claim(*state, &source);

    assert_true(instrument->has_bounds);
    assert_int_equal(instrument->bounds_count, 3);
    assert_memory_equal(instrument->bounds, bounds, sizeof bounds);
    assert_string_equal(instrument->unit, "By");
}

static void *claim_same(void *segment)
{
    return claim(segment, "shared");
}

static void test_instrument_is_one_when_many_threads_make_it(void **state)
{
    pthread_t threads[THREADS];
    void *made = NULL;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_same, *state), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &made), 0);
        assert_ptr_equal(made, claim(*state, "shared"));
    }
}

#define INSTRUMENT_TEST(test) cmocka_unit_test_setup_teardown(test, segment_open, segment_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INSTRUMENT_TEST(test_instrument_of_the_same_name_is_the_same),
        INSTRUMENT_TEST(test_instrument_whose_maker_died_is_passed_over),
        INSTRUMENT_TEST(test_instrument_table_that_is_full_refuses_only_new_names),
        INSTRUMENT_TEST(test_instrument_keeps_its_bounds),
        INSTRUMENT_TEST(test_instrument_is_one_when_many_threads_make_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
