#include "base/random.h"
#include "segment/ring.h"
#include "segment/write.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCRIBBLES 20000
#define THREAD_RECORDS 200000

static _Alignas(8) uint8_t out[RECORD_BYTES_MAX];

static int slot_create(void **state)
{
    *state = aligned_alloc(64, sizeof(struct segment_slot));
    if (!*state)
        return -1;
    memset(*state, 0, sizeof(struct segment_slot));
    return 0;
}

static int slot_destroy(void **state)
{
    free(*state);
    return 0;
}

/* A log record whose time is `number` and that has a body of so many bytes; false: ring full. */
static bool log_put(struct segment_slot *slot, uint64_t number, size_t body_length)
{
    static char body[RECORD_BYTES_MAX];
    const struct record_item_source item = {
        .kind = RECORD_ITEM_BODY,
        .type = RECORD_VALUE_STRING,
        .value = body,
        .value_length = (uint32_t)body_length,
    };
    size_t size = sizeof(struct record_log) + record_item_bytes(body_length, 0);
    struct record_log log = {
        .header = { .size = (uint32_t)size, .type = RECORD_LOG, .version = RECORD_VERSION },
        .time_ns = number,
    };
    uint8_t *bytes = ring_reserve(slot, size);

    if (!bytes)
        return false;
    memcpy(bytes, &log, sizeof log);
    assert_int_equal(record_item_put(bytes, size, sizeof log, &item), size);
    ring_commit(slot, size);
    return true;
}

static uint64_t number_of(const uint8_t *record)
{
    struct record_log log;

    memcpy(&log, record, sizeof log);
    return log.time_ns;
}

static void test_ring_that_is_empty_gives_nothing(void **state)
{
    size_t size = 0;

    assert_int_equal(ring_read(*state, out, &size), RING_EMPTY);
    assert_int_equal(ring_used(*state), 0);
}

static void test_ring_gives_what_was_not_released_again(void **state)
{
    struct segment_slot *slot = *state;
    size_t size = 0;

    assert_true(log_put(slot, 7, 10));
    assert_int_equal(ring_read(slot, out, &size), RING_RECORD);
    assert_int_equal(ring_read(slot, out, &size), RING_RECORD);
    assert_int_equal(number_of(out), 7);
    ring_release(slot, size);
    assert_int_equal(ring_read(slot, out, &size), RING_EMPTY);
}

static void test_ring_keeps_order_over_many_turns_with_records_of_all_sizes(void **state)
{
    struct segment_slot *slot = *state;
    uint64_t generator[4] = { 1, 2, 3, 4 };
    uint64_t written = 0;
    uint64_t taken = 0;
    size_t size = 0;

    while (written < 20000) {
        for (uint64_t n = random_next(generator) % 40; n > 0; n--)
            written += log_put(slot, written, random_next(generator) % 8000);
        for (uint64_t n = random_next(generator) % 40;
             n > 0 && ring_read(slot, out, &size) == RING_RECORD; n--) {
            assert_int_equal(number_of(out), taken);
            taken++;
            ring_release(slot, size);
        }
    }
    while (ring_read(slot, out, &size) == RING_RECORD) {
        assert_int_equal(number_of(out), taken);
        taken++;
        ring_release(slot, size);
    }
    assert_int_equal(taken, written);
}

static void test_ring_that_is_full_refuses_and_recovers(void **state)
{
    struct segment_slot *slot = *state;
    const size_t record = sizeof(struct record_log) + record_item_bytes(1000, 0);
    size_t size = 0;
    uint64_t count = 0;

    while (log_put(slot, count, 1000))
        count++;

    assert_int_equal(count, SEGMENT_RING_BYTES / record);
    assert_int_equal(ring_used(slot), count * record);
    assert_int_equal(ring_read(slot, out, &size), RING_RECORD);
    ring_release(slot, size);
    /* The rest of the ring becomes a pad; the record takes the room of the first one. */
    assert_true(log_put(slot, count, 1000));
    assert_false(log_put(slot, count, 1000));
}

static void test_ring_can_be_filled_to_the_last_byte(void **state)
{
    struct segment_slot *slot = *state;
    const size_t size = 64; /* divides the ring */

    for (size_t i = 0; i < SEGMENT_RING_BYTES / size; i++) {
        assert_non_null(ring_reserve(slot, size));
        ring_commit(slot, size);
    }
    assert_null(ring_reserve(slot, 8));
    assert_int_equal(ring_used(slot), SEGMENT_RING_BYTES);
}

static void test_ring_refuses_a_record_longer_than_any_may_be(void **state)
{
    assert_non_null(ring_reserve(*state, RECORD_BYTES_MAX));
    assert_null(ring_reserve(*state, RECORD_BYTES_MAX + 8));
}

static void test_ring_skips_everything_when_an_offset_lies(void **state)
{
    static const struct {
        const char *reason;
        uint64_t head;
        uint64_t tail;
    } lies[] = {
        { "tail beyond head", 64, 128 },
        { "head a whole ring too far", SEGMENT_RING_BYTES + 8, 0 },
        { "head not a multiple of 8", 3, 0 },
        { "tail not a multiple of 8", 64, 13 },
        { "head at the end of all numbers", UINT64_MAX, 0 },
    };
    struct segment_slot *slot = *state;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        size_t size = 0;
        int turns = 0;

        memset(slot, 0, sizeof *slot);
        atomic_store(&slot->head, lies[i].head);
        atomic_store(&slot->tail, lies[i].tail);
        if (ring_read(slot, out, &size) != RING_CORRUPT)
            fail_msg("believed: %s", lies[i].reason);
        assert_int_equal(ring_read(slot, out, &size), RING_EMPTY);

        /* The producer goes on, at most one more skip later. */
        assert_true(log_put(slot, 5, 10));
        while (ring_read(slot, out, &size) != RING_RECORD && turns < 2) {
            assert_true(log_put(slot, 5, 10));
            turns++;
        }
        assert_int_equal(number_of(out), 5);
    }
}

static void test_ring_skips_everything_when_a_size_lies(void **state)
{
    static const uint32_t sizes[] = { 0, 7, 12, 48 + 8, 1 << 20, UINT32_MAX };
    struct segment_slot *slot = *state;

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = 0;

        memset(slot, 0, sizeof *slot);
        assert_true(log_put(slot, 1, 10));
        assert_true(log_put(slot, 2, 10));
        memcpy(slot->ring, &sizes[i], sizeof sizes[i]);
        assert_int_equal(ring_read(slot, out, &size), RING_CORRUPT);
        assert_int_equal(ring_read(slot, out, &size), RING_EMPTY);
        assert_true(log_put(slot, 3, 10));
        assert_int_equal(ring_read(slot, out, &size), RING_RECORD);
        assert_int_equal(number_of(out), 3);
    }
}

static void scribble(struct segment_slot *slot, uint64_t generator[4])
{
    uint64_t choice = random_next(generator);

    for (int i = 0; i < 20; i++)
        slot->ring[random_next(generator) % 4096] = (uint8_t)random_next(generator);
    if (choice % 4 == 0)
        atomic_store(&slot->head, random_next(generator));
    if (choice % 4 == 1)
        atomic_store(&slot->tail, random_next(generator));
    if (choice % 8 == 2)
        atomic_fetch_add(&slot->head, random_next(generator) % 8192);
}

static void test_ring_survives_random_scribbles_on_both_sides(void **state)
{
    struct segment_slot *slot = *state;
    uint64_t generator[4] = { 1, 2, 3, 4 };

    for (int i = 0; i < SCRIBBLES; i++) {
        size_t size = 0;
        int records = 0;

        for (uint64_t n = random_next(generator) % 8; n > 0; n--)
            (void)log_put(slot, n, random_next(generator) % 600); /* full is fine */
        scribble(slot, generator);
        while (records < 1000 && ring_read(slot, out, &size) == RING_RECORD) {
            assert_true(size >= sizeof(struct record_header) && size <= RECORD_BYTES_MAX);
            ring_release(slot, size);
            records++;
        }
        assert_true(ring_used(slot) <= SEGMENT_RING_BYTES);
    }
}

static void *produce(void *slot)
{
    for (uint64_t i = 0; i < THREAD_RECORDS;)
        i += log_put(slot, i, i % 700);
    return NULL;
}

static void test_ring_hands_over_between_two_threads_in_order(void **state)
{
    struct segment_slot *slot = *state;
    pthread_t producer;
    uint64_t taken = 0;

    assert_int_equal(pthread_create(&producer, NULL, produce, slot), 0);
    while (taken < THREAD_RECORDS) {
        size_t size = 0;
        enum ring_read result = ring_read(slot, out, &size);

        assert_int_not_equal(result, RING_CORRUPT);
        if (result == RING_RECORD) {
            assert_int_equal(number_of(out), taken);
            taken++;
            ring_release(slot, size);
        }
    }
    assert_int_equal(pthread_join(producer, NULL), 0);
}

#define RING_TEST(test) cmocka_unit_test_setup_teardown(test, slot_create, slot_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(test_ring_that_is_empty_gives_nothing),
        RING_TEST(test_ring_gives_what_was_not_released_again),
        RING_TEST(test_ring_keeps_order_over_many_turns_with_records_of_all_sizes),
        RING_TEST(test_ring_that_is_full_refuses_and_recovers),
        RING_TEST(test_ring_can_be_filled_to_the_last_byte),
        RING_TEST(test_ring_refuses_a_record_longer_than_any_may_be),
        RING_TEST(test_ring_skips_everything_when_an_offset_lies),
        RING_TEST(test_ring_skips_everything_when_a_size_lies),
        RING_TEST(test_ring_survives_random_scribbles_on_both_sides),
        RING_TEST(test_ring_hands_over_between_two_threads_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
