/* What a killed launcher had in memory: kept, found again, and never more than that. */
#include "agent/journal.h"
#include "segment/check.h"
#include "segment/ring.h"
#include "segment/slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../../fakes/fake_segment.h"

static struct journal journal; /* large */

struct taken {
    uint64_t count;
    uint64_t first; /* what stands in the first and last one */
    uint64_t last;
};

static struct taken taken;

static int setup(void **state)
{
    (void)state;
    memset(&journal, 0, sizeof journal);
    memset(&taken, 0, sizeof taken);
    return 0;
}

static void span_take(struct pipeline *pipeline, const uint8_t *record, size_t size)
{
    struct record_span span;

    (void)pipeline;
    assert_true(record_check(record, size));
    memcpy(&span, record, sizeof span);
    taken.first = taken.count++ ? taken.first : span.start_ns;
    taken.last = span.start_ns;
}

static void log_take(struct pipeline *pipeline, const uint8_t *record, size_t size)
{
    struct record_log log;

    (void)pipeline;
    assert_true(record_check(record, size));
    memcpy(&log, record, sizeof log);
    taken.first = taken.count++ ? taken.first : log.time_ns;
    taken.last = log.time_ns;
}

static void span_put(uint64_t number)
{
    struct record_span span = {
        .header = { .size = sizeof span, .type = RECORD_SPAN, .version = RECORD_VERSION },
        .trace_id = { 1 },
        .span_id = { 2 },
        .start_ns = number,
        .end_ns = number,
        .kind = 1,
    };

    journal_put(&journal, (const uint8_t *)&span, sizeof span, NULL);
}

static void log_put(uint64_t number)
{
    struct record_log log = {
        .header = { .size = sizeof log, .type = RECORD_LOG, .version = RECORD_VERSION },
        .time_ns = number,
    };

    journal_put(&journal, (const uint8_t *)&log, sizeof log, NULL);
}

static void test_what_was_not_settled_comes_again_in_its_order(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 10; i++)
        span_put(i);
    journal_note(&journal, BOOKS_SPANS, 3);
    span_put(11);

    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 4);
    assert_int_equal(taken.count, 4);
    assert_int_equal(taken.first, 8);
    assert_int_equal(taken.last, 11);
}

static void test_who_is_killed_twice_finds_the_same_again(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 5; i++)
        span_put(i);
    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 5);
    span_put(6);
    memset(&taken, 0, sizeof taken);

    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 6);
    assert_int_equal(taken.first, 1);
    journal_note(&journal, BOOKS_SPANS, 0);
    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 0);
}

static void test_spans_and_logs_are_apart(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 4; i++) {
        span_put(i);
        log_put(100 + i);
    }
    journal_note(&journal, BOOKS_SPANS, 1);
    journal_note(&journal, BOOKS_LOGS, 2);

    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 1);
    assert_int_equal(taken.last, 4);
    memset(&taken, 0, sizeof taken);
    assert_int_equal(journal_replay(&journal, BOOKS_LOGS, log_take, NULL), 2);
    assert_int_equal(taken.first, 103);
}

static void test_the_oldest_make_room_and_the_newest_are_whole(void **state)
{
    const uint64_t count = 3 * JOURNAL_BYTES / sizeof(struct record_span);
    uint64_t kept;

    (void)state;
    for (uint64_t i = 1; i <= count; i++) {
        if (i % 3 == 0) /* of another size: ends of the ring fall anywhere */
            log_put(i);
        span_put(i);
    }
    journal_note(&journal, BOOKS_SPANS, 1000);
    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 1000);
    assert_int_equal(taken.first, count - 999);
    assert_int_equal(taken.last, count);

    memset(&taken, 0, sizeof taken);
    journal_note(&journal, BOOKS_SPANS, count);
    kept = journal_replay(&journal, BOOKS_SPANS, span_take, NULL);
    assert_in_range(kept, count / 6, count / 2); /* no more than fit, and most of those */
    assert_int_equal(taken.last, count);
    assert_int_equal(taken.first, count - kept + 1);
}

static void test_a_damaged_journal_gives_what_is_whole(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 5; i++)
        span_put(i);
    memset(journal.ring + 2 * sizeof(struct record_span), 0xff, 8);
    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 2);

    journal.tail = journal.head + 8;
    assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 0);
}

/* Each size lies in another way, at a place that the ring comes round to. */
static void test_a_damaged_journal_takes_records_on(void **state)
{
    static const uint32_t sizes[] = { 0, 4, sizeof(struct record_span) + 8, UINT32_MAX };
    const uint64_t count = 2 * JOURNAL_BYTES / sizeof(struct record_span);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(&journal, 0, sizeof journal);
        memset(&taken, 0, sizeof taken);
        for (uint64_t number = 1; number <= 5; number++)
            span_put(number);
        memcpy(journal.ring + 2 * sizeof(struct record_span), &sizes[i], sizeof sizes[i]);
        for (uint64_t number = 6; number <= count; number++)
            span_put(number);
        journal_note(&journal, BOOKS_SPANS, 1000);
        assert_int_equal(journal_replay(&journal, BOOKS_SPANS, span_take, NULL), 1000);
        assert_int_equal(taken.last, count);
    }
}

static void test_what_was_put_is_not_taken_out_of_its_ring_once_more(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_slot *slot = slot_claim(segment, 1, 1);
    struct record_span span = {
        .header = { .size = sizeof span, .type = RECORD_SPAN, .version = RECORD_VERSION }
    };
    const struct journal_origin origin = { 0, sizeof span };

    (void)state;
    for (int i = 0; i < 2; i++) {
        memcpy(ring_reserve(slot, sizeof span), &span, sizeof span);
        ring_commit(slot, sizeof span);
    }
    journal_put(&journal, (const uint8_t *)&span, sizeof span, &origin);
    journal_finish(&journal, segment);
    assert_int_equal(ring_used(slot), sizeof span);
    journal_finish(&journal, segment); /* once is all */
    assert_int_equal(ring_used(slot), sizeof span);

    journal.origin = (struct journal_origin){ 0, 5 * sizeof span }; /* behind the ring's head */
    journal_finish(&journal, segment);
    assert_int_equal(ring_used(slot), sizeof span);
    journal.origin = (struct journal_origin){ SEGMENT_SLOT_COUNT, sizeof span };
    journal_finish(&journal, segment);
    fake_segment_destroy(segment);
}

static void test_a_record_that_was_not_put_whole_stays_in_its_ring(void **state)
{
    struct segment *segment = fake_segment_create();
    struct segment_slot *slot = slot_claim(segment, 1, 1);
    struct record_span span = {
        .header = { .size = sizeof span, .type = RECORD_SPAN, .version = RECORD_VERSION }
    };
    const struct journal_origin origin = { 0, sizeof span };

    (void)state;
    memcpy(ring_reserve(slot, sizeof span), &span, sizeof span);
    ring_commit(slot, sizeof span);
    span_put(1);
    journal_put(&journal, (const uint8_t *)&span, sizeof span, &origin);
    journal.head -= sizeof span; /* as if killed before the head moved */
    journal_finish(&journal, segment);

    assert_int_equal(ring_used(slot), sizeof span);
    fake_segment_destroy(segment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define JOURNAL_TEST(name) cmocka_unit_test_setup(name, setup)
        JOURNAL_TEST(test_what_was_not_settled_comes_again_in_its_order),
        JOURNAL_TEST(test_who_is_killed_twice_finds_the_same_again),
        JOURNAL_TEST(test_spans_and_logs_are_apart),
        JOURNAL_TEST(test_the_oldest_make_room_and_the_newest_are_whole),
        JOURNAL_TEST(test_a_damaged_journal_gives_what_is_whole),
        JOURNAL_TEST(test_a_damaged_journal_takes_records_on),
        JOURNAL_TEST(test_what_was_put_is_not_taken_out_of_its_ring_once_more),
        JOURNAL_TEST(test_a_record_that_was_not_put_whole_stays_in_its_ring),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
