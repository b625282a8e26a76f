#include "../../../fakes/fake_segment.h"
#include "segment/slot.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8
#define TURNS 2000
#define PID 4711

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

static void test_slots_are_claimed_until_none_is_left(void **state)
{
    struct segment *segment = *state;

    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++)
        assert_ptr_equal(slot_claim(segment, PID, i + 1), &segment->slots[i]);
    assert_null(slot_claim(segment, PID, 1));
    slot_leave(&segment->slots[5]);
    assert_null(slot_claim(segment, PID, 1));
    slot_free(&segment->slots[5]);
    assert_ptr_equal(slot_claim(segment, PID, 1), &segment->slots[5]);
}

static void test_slot_that_is_free_again_has_no_owner_and_nothing_open(void **state)
{
    struct segment *segment = *state;
    struct segment_slot *slot = slot_claim(segment, PID, 1);
    const struct segment_crash crash = { .signal = 11, .frame_count = 1000 };

    slot_activity_set(slot, 2, 3, 4);
    assert_true(slot_activity_is(slot, 2, 3));
    slot_crash_note(slot, &crash);
    assert_int_equal(slot->crash.frame_count, SEGMENT_STACK_FRAMES);
    atomic_store(&slot->open_spans[3].used, 100);
    slot_leave(slot);
    slot_free(slot);

    assert_int_equal(atomic_load(&slot->pid), 0);
    assert_int_equal(atomic_load(&slot->crash.is_set), 0);
    assert_int_equal(atomic_load(&slot->open_spans[3].used), 0);
    assert_true(slot_activity_is(slot, 0, 0));
}

/* Claims and leaves over and over; a slot that another holds at the same time shows in `tid`. */
static void *claim_many(void *argument)
{
    struct segment *segment = argument;
    static _Atomic int32_t next_tid = 1;
    int32_t tid = atomic_fetch_add(&next_tid, 1);

    for (int i = 0; i < TURNS; i++) {
        struct segment_slot *slot = slot_claim(segment, PID, tid);

        if (!slot)
            continue;
        slot->reserved = (uint32_t)tid; /* plain on purpose: the thread sanitizer watches */
        if (atomic_load(&slot->tid) != tid || slot->reserved != (uint32_t)tid)
            return slot;
        slot_leave(slot);
        slot_free(slot);
    }
    return NULL;
}

static void test_slot_has_one_owner_when_many_threads_claim(void **state)
{
    pthread_t threads[THREADS];
    void *shared = NULL;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_many, *state), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &shared), 0);
        assert_null(shared);
    }
}

static void test_request_is_found_by_process_and_key_while_it_is_open(void **state)
{
    struct segment *segment = *state;
    struct segment_request *request = request_claim(segment, PID, 0x1000);

    assert_non_null(request);
    assert_null(request_find(segment, PID, 0x1000));
    request_publish(request);
    assert_ptr_equal(request_find(segment, PID, 0x1000), request);
    assert_null(request_find(segment, PID + 1, 0x1000));
    assert_null(request_find(segment, PID, 0x2000));
    request_free(request);
    assert_null(request_find(segment, PID, 0x1000));
}

static void test_request_table_takes_as_many_as_it_has_places(void **state)
{
    struct segment *segment = *state;

    for (uint64_t i = 1; i <= SEGMENT_REQUEST_COUNT; i++) {
        struct segment_request *request = request_claim(segment, PID, i * 64);

        assert_non_null(request);
        request_publish(request);
    }
    assert_null(request_claim(segment, PID, 7));
    for (uint64_t i = 1; i <= SEGMENT_REQUEST_COUNT; i++)
        assert_non_null(request_find(segment, PID, i * 64));
    request_free(request_find(segment, PID, 64));
    assert_non_null(request_claim(segment, PID, 7));
}

static void test_request_is_still_found_when_one_before_it_on_its_way_has_ended(void **state)
{
    struct segment *segment = *state;
    struct segment_request *first = request_claim(segment, PID, 64);
    struct segment_request *second = request_claim(segment, PID, 64);

    request_publish(first);
    request_publish(second);
    request_free(first);
    assert_ptr_equal(request_find(segment, PID, 64), second);
}

static void test_request_of_an_older_generation_is_gone(void **state)
{
    struct segment *segment = *state;
    struct segment_request *request = request_claim(segment, PID, 64);
    uint32_t place = (uint32_t)(request - segment->requests);
    uint32_t generation = request_generation(request);

    request_publish(request);
    assert_ptr_equal(request_at(segment, place, generation, PID), request);
    request_free(request);
    assert_null(request_at(segment, place, generation, PID));
    assert_ptr_equal(request_claim(segment, PID, 64), request);
    request_publish(request);
    assert_null(request_at(segment, place, generation, PID));
    assert_ptr_equal(request_at(segment, place, generation + 1, PID), request);
    assert_null(request_at(segment, place, generation + 1, PID + 1));
    assert_null(request_at(segment, SEGMENT_REQUEST_COUNT, 1, PID));
}

static void test_request_generation_is_never_zero_again(void **state)
{
    struct segment *segment = *state;
    struct segment_request *request = request_claim(segment, PID, 64);

    atomic_store(&request->generation, UINT32_MAX);
    request_free(request);
    assert_ptr_equal(request_claim(segment, PID, 64), request);
    assert_int_equal(request_generation(request), 1);
}

#define SLOT_TEST(test) cmocka_unit_test_setup_teardown(test, segment_open, segment_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SLOT_TEST(test_slots_are_claimed_until_none_is_left),
        SLOT_TEST(test_slot_that_is_free_again_has_no_owner_and_nothing_open),
        SLOT_TEST(test_slot_has_one_owner_when_many_threads_claim),
        SLOT_TEST(test_request_is_found_by_process_and_key_while_it_is_open),
        SLOT_TEST(test_request_table_takes_as_many_as_it_has_places),
        SLOT_TEST(test_request_is_still_found_when_one_before_it_on_its_way_has_ended),
        SLOT_TEST(test_request_of_an_older_generation_is_gone),
        SLOT_TEST(test_request_generation_is_never_zero_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
