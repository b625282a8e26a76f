#include "launcher_sample.h"

#include "base/random.h"
#include "otel/request.h"

#include <stdlib.h>

static struct segment_slot *worker_slot(struct sample *sample)
{
    sample_member(sample, 100);
    return slot_claim(sample->segment, 100, 100);
}

static void test_drain_hands_over_what_workers_wrote(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);
    struct segment_books books;

    assert_true(sample_span_end(slot, "GET /board"));
    assert_true(sample_span_end(slot, "GET /log"));
    while (drain_pass(&sample->drain) > 0) { /* a pass has its time: a slow one leaves some */
    }

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 2);
    fake_record_assert_text(fake_pipeline.spans[1].bytes, RECORD_ITEM_NAME, NULL, "GET /log");
    sample_assert_balance(sample, BOOKS_SPANS);
    books_read(&sample->books, &fake_pipeline, BOOKS_SPANS, &books);
    assert_int_equal(books.ended, 2);
    assert_int_equal(books.exported, 2);
    assert_int_equal(books.in_ring, 0);
}

static void test_drain_counts_what_waits_in_the_ring(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);
    struct segment_books books;

    assert_true(sample_span_end(slot, "GET /board"));
    books_update(&sample->books, sample->segment);
    books_read(&sample->books, &fake_pipeline, BOOKS_SPANS, &books);

    assert_int_equal(books.in_ring, 1);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_drain_tells_how_full_the_fullest_ring_was(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample), *other = worker_slot(sample);
    size_t used;

    assert_true(sample_span_end(other, "GET /board"));
    for (int i = 0; i < 3; i++)
        assert_true(sample_span_end(slot, "GET /board"));
    used = ring_used(slot);

    assert_int_equal(drain_pass(&sample->drain), 4);
    assert_int_equal(sample->drain.fullest_bytes, used);
    assert_int_equal(drain_pass(&sample->drain), 0);
    assert_int_equal(sample->drain.fullest_bytes, 0);
}

static void test_drain_leaves_records_while_the_queue_is_full(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);
    size_t written = 0;

    fake_pipeline.is_full = true;
    while (ring_used(slot) < SEGMENT_RING_BYTES / 2)
        written += sample_span_end(slot, "GET /board");
    assert_int_equal(drain_pass(&sample->drain), 0);
    sample_assert_balance(sample, BOOKS_SPANS);

    while (sample_span_end(slot, "GET /board"))
        written++;
    assert_true(drain_pass(&sample->drain) > 0); /* the ring is nearly full: the queue decides */
    sample_assert_balance(sample, BOOKS_SPANS);

    fake_pipeline.is_full = false;
    while (drain_pass(&sample->drain) > 0)
        continue;
    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], written);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_drain_frees_a_left_slot_when_its_ring_is_empty(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);

    assert_true(sample_span_end(slot, "GET /board"));
    slot_leave(slot);
    (void)drain_pass(&sample->drain);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 1);
    assert_int_equal(atomic_load(&slot->state), SEGMENT_SLOT_FREE);
}

static void test_unknown_worker_waits_for_one_look_at_the_family(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_claim(sample->segment, 101, 101);

    assert_true(sample_span_end(slot, "GET /board"));
    assert_int_equal(drain_pass(&sample->drain), 0);
    assert_true(sample->family.wants_refresh);
    assert_int_equal(drain_pass(&sample->drain), 0);
    sample->family.refreshes++; /* it was not found: a stranger's records count too */
    assert_int_equal(drain_pass(&sample->drain), 1);
}

static void test_who_served_is_known_as_a_worker(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);

    (void)drain_pass(&sample->drain);
    assert_false(family_find(&sample->family, 100)->has_served);
    assert_false(sample->family.wants_refresh);
    assert_true(sample_span_end(slot, "GET /board"));
    (void)drain_pass(&sample->drain);
    assert_true(family_find(&sample->family, 100)->has_served);
}

static void test_who_works_on_a_request_is_known_as_a_worker(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);

    slot_activity_set(slot, OTEL_ACTIVITY_WORKING, 1, 1);
    (void)drain_pass(&sample->drain);
    assert_true(family_find(&sample->family, 100)->has_served);
}

static void test_manager_that_writes_a_log_record_is_no_worker(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);
    const struct record_log log = {
        .header = { .size = sizeof log, .type = RECORD_LOG, .version = RECORD_VERSION }
    };
    void *room = ring_reserve(slot, sizeof log);

    assert_non_null(room);
    memcpy(room, &log, sizeof log);
    ring_commit(slot, sizeof log);
    family_find(&sample->family, 100)->has_children = true;
    assert_int_equal(drain_pass(&sample->drain), 1);
    assert_int_equal(family_worker_count(&sample->family), 0);
}

static void instrument_fill(struct segment_instrument *instrument)
{
    instrument->kind = OTEL_HISTOGRAM;
    instrument->bounds_count = 2;
    instrument->has_bounds = 1;
    instrument->bounds[0] = 1;
    instrument->bounds[1] = 2;
    memcpy(instrument->name, "board.count", sizeof "board.count");
    atomic_store(&instrument->state, SEGMENT_INSTRUMENT_READY);
}

static void measurement_write(struct segment_slot *slot, uint16_t instrument)
{
    struct record_measurement measurement = {
        .header = { .size = sizeof measurement,
                    .type = RECORD_MEASUREMENT,
                    .version = RECORD_VERSION },
        .instrument = instrument,
        .value.integer = 7,
    };
    void *room = ring_reserve(slot, sizeof measurement);

    assert_non_null(room);
    memcpy(room, &measurement, sizeof measurement);
    ring_commit(slot, sizeof measurement);
}

static void test_drain_keeps_its_copy_of_an_instrument(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);

    instrument_fill(&sample->segment->instruments[3]);
    measurement_write(slot, 3);
    (void)drain_pass(&sample->drain);
    memset(&sample->segment->instruments[3], 0xff, sizeof sample->segment->instruments[3]);
    measurement_write(slot, 3);
    (void)drain_pass(&sample->drain);

    assert_int_equal(fake_pipeline.counts[SIGNAL_METRICS], 2);
    assert_string_equal(fake_pipeline.instruments[1].name, "board.count");
}

static void test_drain_refuses_instruments_that_lie(void **state)
{
    static const struct {
        const char *reason;
        size_t offset;
        uint8_t byte;
    } LIES[] = {
        { "a kind that is none", offsetof(struct segment_instrument, kind), 9 },
        { "a scope that is none", offsetof(struct segment_instrument, scope), 200 },
        { "more bounds than places", offsetof(struct segment_instrument, bounds_count), 25 },
        { "no name", offsetof(struct segment_instrument, name), 0 },
        { "bounds that fall", offsetof(struct segment_instrument, bounds) + 15, 0x80 },
    };
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);

    for (uint16_t i = 0; i < sizeof LIES / sizeof LIES[0]; i++) {
        instrument_fill(&sample->segment->instruments[i]);
        ((uint8_t *)&sample->segment->instruments[i])[LIES[i].offset] = LIES[i].byte;
        measurement_write(slot, i);
        (void)drain_pass(&sample->drain);
        if (fake_pipeline.counts[SIGNAL_METRICS] != 0)
            fail_msg("passed: %s", LIES[i].reason);
    }
    assert_int_equal(sample->drain.measurements_refused, sizeof LIES / sizeof LIES[0]);
}

static void test_drain_counts_a_damaged_ring_as_lost(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = worker_slot(sample);
    struct segment_books books;

    assert_true(sample_span_end(slot, "GET /board"));
    assert_true(sample_span_end(slot, "GET /board"));
    memset(slot->ring, 0xff, 16);
    (void)drain_pass(&sample->drain);

    books_update(&sample->books, sample->segment);
    books_read(&sample->books, &fake_pipeline, BOOKS_SPANS, &books);
    assert_int_equal(books.dropped, 2);
    assert_int_equal(books.in_ring, 0);
    sample_assert_balance(sample, BOOKS_SPANS);
    assert_true(sample_span_end(slot, "GET /board")); /* and it goes on */
    assert_int_equal(drain_pass(&sample->drain), 1);
}

/* Random bytes over a random stretch of the whole segment, with records written in between. */
static void scribble(struct sample *sample, uint64_t random[4])
{
    uint8_t *bytes = (uint8_t *)sample->segment;
    size_t config = offsetof(struct segment_header, launcher_pid);
    size_t start = config + random_next(random) % (sizeof *sample->segment - config - 4096);
    size_t length = 1 + random_next(random) % 4096;

    if (random_next(random) % 2) { /* where the slots' small fields lie */
        size_t slot = random_next(random) % 4;
        start = offsetof(struct segment, slots) + slot * sizeof(struct segment_slot) +
                random_next(random) % (offsetof(struct segment_slot, ring) + 256);
        length = 1 + random_next(random) % 64;
    }
    for (size_t i = 0; i < length; i++)
        bytes[start + i] = (uint8_t)random_next(random);
}

static void test_scribbled_segment_neither_crashes_nor_unbalances(void **state)
{
    struct sample *sample = *state;
    uint64_t random[4] = { 1, 2, 3, 4 };
    uint64_t now_ns = 1;

    sample_member(sample, 100);
    for (int i = 0; i < 3000; i++) {
        struct segment_slot *slot = &sample->segment->slots[i % 4];
        scribble(sample, random);
        atomic_store(&slot->state, SEGMENT_SLOT_CLAIMED);
        (void)sample_span_end(slot, "GET /board");
        (void)drain_pass(&sample->drain);
        sample->family.refreshes += i % 3 == 0;
        if (i % 50 == 0) {
            now_ns += UINT64_C(20000000000);
            harvest_strays(&sample->harvest, now_ns);
            (void)harvest_step(&sample->harvest, now_ns);
        }
        sample_assert_balance(sample, BOOKS_SPANS);
        sample_assert_balance(sample, BOOKS_LOGS);
    }
    harvest_everything(&sample->harvest);
    sample_assert_balance(sample, BOOKS_SPANS);
    for (size_t i = 0; i < FAKE_PIPELINE_KEPT && i < fake_pipeline.counts[SIGNAL_TRACES]; i++)
        assert_true(record_check(fake_pipeline.spans[i].bytes, fake_pipeline.spans[i].size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SAMPLE_TEST(name) cmocka_unit_test_setup_teardown(name, sample_setup, sample_teardown)
        SAMPLE_TEST(test_drain_hands_over_what_workers_wrote),
        SAMPLE_TEST(test_drain_counts_what_waits_in_the_ring),
        SAMPLE_TEST(test_drain_tells_how_full_the_fullest_ring_was),
        SAMPLE_TEST(test_drain_leaves_records_while_the_queue_is_full),
        SAMPLE_TEST(test_drain_frees_a_left_slot_when_its_ring_is_empty),
        SAMPLE_TEST(test_unknown_worker_waits_for_one_look_at_the_family),
        SAMPLE_TEST(test_who_served_is_known_as_a_worker),
        SAMPLE_TEST(test_who_works_on_a_request_is_known_as_a_worker),
        SAMPLE_TEST(test_manager_that_writes_a_log_record_is_no_worker),
        SAMPLE_TEST(test_drain_keeps_its_copy_of_an_instrument),
        SAMPLE_TEST(test_drain_refuses_instruments_that_lie),
        SAMPLE_TEST(test_drain_counts_a_damaged_ring_as_lost),
        SAMPLE_TEST(test_scribbled_segment_neither_crashes_nor_unbalances),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
