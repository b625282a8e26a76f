/* A queue with a spool on a real file, and a receiver that a test answers for: outages in virtual
 * time, what goes to disk, and in which order all of it arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../spool/spool_sample.h"
#include "agent/pipeline/record_queue.h"
#include "agent/report.h"

#include <string.h>

#define STEP_NS (100 * CLOCK_NS_PER_MS)

enum { QUEUE = 2048, BATCH = 512 };

/* --- a receiver ----------------------------------------------------------------------------------
 */

enum mood { TAKES, REFUSES_NOW, SAYS_NOTHING };

static struct {
    struct sink sink;
    enum mood mood;
    bool is_under_way;
    uint64_t first, count; /* of the body */
    unsigned bodies;
    uint64_t taken;                /* records */
    uint64_t number_sum;           /* of their numbers */
    bool is_old;                   /* the body is from disk */
    uint64_t next_old, next_fresh; /* the lowest number that may come of each */
    unsigned old_in_a_row, old_in_a_row_max;
} receiver;

static struct record_queue queue;

static void receiver_start(struct sink *sink, const char *body, size_t length, uint32_t timeout_ms)
{
    (void)sink, (void)timeout_ms;
    assert_int_equal(length, 2 * sizeof(uint64_t));
    memcpy(&receiver.first, body, sizeof receiver.first);
    memcpy(&receiver.count, body + sizeof receiver.first, sizeof receiver.count);
    receiver.is_old = queue.sources[0].overflow.is_from_disk;
    receiver.is_under_way = true;
    receiver.bodies++;
}

/* What is old comes in its order, and what is fresh in its own. */
static void receiver_note(void)
{
    uint64_t *next = receiver.is_old ? &receiver.next_old : &receiver.next_fresh;

    assert_true(receiver.first >= *next);
    *next = receiver.first + receiver.count;
    receiver.taken += receiver.count;
    receiver.number_sum += (2 * receiver.first + receiver.count - 1) * receiver.count / 2;
    receiver.old_in_a_row = receiver.is_old ? receiver.old_in_a_row + 1 : 0;
    if (receiver.old_in_a_row > receiver.old_in_a_row_max)
        receiver.old_in_a_row_max = receiver.old_in_a_row;
}

static bool receiver_take(struct sink *sink, struct send_result *out)
{
    (void)sink;
    if (!receiver.is_under_way || receiver.mood == SAYS_NOTHING)
        return false;
    *out = (struct send_result){ .verdict = SEND_TAKEN };
    if (receiver.mood == REFUSES_NOW) {
        *out = (struct send_result){ .verdict = SEND_RETRY, .error_type = "503" };
    } else {
        receiver_note();
    }
    receiver.is_under_way = false;
    return true;
}

static void receiver_abort(struct sink *sink)
{
    (void)sink;
    receiver.is_under_way = false;
}

static void receiver_destroy(struct sink *sink)
{
    (void)sink;
}

static const struct sink_operations RECEIVER = { receiver_start, receiver_take, receiver_abort,
                                                 receiver_destroy };

/* --- a queue -------------------------------------------------------------------------------------
 */

static uint64_t pushed;

static void encode(const struct encoder *encoder, const struct limits *limits,
                   const uint8_t *const *records, uint32_t count, struct buf *out)
{
    uint64_t first = spool_sample_number(SPOOL_TRACES_OTLP, records[0]), length = count;

    (void)encoder, (void)limits;
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(spool_sample_number(SPOOL_TRACES_OTLP, records[i]), first + i);
    buf_add(out, &first, sizeof first);
    buf_add(out, &length, sizeof length);
}

static void queue_open(void)
{
    static struct settings settings = {
        .span_batch = { 5000, 30000, QUEUE, BATCH },
        .limits = { 128, SETTINGS_NO_LIMIT, 128, 128, 128, 128, 128, SETTINGS_NO_LIMIT },
    };
    const struct record_queue_options options = { .settings = &settings,
                                                  .signal = SIGNAL_TRACES,
                                                  .spool = spool };

    assert_true(record_queue_init(&queue, &options));
    record_queue_add(&queue,
                     &(struct destination){ .type = "receiver",
                                            .exporter = EXPORTER_OTLP,
                                            .format.records = encode,
                                            .sink = &receiver.sink },
                     &options);
}

static int setup(void **state)
{
    memset(&receiver, 0, sizeof receiver);
    receiver.sink = (struct sink){ .operations = &RECEIVER, .address = "" };
    pushed = 0;
    (void)spool_sample_setup(state);
    spool_sample_reopen(256 * SAMPLE_MIB);
    queue_open();
    return 0;
}

static int teardown(void **state)
{
    record_queue_release(&queue);
    return spool_sample_teardown(state);
}

static void push(unsigned count)
{
    static struct sample sample;

    if (sample.used == 0)
        sample_span(&sample, RECORD_SCOPE_FCGI, "GET /board");
    for (unsigned i = 0; i < count; i++) {
        ((struct record_span *)sample.record)->start_ns = pushed++;
        record_queue_take(&queue, sample.record, sample.used);
    }
}

static void pass(uint64_t duration_ns)
{
    uint64_t end_ns = clock_monotonic_ns() + duration_ns;

    while (clock_monotonic_ns() < end_ns) {
        fake_clock_advance(STEP_NS);
        spool_step(spool, clock_monotonic_ns());
        record_queue_step(&queue, clock_monotonic_ns());
    }
}

/* Every record is somewhere. */
static struct pipeline_books books(void)
{
    struct pipeline_books out;

    record_queue_books(&queue, &out);
    assert_int_equal(out.exported + out.queued + out.spooled + out.failed + out.dropped,
                     pushed + out.found);
    return out;
}

/* Each, and each once: their numbers add up. */
static void assert_all_arrived(void)
{
    assert_int_equal(books().exported, pushed);
    assert_int_equal(receiver.taken, pushed);
    assert_int_equal(receiver.number_sum, pushed * (pushed - 1) / 2);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_six_hours_of_outage_at_500_spans_a_second_lose_nothing(void **state)
{
    (void)state;
    receiver.mood = REFUSES_NOW;
    for (int second = 0; second < 6 * 3600; second++) {
        push(500);
        pass(CLOCK_NS_PER_S);
        if (second % 600 == 0) {
            assert_true(books().queued <= QUEUE);
            assert_true(spool_bytes(spool) <= 256 * SAMPLE_MIB);
        }
    }
    assert_int_equal(pushed, 10800000);
    assert_int_equal(books().exported + books().failed + books().dropped, 0);

    receiver.mood = TAKES;
    for (int minutes = 0; books().spooled > 0; minutes++) {
        assert_true(minutes < 60);
        for (int second = 0; second < 60; second++) {
            push(500);
            pass(CLOCK_NS_PER_S);
            assert_true(books().queued <= QUEUE);
        }
    }
    pass(6 * CLOCK_NS_PER_S);
    assert_all_arrived();
}

static void test_a_short_failure_touches_no_disk(void **state)
{
    (void)state;
    receiver.mood = REFUSES_NOW;
    push(BATCH);
    pass(CLOCK_NS_PER_S / 2);
    receiver.mood = TAKES;
    pass(10 * CLOCK_NS_PER_S);

    assert_int_equal(books().exported, BATCH);
    assert_int_equal(spool_bytes(spool), 0);
    assert_false(queue.sources[0].overflow.is_open);
}

static void test_half_a_queue_opens_it_at_once(void **state)
{
    (void)state;
    receiver.mood = REFUSES_NOW;
    push(BATCH);
    pass(STEP_NS);
    push(QUEUE / 2);
    pass(STEP_NS);

    assert_int_equal(books().spooled, BATCH + QUEUE / 2);
    assert_int_equal(books().queued, 0);
}

/* No failure to see: its time-out is not over yet. */
static void test_a_receiver_that_says_nothing_costs_no_record(void **state)
{
    (void)state;
    receiver.mood = SAYS_NOTHING;
    push(BATCH);
    pass(STEP_NS);
    assert_int_equal(receiver.bodies, 1);
    push(4 * QUEUE);
    assert_true(books().spooled > 0);
    assert_int_equal(books().dropped + books().failed, 0);
    receiver.mood = TAKES;
    pass(60 * CLOCK_NS_PER_S);

    assert_all_arrived();
}

static void test_fresh_records_wait_for_one_old_body_at_most(void **state)
{
    (void)state;
    receiver.mood = REFUSES_NOW;
    for (int i = 0; i < 200; i++) {
        push(BATCH);
        pass(STEP_NS);
    }
    assert_true(books().spooled >= 100 * BATCH);
    receiver.mood = TAKES;
    while (receiver.taken == 0) /* the back-off */
        pass(STEP_NS);
    receiver.old_in_a_row = receiver.old_in_a_row_max = 0;
    for (int i = 0; i < 100; i++) {
        push(BATCH);
        pass(STEP_NS);
        assert_true(books().queued < 2 * BATCH);
    }

    assert_in_range(receiver.old_in_a_row_max, 1, 4); /* no step has more bodies */
    pass(120 * CLOCK_NS_PER_S);
    assert_all_arrived();
}

static void test_without_a_disk_it_is_as_it_was(void **state)
{
    (void)state;
    overflow_release(&queue.sources[0].overflow);
    overflow_init(&queue.sources[0].overflow, NULL, SPOOL_TRACES_OTLP);
    receiver.mood = REFUSES_NOW;
    for (int i = 0; i < 20; i++) {
        push(BATCH);
        pass(CLOCK_NS_PER_S);
    }

    assert_int_equal(books().spooled, 0);
    assert_true(books().failed > 0); /* the oldest */
    assert_int_equal(books().dropped, 0);
}

static void test_a_stop_puts_what_is_left_on_disk(void **state)
{
    (void)state;
    receiver.mood = SAYS_NOTHING;
    push(BATCH);
    pass(STEP_NS);
    push(BATCH + 7);
    queue.is_ending = true;
    exporter_abort(&queue.sources[0].exporter, "shutdown");
    record_queue_end(&queue);
    assert_int_equal(books().spooled, pushed);
    assert_int_equal(books().failed, 0);

    record_queue_release(&queue);
    spool_sample_reopen(256 * SAMPLE_MIB);
    memset(&queue, 0, sizeof queue);
    queue_open();
    pushed = 0;
    receiver.mood = TAKES;
    pass(10 * CLOCK_NS_PER_S);
    assert_int_equal(books().found, 2 * BATCH + 7);
    assert_int_equal(books().exported, 2 * BATCH + 7);
    /* The first body may have arrived: that, and no more, is said to be repeated. */
    assert_int_equal(queue.sources[0].exporter.repeated, BATCH);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_short_failure_touches_no_disk),
        TEST(test_half_a_queue_opens_it_at_once),
        TEST(test_a_receiver_that_says_nothing_costs_no_record),
        TEST(test_fresh_records_wait_for_one_old_body_at_most),
        TEST(test_without_a_disk_it_is_as_it_was),
        TEST(test_a_stop_puts_what_is_left_on_disk),
        TEST(test_six_hours_of_outage_at_500_spans_a_second_lose_nothing),
    };

    report_level_set(LEVEL_ERROR); /* six hours of warnings */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
