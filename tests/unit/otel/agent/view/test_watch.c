/* What the page gets to see of requests, out of records as workers write them. */
#include "agent/view/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../../../fakes/fake_segment.h"
#include "../record_sample.h"
#include "base/clock.h"
#include "otel/log.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "segment/part.h"

#define START_NS UINT64_C(1700000000000000000)
#define SECOND UINT64_C(1700000000)

static struct watch watch;

static int watch_setup(void **state)
{
    struct segment *segment = fake_segment_create();

    *state = segment;
    assert_true(watch_init(&watch, segment));
    watch_pass(&watch, START_NS);
    return 0;
}

static int watch_teardown(void **state)
{
    watch_release(&watch);
    fake_segment_destroy(*state);
    return 0;
}

static void span_see(uint8_t trace, enum otel_span_kind kind, uint64_t at_ns, uint8_t status)
{
    struct sample sample;
    struct record_span span = {
        .header = { .type = RECORD_SPAN, .version = RECORD_VERSION },
        .trace_id = { [0] = 7, [15] = trace },
        .span_id = { 1 },
        .start_ns = START_NS + at_ns,
        .end_ns = START_NS + at_ns + (kind == OTEL_SPAN_SERVER ? 9000000 : 1000000),
        .kind = (uint8_t)kind,
        .status = status,
    };

    sample_begin(&sample, &span, sizeof span);
    sample_text(&sample, RECORD_ITEM_NAME, SAMPLE_NO_KEY, "SELECT board");
    if (kind == OTEL_SPAN_SERVER) {
        sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH, "/board/10");
        sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "/board/{count}");
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_RESPONSE_STATUS_CODE,
                   status == OTEL_SPAN_ERROR ? 500 : 200);
    } else {
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_DB_RESPONSE_RETURNED_ROWS, 10);
    }
    watch_record(&watch, sample.record, sample.used);
}

static void log_see(uint8_t trace, const char *body)
{
    struct sample sample;
    struct record_log log = {
        .header = { .type = RECORD_LOG, .version = RECORD_VERSION },
        .trace_id = { [0] = 7, [15] = trace },
        .time_ns = START_NS + 3,
        .severity = 9,
    };

    sample_begin(&sample, &log, sizeof log);
    sample_text(&sample, RECORD_ITEM_BODY, SAMPLE_NO_KEY, body);
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_EXCEPTION_TYPE, "Exception");
    watch_record(&watch, sample.record, sample.used);
}

static void measure_see(const char *route, double seconds, int status)
{
    static const struct segment_instrument DURATION = { .name = "http.server.request.duration" };
    struct sample sample;
    struct record_measurement measurement = {
        .header = { .type = RECORD_MEASUREMENT, .version = RECORD_VERSION },
        .is_double = true,
        .value.real = seconds,
    };

    sample_begin(&sample, &measurement, sizeof measurement);
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_REQUEST_METHOD, "GET");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, route);
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_RESPONSE_STATUS_CODE, status);
    watch_measure(&watch, &DURATION, sample.record, sample.used);
}

static void passes(void)
{
    watch_pass(&watch, START_NS);
    watch_pass(&watch, START_NS);
    watch_publish(&watch);
}

static void test_watch_gathers_a_request_whatever_the_order_of_its_records(void **state)
{
    const struct segment *segment = *state;
    const struct segment_seen *seen = &segment->seen[0];

    log_see(1, "GET /board/10");
    span_see(1, OTEL_SPAN_CLIENT, 5000000, 0);
    span_see(2, OTEL_SPAN_CLIENT, 0, 0); /* of another trace */
    span_see(1, OTEL_SPAN_SERVER, 0, 0);
    span_see(1, OTEL_SPAN_CLIENT, 2000000, 0); /* from another thread's ring: later */
    passes();

    assert_int_equal(seen->number, 1);
    assert_string_equal(seen->path, "/board/10");
    assert_string_equal(seen->route, "/board/{count}");
    assert_int_equal(seen->status_code, 200);
    assert_int_equal(seen->duration_ns, 9000000);
    assert_int_equal(seen->span_count, 2);
    assert_int_equal(seen->spans[0].start_ns, START_NS + 2000000);
    assert_string_equal(seen->spans[0].attributes, "db.response.returned_rows=10\n");
    assert_int_equal(seen->log_count, 1);
    assert_string_equal(seen->logs[0].text, "GET /board/10");
    assert_string_equal(seen->exception_type, "Exception");
    assert_int_equal(segment->seen[1].number, 0);
}

static void test_watch_shows_a_request_that_came_in_the_pass_of_a_publication(void **state)
{
    const struct segment *segment = *state;

    span_see(1, OTEL_SPAN_SERVER, 0, 0);
    watch_publish(&watch);
    assert_int_equal(segment->seen[0].number, 0);
    passes();

    assert_int_equal(segment->seen[0].number, 1);
}

static void test_watch_keeps_what_failed_when_others_push_it_out(void **state)
{
    const struct segment *segment = *state;

    span_see(1, OTEL_SPAN_SERVER, 0, OTEL_SPAN_ERROR);
    passes();
    for (int i = 0; i < 5000; i++) {
        span_see((uint8_t)(2 + i % 200), OTEL_SPAN_SERVER, 0, 0);
        watch_pass(&watch, START_NS);
        if (i % 100 == 0)
            watch_publish(&watch);
    }
    passes();

    assert_int_equal(segment->seen[SEGMENT_SEEN_RECENT].trace_id[15], 1);
    assert_true(segment->seen[SEGMENT_SEEN_RECENT].is_error);
    for (size_t i = 0; i < SEGMENT_SEEN_RECENT; i++)
        assert_int_not_equal(segment->seen[i].trace_id[15], 1);
}

static void test_watch_counts_routes_by_second(void **state)
{
    const struct segment *segment = *state;
    const struct segment_route *route = &segment->routes[0];
    const struct segment_second *second = &route->seconds[SECOND % SEGMENT_SECOND_COUNT];

    measure_see("/log", 0.001, 200);
    measure_see("/log", 0.001, 500);
    watch_pass(&watch, START_NS + CLOCK_NS_PER_S); /* the second is over: it is published */

    assert_string_equal(route->route, "/log");
    assert_int_equal(second->second, SECOND);
    assert_int_equal(second->count, 2);
    assert_int_equal(second->errors, 1);
    assert_int_equal(second->latency[latency_place(1000000)], 2);
}

static void test_watch_puts_routes_without_a_place_together(void **state)
{
    const struct segment *segment = *state;
    char name[32];

    for (int i = 0; i < 20; i++) {
        (void)snprintf(name, sizeof name, "/route/%d", i);
        measure_see(name, i == 7 ? -1.0 : 0.001, 200); /* a worker may write anything */
    }
    passes();

    assert_string_equal(segment->routes[SEGMENT_ROUTE_COUNT - 1].method, "other");
    assert_int_equal(segment->routes[SEGMENT_ROUTE_COUNT - 1].count, 20 - SEGMENT_ROUTE_COUNT + 1);
}

static void test_watch_without_memory_shows_routes_alone(void **state)
{
    const struct segment *segment = *state;

    watch_release(&watch);
    span_see(1, OTEL_SPAN_SERVER, 0, OTEL_SPAN_ERROR);
    measure_see("/log", 0.001, 200);
    passes();

    assert_int_equal(segment->seen[0].number, 0);
    assert_int_equal(segment->routes[0].count, 1);
}

/* Ends as the launcher ends the requests of a dead worker. */
static void death_see(uint8_t trace, uint64_t at_ns)
{
    struct sample sample;
    struct record_span span = {
        .header = { .type = RECORD_SPAN, .version = RECORD_VERSION },
        .trace_id = { [0] = 7, [15] = trace },
        .end_ns = START_NS + at_ns,
        .kind = OTEL_SPAN_SERVER,
        .status = OTEL_SPAN_ERROR,
        .flags = RECORD_SPAN_ENDED_BY_LAUNCHER,
    };

    sample_begin(&sample, &span, sizeof span);
    watch_record(&watch, sample.record, sample.used);
}

static void fatal_see(uint8_t trace)
{
    struct sample sample;
    struct record_log log = {
        .header = { .type = RECORD_LOG, .version = RECORD_VERSION },
        .trace_id = { [0] = 7, [15] = trace },
        .severity = OTEL_SEVERITY_FATAL,
    };

    sample_begin(&sample, &log, sizeof log);
    watch_record(&watch, sample.record, sample.used);
}

static void test_watch_names_the_request_that_crashed_among_those_that_died(void **state)
{
    (void)state;
    fatal_see(2);
    death_see(1, 10);
    death_see(2, 20);
    death_see(3, 30);
    assert_int_equal(watch.crash_trace_id[15], 2);

    /* Killed without a tale: any of them. */
    death_see(4, 20 * CLOCK_NS_PER_S);
    assert_int_equal(watch.crash_trace_id[15], 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, watch_setup, watch_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_watch_gathers_a_request_whatever_the_order_of_its_records),
        TEST(test_watch_shows_a_request_that_came_in_the_pass_of_a_publication),
        TEST(test_watch_keeps_what_failed_when_others_push_it_out),
        TEST(test_watch_counts_routes_by_second),
        TEST(test_watch_puts_routes_without_a_place_together),
        TEST(test_watch_without_memory_shows_routes_alone),
        TEST(test_watch_names_the_request_that_crashed_among_those_that_died),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
