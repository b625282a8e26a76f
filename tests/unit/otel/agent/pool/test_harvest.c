#include "../launcher_sample.h"

#include "base/clock.h"
#include "otel/log.h"
#include "otel/request.h"
#include "segment/method.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKER = 2000000001, MANAGER, STRANGER }; /* above any pid_max: nobody has them */

static struct segment_request *request_open(struct sample *sample, uint64_t key)
{
    struct segment_request *request = request_claim(sample->segment, WORKER, key);

    assert_non_null(request);
    atomic_store(&request->used,
                 (uint32_t)sample_span(request->bytes, sizeof request->bytes, "GET"));
    request->is_sampled = 1;
    request->method = 1; /* GET */
    memcpy(request->route, "/board", sizeof "/board");
    request_publish(request);
    return request;
}

static struct segment_slot *slot_open(struct sample *sample)
{
    struct segment_slot *slot = slot_claim(sample->segment, WORKER, WORKER);

    assert_non_null(slot);
    return slot;
}

static void worker_dies(struct sample *sample, int status)
{
    struct family_member *member = sample_member(sample, WORKER);

    member->has_served = true;
    member->is_gone = true;
    harvest_note_death(&sample->harvest, WORKER, status);
    assert_false(harvest_step(&sample->harvest, 1));
}

static const struct record_span *span_at(size_t i)
{
    return (const void *)fake_pipeline.spans[i].bytes;
}

static const struct record_log *log_at(size_t i)
{
    return (const void *)fake_pipeline.logs[i].bytes;
}

static void test_open_request_ends_as_error_span(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_open(sample);
    struct segment_request *request = request_open(sample, 0x1000);

    worker_dies(sample, SIGKILL);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 1);
    assert_int_equal(span_at(0)->status, OTEL_SPAN_ERROR);
    assert_true(span_at(0)->flags & RECORD_SPAN_ENDED_BY_LAUNCHER);
    assert_true(span_at(0)->end_ns > span_at(0)->start_ns);
    fake_record_assert_text(fake_pipeline.spans[0].bytes, RECORD_ITEM_ATTRIBUTE, "error.type",
                            "SIGKILL");
    fake_record_assert_text(fake_pipeline.spans[0].bytes, RECORD_ITEM_NAME, NULL, "GET /board");
    assert_int_equal(atomic_load(&request->state), SEGMENT_REQUEST_FREE);
    assert_int_equal(atomic_load(&slot->state), SEGMENT_SLOT_FREE);
    assert_int_equal(sample->harvest.crashes, 1);
    assert_int_equal(sample->family.count, 0);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_exit_is_told_from_a_signal(void **state)
{
    struct sample *sample = *state;

    (void)slot_open(sample);
    (void)request_open(sample, 0x1000);
    worker_dies(sample, 3 << 8);

    fake_record_assert_text(fake_pipeline.spans[0].bytes, RECORD_ITEM_ATTRIBUTE, "error.type",
                            "exit");
    assert_int_equal(log_at(0)->severity, OTEL_SEVERITY_FATAL);
    assert_int_equal(log_at(0)->header.scope, RECORD_SCOPE_LAUNCHER);
}

static void test_quiet_end_tells_nothing(void **state)
{
    struct sample *sample = *state;

    (void)slot_open(sample);
    worker_dies(sample, 0);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 0);
    assert_int_equal(fake_pipeline.counts[SIGNAL_LOGS], 0);
    assert_int_equal(sample->harvest.crashes, 0);
}

static void test_open_child_spans_end_too(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_open(sample);

    for (int i = 0; i < 2; i++)
        atomic_store(&slot->open_spans[i * 7].used,
                     (uint32_t)sample_span(slot->open_spans[i * 7].bytes, SEGMENT_OPEN_SPAN_BYTES,
                                           "SELECT board"));
    worker_dies(sample, SIGSEGV);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 2);
    assert_int_equal(span_at(1)->status, OTEL_SPAN_ERROR);
    assert_int_equal(atomic_load(&slot->open_spans[7].used), 0);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_crash_is_told_with_its_trace_and_frames(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_open(sample);
    struct segment_request *request = request_open(sample, 0x1000);

    atomic_store(&slot->activity_request, 1 + (uint32_t)(request - sample->segment->requests));
    slot->crash.signal = SIGSEGV;
    slot->crash.address = 0x10;
    slot->crash.frame_count = 2;
    slot->crash.frames[0] = 0xabc;
    atomic_store(&slot->crash.is_set, 1);
    worker_dies(sample, SIGSEGV);

    assert_int_equal(fake_pipeline.counts[SIGNAL_LOGS], 1);
    assert_int_equal(log_at(0)->severity, OTEL_SEVERITY_FATAL);
    assert_memory_equal(log_at(0)->trace_id, span_at(0)->trace_id, 16);
    assert_memory_equal(log_at(0)->span_id, span_at(0)->span_id, 8);
    fake_record_assert_text(fake_pipeline.logs[0].bytes, RECORD_ITEM_ATTRIBUTE, "exception.type",
                            "SIGSEGV");
    fake_record_assert_text(fake_pipeline.logs[0].bytes, RECORD_ITEM_ATTRIBUTE,
                            "exception.stacktrace", "  at 0xabc\n  at 0x0");
    fake_record_assert_text(fake_pipeline.logs[0].bytes, RECORD_ITEM_ATTRIBUTE, "exception.message",
                            "Segmentation fault at address 0x10");
}

static void test_status_is_waited_for_only_a_while(void **state)
{
    struct sample *sample = *state;
    struct family_member *member = sample_member(sample, WORKER);

    (void)slot_open(sample);
    (void)request_open(sample, 0x1000);
    member->is_gone = true;

    assert_true(harvest_step(&sample->harvest, 1));
    assert_true(harvest_step(&sample->harvest, 400 * CLOCK_NS_PER_MS));
    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 0);
    assert_false(harvest_step(&sample->harvest, 502 * CLOCK_NS_PER_MS));
    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 1);
}

static void test_status_comes_from_whoever_reaped(void **state)
{
    struct sample *sample = *state;
    struct segment_death *death = &sample->segment->header.deaths[5];

    (void)slot_open(sample);
    (void)request_open(sample, 0x1000);
    sample_member(sample, WORKER)->is_gone = true;
    death->pid = WORKER;
    death->status = SIGABRT;
    atomic_store(&death->sequence, 6);

    assert_false(harvest_step(&sample->harvest, 1));
    fake_record_assert_text(fake_pipeline.spans[0].bytes, RECORD_ITEM_ATTRIBUTE, "error.type",
                            "SIGABRT");
}

/* A child of the manager, which the launcher has never seen alive. */
static void stranger_dies(struct sample *sample, int32_t reaper_pid, int status)
{
    struct family_member *manager = sample_member(sample, MANAGER);

    manager->is_worker = false;
    manager->had_children = true;
    death_note(&sample->segment->header, &(struct death){ .pid = STRANGER,
                                                          .status = status,
                                                          .reaper_pid = reaper_pid,
                                                          .time_ns = clock_wall_ns() });
    assert_false(harvest_step(&sample->harvest, 1));
    assert_false(harvest_step(&sample->harvest, 2));
}

static void test_worker_that_was_never_seen_counts_by_its_manager(void **state)
{
    struct sample *sample = *state;

    stranger_dies(sample, MANAGER, SIGKILL);

    assert_int_equal(sample->harvest.crashes, 1);
    assert_int_equal(fake_pipeline.counts[SIGNAL_LOGS], 1);
    assert_int_equal(log_at(0)->severity, OTEL_SEVERITY_FATAL);
}

static void test_other_strangers_are_no_workers(void **state)
{
    static const struct {
        int32_t reaper_pid;
        int status;
        const char *why;
    } cases[] = {
        { MANAGER, 1 << 8, "a command of a script that failed" },
        { MANAGER, SIGTERM, "it was asked to leave, as far as can be known" },
        { MANAGER, 0, "it left" },
        { 77, SIGKILL, "nobody of ours says so" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sample_teardown(state);
        assert_int_equal(sample_setup(state), 0);
        stranger_dies(*state, cases[i].reaper_pid, cases[i].status);
        if (fake_pipeline.counts[SIGNAL_LOGS] != 0)
            fail_msg("told of a stranger: %s", cases[i].why);
        assert_int_equal(((struct sample *)*state)->harvest.crashes, 0);
    }
}

static void test_stranger_gives_its_slot_back_at_once(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_claim(sample->segment, STRANGER, STRANGER);

    assert_true(sample_span_end(slot, "GET /board"));
    stranger_dies(sample, MANAGER, SIGSEGV);

    assert_int_equal(atomic_load(&slot->state), SEGMENT_SLOT_FREE);
    assert_int_equal(sample->harvest.crashes, 1);
    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 1);
    assert_int_equal(fake_pipeline.counts[SIGNAL_LOGS], 1);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_death_of_somebody_alive_is_not_believed(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_claim(sample->segment, getpid(), getpid());

    death_note(&sample->segment->header, &(struct death){ .pid = getpid(), .status = SIGKILL });
    assert_false(harvest_step(&sample->harvest, 1));

    assert_int_equal(atomic_load(&slot->state), SEGMENT_SLOT_CLAIMED);
    assert_int_equal(sample->harvest.crashes, 0);
    assert_null(deaths_find(&sample->harvest.deaths, getpid()));
}

static void test_zombie_is_waited_for_longer(void **state)
{
    struct sample *sample = *state;
    struct family_member *member;
    struct process_stat stat;
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_true(process_stat_read(pid, &stat));
    member = sample_member(sample, pid);
    member->start_ticks = stat.start_ticks;
    member->is_gone = true;
    member->gone_ns = 1;

    assert_true(harvest_step(&sample->harvest, 4 * CLOCK_NS_PER_S));
    assert_int_equal(sample->family.count, 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(harvest_step(&sample->harvest, 4 * CLOCK_NS_PER_S));
    assert_int_equal(sample->family.count, 0);
}

static void test_spans_end_when_the_worker_died_not_when_it_was_noticed(void **state)
{
    struct sample *sample = *state;
    uint64_t died_ns = clock_wall_ns() - 3 * CLOCK_NS_PER_S;

    (void)slot_open(sample);
    (void)request_open(sample, 0x1000);
    sample_member(sample, WORKER)->is_gone = true;
    death_note(&sample->segment->header,
               &(struct death){ .pid = WORKER, .status = SIGKILL, .time_ns = died_ns });
    assert_false(harvest_step(&sample->harvest, 1));

    assert_int_equal(span_at(0)->end_ns, died_ns);
    assert_int_equal(log_at(0)->time_ns, died_ns);
}

static void test_two_threads_that_fault_at_once_are_one_death(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slots[] = { slot_open(sample), slot_open(sample) };

    for (size_t i = 0; i < 2; i++) {
        slots[i]->crash.signal = i ? SIGSEGV : SIGBUS;
        slots[i]->crash.time_ns = 2000 - i;
        atomic_store(&slots[i]->crash.is_set, 1);
    }
    (void)request_open(sample, 0x1000);
    worker_dies(sample, SIGSEGV);

    assert_int_equal(fake_pipeline.counts[SIGNAL_LOGS], 1);
    fake_record_assert_text(fake_pipeline.logs[0].bytes, RECORD_ITEM_ATTRIBUTE, "exception.message",
                            "Segmentation fault at address 0x0");
    assert_int_equal(log_at(0)->time_ns, 1999);
}

static void test_threads_that_had_begun_no_request_are_counted_in_the_record(void **state)
{
    struct sample *sample = *state;
    struct record_view item;
    int64_t reading = 0;

    slot_activity_set(slot_open(sample), OTEL_ACTIVITY_READING, 0, 1);
    slot_activity_set(slot_open(sample), OTEL_ACTIVITY_READING, 0, 1);
    slot_activity_set(slot_open(sample), OTEL_ACTIVITY_IDLE, 0, 1);
    slot_activity_set(slot_open(sample), OTEL_ACTIVITY_READING, 1,
                      1); /* a request of a link before */
    worker_dies(sample, SIGKILL);

    assert_true(fake_record_find(fake_pipeline.logs[0].bytes, RECORD_ITEM_ATTRIBUTE,
                                 "otel.c.worker.reading", &item));
    memcpy(&reading, item.value, sizeof reading);
    assert_int_equal(reading, 2);
}

static void test_suppressed_requests_leave_no_span(void **state)
{
    struct sample *sample = *state;

    (void)slot_open(sample);
    request_open(sample, 0x1000)->is_suppressed = 1;
    request_open(sample, 0x2000)->is_sampled = 0;
    worker_dies(sample, SIGKILL);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 0);
}

static void test_duration_of_a_cut_request_is_measured(void **state)
{
    struct sample *sample = *state;
    struct segment_instrument *instrument = &sample->segment->instruments[2];

    memcpy(instrument->name, "http.server.request.duration", sizeof "http.server.request.duration");
    instrument->kind = OTEL_HISTOGRAM;
    atomic_store(&instrument->state, SEGMENT_INSTRUMENT_READY);
    (void)slot_open(sample);
    (void)request_open(sample, 0x1000);
    worker_dies(sample, SIGKILL);

    assert_int_equal(fake_pipeline.counts[SIGNAL_METRICS], 1);
    fake_record_assert_text(fake_pipeline.measurements[0].bytes, RECORD_ITEM_ATTRIBUTE,
                            "error.type", "SIGKILL");
    fake_record_assert_text(fake_pipeline.measurements[0].bytes, RECORD_ITEM_ATTRIBUTE,
                            "http.request.method", "GET");
}

static void test_answers_cut_by_a_restart_are_counted_and_no_crash(void **state)
{
    struct sample *sample = *state;
    struct family_member *member = sample_member(sample, WORKER);

    (void)slot_open(sample);
    (void)request_open(sample, 0x1000);
    (void)request_open(sample, 0x2000);
    member->is_gone = true;
    member->is_cut = true;
    harvest_note_death(&sample->harvest, WORKER, SIGKILL);
    assert_false(harvest_step(&sample->harvest, 1));

    assert_int_equal(sample->harvest.answers_cut, 2);
    assert_int_equal(sample->harvest.crashes, 0);
    assert_int_equal(log_at(0)->severity, OTEL_SEVERITY_WARN);
}

static void test_stray_slots_are_harvested_after_a_while(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_open(sample);

    assert_true(sample_span_end(slot, "GET /board"));
    harvest_strays(&sample->harvest, 1);
    assert_int_equal(atomic_load(&slot->state), SEGMENT_SLOT_CLAIMED);
    harvest_strays(&sample->harvest, 600 * CLOCK_NS_PER_MS);

    assert_int_equal(atomic_load(&slot->state), SEGMENT_SLOT_FREE);
    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 1);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_everything_left_is_sent(void **state)
{
    struct sample *sample = *state;
    struct segment_slot *slot = slot_open(sample);
    struct segment_request *request = request_open(sample, 0x1000);

    assert_true(sample_span_end(slot, "GET /board"));
    atomic_store(&request->pid, WORKER + 1); /* its thread left its slot long ago */
    harvest_everything(&sample->harvest);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 2);
    assert_int_equal(atomic_load(&request->state), SEGMENT_REQUEST_FREE);
    sample_assert_balance(sample, BOOKS_SPANS);
}

static void test_damaged_open_span_keeps_its_fixed_part(void **state)
{
    struct sample *sample = *state;
    struct segment_request *request = request_open(sample, 0x1000);

    (void)slot_open(sample);
    memset(request->bytes + sizeof(struct record_span), 0xff, 16);
    worker_dies(sample, SIGKILL);

    assert_int_equal(fake_pipeline.counts[SIGNAL_TRACES], 1);
    assert_true(record_check(fake_pipeline.spans[0].bytes, fake_pipeline.spans[0].size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SAMPLE_TEST(name) cmocka_unit_test_setup_teardown(name, sample_setup, sample_teardown)
        SAMPLE_TEST(test_open_request_ends_as_error_span),
        SAMPLE_TEST(test_exit_is_told_from_a_signal),
        SAMPLE_TEST(test_quiet_end_tells_nothing),
        SAMPLE_TEST(test_open_child_spans_end_too),
        SAMPLE_TEST(test_crash_is_told_with_its_trace_and_frames),
        SAMPLE_TEST(test_status_is_waited_for_only_a_while),
        SAMPLE_TEST(test_status_comes_from_whoever_reaped),
        SAMPLE_TEST(test_worker_that_was_never_seen_counts_by_its_manager),
        SAMPLE_TEST(test_other_strangers_are_no_workers),
        SAMPLE_TEST(test_stranger_gives_its_slot_back_at_once),
        SAMPLE_TEST(test_death_of_somebody_alive_is_not_believed),
        SAMPLE_TEST(test_zombie_is_waited_for_longer),
        SAMPLE_TEST(test_spans_end_when_the_worker_died_not_when_it_was_noticed),
        SAMPLE_TEST(test_two_threads_that_fault_at_once_are_one_death),
        SAMPLE_TEST(test_threads_that_had_begun_no_request_are_counted_in_the_record),
        SAMPLE_TEST(test_suppressed_requests_leave_no_span),
        SAMPLE_TEST(test_duration_of_a_cut_request_is_measured),
        SAMPLE_TEST(test_answers_cut_by_a_restart_are_counted_and_no_crash),
        SAMPLE_TEST(test_stray_slots_are_harvested_after_a_while),
        SAMPLE_TEST(test_everything_left_is_sent),
        SAMPLE_TEST(test_damaged_open_span_keeps_its_fixed_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
