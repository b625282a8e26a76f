#include "otel/log.h"
#include "otel/span.h"
#include "record/hook_entry.h"
#include "record/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder.h"

#define THREADS 16
#define SPANS 2000

static struct record_room room;

static void *leave_span_open(void *argument)
{
    (void)argument;
    (void)otel_span_start(OTEL_STR("left open"), OTEL_SPAN_INTERNAL);
    return NULL;
}

static void test_slot_is_left_and_open_spans_end_when_the_thread_ends(void **state)
{
    struct segment *segment = *state;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, leave_span_open, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&segment->slots[0].state), SEGMENT_SLOT_LEFT);
    assert_true(fake_segment_take(segment, room.bytes));
    fake_record_assert_text(room.bytes, RECORD_ITEM_NAME, NULL, "left open");
}

static void *record_many(void *argument)
{
    (void)argument;
    for (int i = 0; i < SPANS; i++)
        otel_span_end(otel_span_start(OTEL_STR("span"), OTEL_SPAN_INTERNAL));
    return NULL;
}

static void test_every_thread_has_a_slot_of_its_own(void **state)
{
    struct segment *segment = *state;
    pthread_t threads[THREADS];
    uint64_t taken = 0;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, record_many, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    while (fake_segment_take(segment, room.bytes))
        taken++;
    assert_int_equal(FAKE_COUNT(segment, spans_ended), THREADS * SPANS);
    assert_int_equal(taken + FAKE_COUNT(segment, spans_dropped), THREADS * SPANS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(atomic_load(&segment->slots[i].state), SEGMENT_SLOT_LEFT);
}

/* In the child: 0 when it has nothing of its parent's and a slot of its own once it records. */
static int child_check(struct segment *segment, struct otel_span *parents)
{
    const struct otel_context none = { .request = 0 };
    struct otel_context current = otel_context_current();

    if (memcmp(&current, &none, sizeof none) != 0 || record_thread.slot)
        return 1;
    otel_span_end(parents);
    record_request_end(1);
    if (FAKE_COUNT(segment, spans_ended) != 0)
        return 2;
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("child"), NULL, 0);
    if (record_thread.slot != &segment->slots[1] || atomic_load(&segment->slots[1].pid) != getpid())
        return 3;
    return 0;
}

static void test_child_of_a_fork_forgets_what_is_open_and_claims_its_own_slot(void **state)
{
    struct segment *segment = *state;
    struct otel_span *span = NULL;
    pid_t child = 0;
    int status = 0;

    record_request_begin(1, NULL);
    span = otel_span_start(OTEL_STR("parent's"), OTEL_SPAN_INTERNAL);
    child = fork();
    if (child == 0)
        _exit(child_check(segment, span));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_memory_not_equal(segment->slots[0].random, segment->slots[1].random, 32);

    otel_span_end(span);
    record_request_status(1, 200);
    record_request_end(1);
    assert_int_equal(FAKE_COUNT(segment, spans_ended), 2);
    assert_int_equal(FAKE_COUNT(segment, spans_dropped), 0);
}

/* A child whose main thread ends by pthread_exit runs the key's destructor, with the parent's
 * value: the parent's slot must stay the parent's. */
static void test_thread_of_a_child_that_ends_keeps_off_its_parents_slot(void **state)
{
    struct segment *segment = *state;
    pid_t child = 0;
    int status = 0;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    print_message("condition: no sanitizer, which is at work where the child has ended\n");
    skip();
#endif
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("claim"), NULL, 0);
    child = fork();
    if (child == 0) {
        (void)alarm(10);
        pthread_exit(NULL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(atomic_load(&segment->slots[0].state), SEGMENT_SLOT_CLAIMED);
}

static void log_from_handler(int signal_number)
{
    (void)signal_number;
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("handler"), NULL, 0);
    otel_span_end(otel_span_start(OTEL_STR("handler"), OTEL_SPAN_INTERNAL));
}

static void test_signal_handler_in_the_middle_of_a_record_is_turned_away_and_counted(void **state)
{
    struct segment *segment = *state;

    assert_true(signal(SIGUSR2, log_from_handler) != SIG_ERR);
    assert_true(thread_enter());
    assert_int_equal(raise(SIGUSR2), 0);
    thread_leave();
    assert_int_equal(atomic_load(&segment->header.no_slot_logs), 1);
    assert_int_equal(atomic_load(&segment->header.no_slot_spans), 1);
    assert_int_equal(raise(SIGUSR2), 0);
    assert_int_equal(FAKE_COUNT(segment, logs_emitted), 1);
    assert_true(signal(SIGUSR2, SIG_DFL) != SIG_ERR);
}

static void test_crash_is_noted_in_the_threads_slot(void **state)
{
    struct segment *segment = *state;
    const uint64_t frames[] = { 0x10, 0x20 };

    record_crash(SIGSEGV, 1, 0xdead, frames, 2); /* no slot yet: nothing happens */
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("claim"), NULL, 0);
    assert_int_equal(atomic_load(&segment->slots[0].crash.is_set), 0);
    record_crash(SIGSEGV, 1, 0xdead, frames, 2);
    assert_int_equal(atomic_load(&segment->slots[0].crash.is_set), 1);
    assert_int_equal(segment->slots[0].crash.signal, SIGSEGV);
    assert_int_equal(segment->slots[0].crash.address, 0xdead);
    assert_int_equal(segment->slots[0].crash.frame_count, 2);
    assert_int_equal(segment->slots[0].crash.frames[1], 0x20);
    record_death(4711, 9);
    assert_int_equal(segment->header.deaths[0].pid, 4711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_slot_is_left_and_open_spans_end_when_the_thread_ends),
        RECORDER_TEST(test_every_thread_has_a_slot_of_its_own),
        RECORDER_TEST(test_child_of_a_fork_forgets_what_is_open_and_claims_its_own_slot),
        RECORDER_TEST(test_thread_of_a_child_that_ends_keeps_off_its_parents_slot),
        RECORDER_TEST(test_signal_handler_in_the_middle_of_a_record_is_turned_away_and_counted),
        RECORDER_TEST(test_crash_is_noted_in_the_threads_slot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
