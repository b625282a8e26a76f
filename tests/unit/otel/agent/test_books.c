#include "fake_pipeline.h"

#include "agent/books.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../../../fakes/fake_segment.h"

static struct segment_books read_books(struct books *books, struct segment *segment,
                                       enum books_kind kind)
{
    struct segment_books out;

    books_update(books, segment);
    books_read(books, &fake_pipeline, kind, &out);
    assert_int_equal(out.ended, out.exported + out.in_ring + out.queued + out.spooled + out.failed +
                                    out.dropped + out.sampled_out);
    return out;
}

static int pipeline_clear(void **state)
{
    (void)state;
    memset(&fake_pipeline, 0, sizeof fake_pipeline);
    return 0;
}

static void test_books_begin_where_the_counters_stand(void **state)
{
    struct segment *segment = fake_segment_create();
    struct books books;

    (void)state;
    atomic_store(&segment->slots[3].counters.spans_ended, 1000);
    atomic_store(&segment->header.no_slot_logs, 7);
    books_start(&books, segment);
    assert_int_equal(read_books(&books, segment, BOOKS_SPANS).ended, 0);
    atomic_store(&segment->slots[3].counters.spans_ended, 1003);
    assert_int_equal(read_books(&books, segment, BOOKS_SPANS).ended, 3);
    assert_int_equal(read_books(&books, segment, BOOKS_LOGS).ended, 0);
    fake_segment_destroy(segment);
}

/* Given ten, exported six, two still in its memory when it was killed, two in the ring. */
static void test_books_go_on_behind_a_killed_launcher(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_books now;
    struct books books;

    (void)state;
    books_start(&books, segment);
    atomic_store(&segment->slots[3].counters.spans_ended, 10);
    for (int i = 0; i < 8; i++)
        books_receive(&books, 3, BOOKS_SPANS);
    books_update(&books, segment);
    fake_pipeline.counts[SIGNAL_TRACES] = 6;
    books_note(&books, &fake_pipeline);
    atomic_store(&segment->slots[3].counters.spans_ended, 11); /* while nobody looks */

    fake_pipeline.counts[SIGNAL_TRACES] = 0; /* a new launcher, a new pipeline */
    books_continue(&books, segment);

    now = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(now.ended, 11);
    assert_int_equal(now.exported, 6);
    assert_int_equal(now.in_ring, 3);
    assert_int_equal(now.dropped, 2);
    assert_int_equal(books_loss(&books, BOOKS_SPANS, BOOKS_LAUNCHER_KILLED), 2);

    for (int i = 0; i < 3; i++)
        books_receive(&books, 3, BOOKS_SPANS);
    fake_pipeline.counts[SIGNAL_TRACES] = 3;
    books_note(&books, &fake_pipeline);
    books_continue(&books, segment); /* killed again, with nothing in its hands */
    fake_pipeline.counts[SIGNAL_TRACES] = 0;

    now = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(now.exported, 9);
    assert_int_equal(now.dropped, 2);
    fake_segment_destroy(segment);
}

static void test_books_keep_their_sums_in_a_fresh_segment(void **state)
{
    struct segment *old = fake_segment_create();
    struct segment *fresh = fake_segment_create();
    struct books books;

    (void)state;
    books_start(&books, old);
    atomic_store(&old->slots[3].counters.spans_ended, 5);
    books_receive(&books, 3, BOOKS_SPANS);
    fake_pipeline.counts[SIGNAL_TRACES] = 1; /* it sent that one; the others were lost */
    books_update(&books, old);
    books_settle(&books, 3);
    books_move(&books, fresh);
    atomic_store(&fresh->slots[3].counters.spans_ended, 2);
    assert_int_equal(read_books(&books, fresh, BOOKS_SPANS).ended, 7);
    assert_int_equal(read_books(&books, fresh, BOOKS_SPANS).in_ring, 2);
    fake_segment_destroy(old);
    fake_segment_destroy(fresh);
}

static void test_counters_that_fall_or_leap_are_left_out(void **state)
{
    static const uint64_t LIES[] = { 0, UINT64_MAX, UINT64_C(1) << 40, 5 };
    struct segment *segment = fake_segment_create();
    _Atomic uint64_t *counter = &segment->slots[0].counters.logs_emitted;
    struct books books;

    (void)state;
    atomic_store(counter, 10);
    books_start(&books, segment);
    for (size_t i = 0; i < sizeof LIES / sizeof LIES[0]; i++) {
        atomic_store(counter, LIES[i]);
        assert_int_equal(read_books(&books, segment, BOOKS_LOGS).ended, 0);
    }
    assert_true(books.jumps > 0);
    atomic_fetch_add(counter, 2);
    assert_int_equal(read_books(&books, segment, BOOKS_LOGS).ended, 2);
    fake_segment_destroy(segment);
}

static void test_every_way_out_is_booked(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_counters *counters = &segment->slots[1].counters;
    struct segment_books spans;
    struct books books;

    (void)state;
    books_start(&books, segment);
    atomic_store(&counters->spans_ended, 10);
    atomic_store(&counters->spans_sampled_out, 4);
    atomic_store(&counters->spans_dropped, 1);
    books_update(&books, segment);
    for (int i = 0; i < 2; i++) {
        books_receive(&books, 1, BOOKS_SPANS);
        fake_pipeline.counts[SIGNAL_TRACES]++;
    }
    books_receive_own(&books, BOOKS_SPANS);
    fake_pipeline.counts[SIGNAL_TRACES]++;

    spans = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(spans.ended, 11);
    assert_int_equal(spans.sampled_out, 4);
    assert_int_equal(spans.dropped, 1);
    assert_int_equal(spans.in_ring, 3);
    books_settle(&books, 1);
    spans = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(spans.in_ring, 0);
    assert_int_equal(spans.dropped, 4);
    assert_int_equal(books_loss(&books, BOOKS_SPANS, BOOKS_LOST), 3);
    assert_int_equal(books_loss(&books, BOOKS_SPANS, BOOKS_RING_FULL), 1);
    fake_segment_destroy(segment);
}

static void test_log_records_without_a_slot_were_emitted_and_dropped(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_books logs;
    struct books books;

    (void)state;
    books_start(&books, segment);
    atomic_store(&segment->header.no_slot_logs, 5);
    atomic_store(&segment->header.no_slot_spans, 6);
    logs = read_books(&books, segment, BOOKS_LOGS);
    assert_int_equal(logs.ended, 5);
    assert_int_equal(logs.dropped, 5);
    assert_int_equal(read_books(&books, segment, BOOKS_SPANS).ended, 0);
    assert_int_equal(books.not_started, 6);
    fake_segment_destroy(segment);
}

/* Ten were ended and received: four exported, five on disk, one in memory when it was killed. */
static void test_what_is_found_on_disk_was_not_lost_with_the_launcher(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_books now;
    struct books books;

    (void)state;
    books_start(&books, segment);
    atomic_store(&segment->slots[3].counters.spans_ended, 10);
    for (int i = 0; i < 10; i++)
        books_receive(&books, 3, BOOKS_SPANS);
    books_update(&books, segment);
    fake_pipeline.counts[SIGNAL_TRACES] = 4;
    fake_pipeline.spooled = 5;
    books_note(&books, &fake_pipeline);

    memset(&fake_pipeline, 0, sizeof fake_pipeline); /* the next launcher's, which looks */
    fake_pipeline.spooled = fake_pipeline.found = 5;
    books_continue(&books, segment);
    books_note(&books, &fake_pipeline);
    now = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(now.ended, 10);
    assert_int_equal(now.exported, 4);
    assert_int_equal(now.spooled, 5);
    assert_int_equal(now.dropped, 1);
    assert_int_equal(books_loss(&books, BOOKS_SPANS, BOOKS_LAUNCHER_KILLED), 1);

    fake_pipeline.counts[SIGNAL_TRACES] = 3; /* sends three of them, and is killed, too */
    fake_pipeline.spooled = 2;
    books_note(&books, &fake_pipeline);
    memset(&fake_pipeline, 0, sizeof fake_pipeline);
    fake_pipeline.spooled = fake_pipeline.found = 2;
    books_continue(&books, segment);
    now = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(now.ended, 10);
    assert_int_equal(now.exported, 7);
    assert_int_equal(now.dropped, 1);
    fake_segment_destroy(segment);
}

/* The pool before this one was stopped; its books are gone, and its spans are on disk. */
static void test_what_another_pool_left_on_disk_is_taken_into_the_books(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_books now;
    struct books books;

    (void)state;
    fake_pipeline.spooled = fake_pipeline.found = 5;
    books_start(&books, segment);
    now = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(now.ended, 5);
    assert_int_equal(now.spooled, 5);
    fake_pipeline.spooled = 0;
    fake_pipeline.counts[SIGNAL_TRACES] = 5;
    books_note(&books, &fake_pipeline);

    memset(&fake_pipeline, 0, sizeof fake_pipeline);
    books_continue(&books, segment);
    now = read_books(&books, segment, BOOKS_SPANS);
    assert_int_equal(now.ended, 5);
    assert_int_equal(now.exported, 5);
    assert_int_equal(now.dropped, 0);
    fake_segment_destroy(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_books_begin_where_the_counters_stand, pipeline_clear),
        cmocka_unit_test_setup(test_books_go_on_behind_a_killed_launcher, pipeline_clear),
        cmocka_unit_test_setup(test_books_keep_their_sums_in_a_fresh_segment, pipeline_clear),
        cmocka_unit_test_setup(test_counters_that_fall_or_leap_are_left_out, pipeline_clear),
        cmocka_unit_test_setup(test_every_way_out_is_booked, pipeline_clear),
        cmocka_unit_test_setup(test_log_records_without_a_slot_were_emitted_and_dropped,
                               pipeline_clear),
        cmocka_unit_test_setup(test_what_is_found_on_disk_was_not_lost_with_the_launcher,
                               pipeline_clear),
        cmocka_unit_test_setup(test_what_another_pool_left_on_disk_is_taken_into_the_books,
                               pipeline_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
