#include "otel/baggage.h"
#include "otel/request.h"
#include "otel/semconv.h"
#include "record/hook_entry.h"
#include "record/thread.h"
#include "segment/method.h"
#include "segment/slot.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder.h"

#define KEY UINT64_C(0x5000)
#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define PARENT "00-" TRACE_ID "-b7ad6b7169203331-01"
#define PARAM(text) ((char *)(text))

static char *const PARAMS[] = {
    PARAM("REQUEST_METHOD=GET"),
    PARAM("REQUEST_URI=/board/5?sig=secret&a=1"),
    PARAM("QUERY_STRING=sig=secret&a=1"),
    PARAM("REQUEST_SCHEME=http"),
    PARAM("SERVER_PROTOCOL=HTTP/1.1"),
    PARAM("HTTP_HOST=example.com:5001"),
    PARAM("SERVER_NAME=other"),
    PARAM("SERVER_PORT=80"),
    PARAM("REMOTE_ADDR=192.0.2.7"),
    PARAM("REMOTE_PORT=51000"),
    PARAM("HTTP_USER_AGENT=curl/7.88.1"),
    PARAM("HTTP_CUSTOM_REQUEST_HEADER=yes"),
    PARAM("OTEL_HTTP_ROUTE=/board/{count}"),
    NULL,
};

static struct record_room room;
static uint8_t *const record = room.bytes;

static const struct record_span *take_span(struct segment *segment)
{
    assert_true(fake_segment_take_type(segment, RECORD_SPAN, record));
    return (const struct record_span *)(const void *)record;
}

static void begin_with(const char *param)
{
    char *const params[] = { PARAM("REQUEST_METHOD=GET"), PARAM("REQUEST_URI=/"), PARAM(param),
                             NULL };

    record_request_begin(KEY, params);
}

static void end_with(int status_code)
{
    record_request_status(KEY, status_code);
    record_request_end(KEY);
}

/* --- what a span says ------------------------------------------------------------------------- */

static void test_server_span_has_the_attributes_of_the_conventions(void **state)
{
    const struct record_span *span = NULL;

    record_request_begin(KEY, PARAMS);
    fake_clock_advance(3 * CLOCK_NS_PER_MS);
    end_with(200);
    span = take_span(*state);

    assert_int_equal(span->header.scope, RECORD_SCOPE_FCGI);
    assert_int_equal(span->kind, OTEL_SPAN_SERVER);
    assert_int_equal(span->status, OTEL_SPAN_UNSET);
    assert_int_equal(span->start_ns, FAKE_CLOCK_WALL_START_NS);
    assert_int_equal(span->end_ns, FAKE_CLOCK_WALL_START_NS + 3 * CLOCK_NS_PER_MS);
    assert_int_equal(span->trace_flags, 3);
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "GET /board/{count}");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.request.method", "GET");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "url.path", "/board/5");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "url.query", "sig=REDACTED&a=1");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "url.scheme", "http");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "network.protocol.version", "1.1");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "server.address", "example.com");
    fake_record_assert_int(record, "server.port", 5001);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "client.address", "192.0.2.7");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "network.peer.address", "192.0.2.7");
    fake_record_assert_int(record, "network.peer.port", 51000);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "user_agent.original", "curl/7.88.1");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.route", "/board/{count}");
    fake_record_assert_int(record, "http.response.status_code", 200);
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "error.type");
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "http.request.method_original");
}

static void test_server_span_of_an_unknown_method_keeps_the_original(void **state)
{
    char *const params[] = { PARAM("REQUEST_METHOD=get"), NULL };

    record_request_begin(KEY, params);
    end_with(405);
    (void)take_span(*state);

    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "HTTP");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.request.method", "_OTHER");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.request.method_original", "get");
}

static void test_server_address_is_what_the_host_header_says(void **state)
{
    static const struct {
        const char *host;
        const char *address;
        int64_t port; /* 0: none */
    } hosts[] = {
        { "HTTP_HOST=example.com", "example.com", 0 },
        { "HTTP_HOST=example.com:", "example.com", 0 },
        { "HTTP_HOST=example.com:0", "example.com", 0 },
        { "HTTP_HOST=example.com:99999", "example.com", 0 },
        { "HTTP_HOST=example.com:8a", "example.com", 0 },
        { "HTTP_HOST=[::1]", "::1", 0 },
        { "HTTP_HOST=[::1]:8080", "::1", 8080 },
        { "HTTP_HOST=::1", "::1", 0 },
        { "HTTP_HOST=[::1", "[::1", 0 },
        { "SERVER_NAME=named", "named", 0 },
    };

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        begin_with(hosts[i].host);
        end_with(200);
        (void)take_span(*state);
        fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "server.address", hosts[i].address);
        if (hosts[i].port)
            fake_record_assert_int(record, "server.port", hosts[i].port);
        else
            fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "server.port");
    }
}

static void test_protocol_version_and_scheme_are_written_as_the_conventions_do(void **state)
{
    static const char *const versions[][2] = {
        { "SERVER_PROTOCOL=HTTP/1.0", "1.0" }, { "SERVER_PROTOCOL=HTTP/2.0", "2" },
        { "SERVER_PROTOCOL=HTTP/3.0", "3" },   { "SERVER_PROTOCOL=HTTP/", NULL },
        { "SERVER_PROTOCOL=SPDY/3", NULL },    { "SERVER_PROTOCOL=HTTP/1.1.1", NULL },
    };
    static const char *const schemes[][2] = {
        { "REQUEST_SCHEME=https", "https" },
        { "HTTPS=on", "https" },
        { "HTTPS=off", "http" },
        { "HTTPS=", "http" },
        { "REQUEST_SCHEME=http", "http" },
    };

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        begin_with(versions[i][0]);
        end_with(200);
        (void)take_span(*state);
        if (versions[i][1])
            fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "network.protocol.version",
                                    versions[i][1]);
        else
            fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "network.protocol.version");
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        begin_with(schemes[i][0]);
        end_with(200);
        (void)take_span(*state);
        fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "url.scheme", schemes[i][1]);
    }
}

static void test_status_decides_about_error_as_the_conventions_say(void **state)
{
    static const struct {
        int code;
        enum otel_span_status status;
        const char *error_type; /* NULL: none */
    } codes[] = {
        { 200, OTEL_SPAN_UNSET, NULL },        { 302, OTEL_SPAN_UNSET, NULL },
        { 404, OTEL_SPAN_UNSET, NULL },        { 499, OTEL_SPAN_UNSET, NULL },
        { 500, OTEL_SPAN_ERROR, "500" },       { 503, OTEL_SPAN_ERROR, "503" },
        { 0, OTEL_SPAN_ERROR, "no_response" },
    };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        begin_with("HTTP_HOST=a");
        end_with(codes[i].code);
        assert_int_equal(take_span(*state)->status, codes[i].status);
        if (codes[i].error_type)
            fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "error.type",
                                    codes[i].error_type);
        else
            fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "error.type");
        if (!codes[i].code)
            fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "http.response.status_code");
    }
}

static void test_what_the_program_says_wins_over_what_the_hook_reads(void **state)
{
    record_request_begin(KEY, PARAMS);
    otel_request_set_status(500);
    otel_request_set_route(OTEL_STR("/user"));
    otel_request_set_error(OTEL_STR("Exception"));
    end_with(200);

    assert_int_equal(take_span(*state)->status, OTEL_SPAN_ERROR);
    fake_record_assert_int(record, "http.response.status_code", 500);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "error.type", "Exception");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.route", "/user");
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "GET /user");
}

static void test_values_too_long_for_the_span_are_cut_and_the_end_still_has_room(void **state)
{
    static char uri[10000] = "REQUEST_URI=/";
    static char agent[10000] = "HTTP_USER_AGENT=";
    char *const params[] = { PARAM("REQUEST_METHOD=GET"), uri, agent, NULL };
    char route[200];

    memset(uri + strlen(uri), 'p', sizeof uri - 14);
    memset(agent + strlen(agent), 'a', sizeof agent - 17);
    memset(route, 'r', sizeof route);
    record_request_begin(KEY, params);
    for (int i = 0; i < 1000; i++)
        otel_span_set_int(otel_request_span(), OTEL_THREAD_ID, i);
    otel_request_set_route((struct otel_str){ route, sizeof route });
    otel_request_set_error((struct otel_str){ route, sizeof route });
    end_with(500);

    assert_true(take_span(*state)->dropped_attributes > 0);
    fake_record_assert_int(record, "http.response.status_code", 500);
    assert_true(FAKE_COUNT((struct segment *)*state, values_cut) > 0);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "error.type",
                            "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr");
}

/* --- whose trace it is ------------------------------------------------------------------------ */

static void assert_trace(const struct record_span *span, bool is_continued)
{
    struct otel_context context = { .trace_flags = 0 };
    char hex[OTEL_TRACE_ID_HEX_SIZE];

    memcpy(context.trace_id, span->trace_id, sizeof context.trace_id);
    otel_context_trace_id_hex(&context, hex);
    assert_int_equal(strcmp(hex, TRACE_ID) == 0, is_continued);
    assert_int_equal(span->flags, is_continued ? RECORD_SPAN_PARENT_IS_REMOTE : 0);
}

static void test_traceparent_of_the_client_is_continued(void **state)
{
    const struct record_span *span = NULL;

    begin_with("HTTP_TRACEPARENT=" PARENT);
    end_with(200);
    span = take_span(*state);

    assert_trace(span, true);
    assert_memory_equal(span->parent_span_id, "\xb7\xad\x6b\x71\x69\x20\x33\x31", 8);
    assert_int_equal(span->trace_flags, 1);
}

static void test_doubled_traceparent_restarts_the_trace(void **state)
{
    char *const params[] = { PARAM("HTTP_TRACEPARENT=" PARENT), PARAM("HTTP_TRACEPARENT=" PARENT),
                             PARAM("HTTP_TRACESTATE=a=1"), NULL };

    record_request_begin(KEY, params);
    end_with(200);
    assert_trace(take_span(*state), false);
    fake_record_assert_none(record, RECORD_ITEM_TRACE_STATE, NULL);

    begin_with("HTTP_TRACEPARENT=" PARENT ", " PARENT);
    end_with(200);
    assert_trace(take_span(*state), false);
}

static void test_traceparent_is_not_read_when_the_propagator_is_off(void **state)
{
    struct segment *segment = *state;

    segment->header.config.propagators[0] = SEGMENT_PROPAGATOR_BAGGAGE;
    begin_with("HTTP_TRACEPARENT=" PARENT);
    end_with(200);
    assert_trace(take_span(segment), false);
}

static void test_tracestate_of_two_headers_reaches_the_children_too(void **state)
{
    char *const params[] = { PARAM("HTTP_TRACEPARENT=" PARENT), PARAM("HTTP_TRACESTATE=a=1"),
                             PARAM("HTTP_TRACESTATE=b=2"), NULL };

    record_request_begin(KEY, params);
    otel_span_end(otel_span_start(OTEL_STR("child"), OTEL_SPAN_INTERNAL));
    end_with(200);
    (void)take_span(*state);
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "child");
    fake_record_assert_text(record, RECORD_ITEM_TRACE_STATE, NULL, "a=1,b=2");
    (void)take_span(*state);
    fake_record_assert_text(record, RECORD_ITEM_TRACE_STATE, NULL, "a=1,b=2");
}

static void test_baggage_is_kept_for_as_long_as_the_request(void **state)
{
    char out[16];

    (void)state;
    begin_with("HTTP_BAGGAGE=user=al%20ice;p=1, other=2");
    assert_int_equal(otel_baggage_get(OTEL_STR("user"), out, sizeof out), 6);
    assert_string_equal(out, "al ice");
    assert_int_equal(otel_baggage_get(OTEL_STR("none"), out, sizeof out), -1);
    end_with(200);
    assert_int_equal(otel_baggage_get(OTEL_STR("user"), out, sizeof out), -1);
}

/* --- sampling --------------------------------------------------------------------------------- */

static void assert_books(const struct segment *segment, uint64_t ended, uint64_t sampled_out,
                         uint64_t dropped)
{
    assert_int_equal(FAKE_COUNT(segment, spans_ended), ended);
    assert_int_equal(FAKE_COUNT(segment, spans_sampled_out), sampled_out);
    assert_int_equal(FAKE_COUNT(segment, spans_dropped), dropped);
}

static void test_unsampled_request_is_counted_and_measured_but_not_recorded(void **state)
{
    struct segment *segment = *state;
    struct otel_span *child = NULL;

    begin_with("HTTP_TRACEPARENT=00-" TRACE_ID "-b7ad6b7169203331-00");
    assert_false(otel_span_is_recording(otel_request_span()));
    child = otel_span_start(OTEL_STR("child"), OTEL_SPAN_INTERNAL);
    assert_false(otel_span_is_recording(child));
    otel_span_set_int(child, OTEL_THREAD_ID, 1);
    otel_span_end(child);
    end_with(200);

    assert_books(segment, 2, 2, 0);
    assert_true(fake_segment_take(segment, record));
    assert_int_equal(((struct record_header *)(void *)record)->type, RECORD_MEASUREMENT);
    assert_false(fake_segment_take(segment, record));
}

static void test_log_of_an_unsampled_request_still_names_its_trace(void **state)
{
    const struct record_log *log = (const struct record_log *)(const void *)record;

    begin_with("HTTP_TRACEPARENT=00-" TRACE_ID "-b7ad6b7169203331-00");
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("x"), NULL, 0);
    end_with(200);
    assert_true(fake_segment_take_type(*state, RECORD_LOG, record));
    assert_int_equal(log->trace_id[0], 0x0a);
    assert_int_equal(log->trace_flags, 0);
}

static void test_suppressed_request_leaves_nothing_and_starts_no_trace(void **state)
{
    struct segment *segment = *state;

    begin_with("OTEL_SUPPRESS=1");
    assert_false(otel_span_is_recording(otel_span_start(OTEL_STR("child"), OTEL_SPAN_CLIENT)));
    assert_non_null(request_find(segment, getpid(), KEY));
    end_with(200);

    assert_books(segment, 0, 0, 0);
    assert_false(fake_segment_take(segment, record));
    assert_null(request_find(segment, getpid(), KEY));
    begin_with("OTEL_SUPPRESS=");
    end_with(200);
    assert_books(segment, 1, 0, 0);
}

static void test_request_that_finds_no_place_is_counted_and_starts_no_trace(void **state)
{
    struct segment *segment = *state;

    for (uint64_t i = 0; i < SEGMENT_REQUEST_COUNT; i++)
        assert_non_null(request_claim(segment, 1, i));
    begin_with("HTTP_HOST=a");
    assert_false(otel_span_is_recording(otel_span_start(OTEL_STR("child"), OTEL_SPAN_CLIENT)));
    end_with(200);

    assert_int_equal(atomic_load(&segment->header.no_request_drops), 1);
    assert_books(segment, 0, 0, 0);
    assert_int_equal(otel_context_current().request, 0);
}

/* --- begin and end ---------------------------------------------------------------------------- */

static void test_duration_is_measured_in_seconds_with_the_attributes_of_the_metric(void **state)
{
    const struct record_measurement *measurement =
        (const struct record_measurement *)(const void *)record;
    struct segment *segment = *state;

    record_request_begin(KEY, PARAMS);
    fake_clock_advance(250 * CLOCK_NS_PER_MS);
    fake_clock_step_wall(-3600 * (int64_t)CLOCK_NS_PER_S);
    end_with(503);
    /* The span comes first: a kill in between must not count the request twice. */
    assert_int_equal(take_span(segment)->end_ns, FAKE_CLOCK_WALL_START_NS + 250 * CLOCK_NS_PER_MS);
    assert_true(fake_segment_take_type(segment, RECORD_MEASUREMENT, record));

    assert_string_equal(segment->instruments[measurement->instrument].name,
                        "http.server.request.duration");
    assert_true(measurement->value.real == 0.25);
    assert_int_equal(measurement->time_ns, FAKE_CLOCK_WALL_START_NS + 250 * CLOCK_NS_PER_MS);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.request.method", "GET");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "url.scheme", "http");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.route", "/board/{count}");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "error.type", "503");
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "network.protocol.version", "1.1");
    fake_record_assert_int(record, "http.response.status_code", 503);
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "server.address");
}

static void test_request_that_begins_twice_ends_once_before(void **state)
{
    begin_with("HTTP_HOST=a");
    begin_with("HTTP_HOST=b");
    end_with(200);
    record_request_end(KEY);

    assert_books(*state, 2, 0, 0);
    assert_int_equal(take_span(*state)->status, OTEL_SPAN_ERROR);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "error.type", "no_response");
}

static void test_context_is_current_from_begin_to_end_only(void **state)
{
    struct segment *segment = *state;
    struct otel_context during;

    begin_with("HTTP_HOST=a");
    during = otel_context_current();
    assert_int_not_equal(during.request, 0);
    assert_int_equal(segment->slots[0].activity, OTEL_ACTIVITY_WORKING);
    assert_int_equal(segment->slots[0].activity_request, during.request);
    end_with(200);
    assert_int_equal(otel_context_current().request, 0);
    assert_int_equal(segment->slots[0].activity, OTEL_ACTIVITY_IDLE);
    /* Its context is worth nothing now: another request may have the place. */
    begin_with("HTTP_HOST=b");
    (void)otel_context_attach(during);
    otel_request_set_status(500);
    otel_request_set_error(OTEL_STR("late"));
    end_with(200);
    (void)take_span(segment);
    assert_int_equal(take_span(segment)->status, OTEL_SPAN_UNSET);
}

/* Another thread than the one that began it answers and ends a parked request. */
static void *finish_parked(void *context)
{
    (void)otel_context_attach(*(struct otel_context *)context);
    otel_span_end(otel_span_start(OTEL_STR("INSERT"), OTEL_SPAN_CLIENT));
    otel_request_set_status(200);
    record_request_end(KEY);
    return NULL;
}

static void test_parked_request_is_ended_by_another_thread(void **state)
{
    struct segment *segment = *state;
    struct otel_context parked;
    pthread_t thread;
    uint8_t server_id[8];

    begin_with("HTTP_HOST=a");
    parked = otel_context_attach((struct otel_context){ .request = 0 });
    memcpy(server_id, parked.span_id, sizeof server_id);
    assert_int_equal(pthread_create(&thread, NULL, finish_parked, &parked), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);

    assert_memory_equal(take_span(segment)->parent_span_id, server_id, 8);
    fake_record_assert_text(record, RECORD_ITEM_NAME, NULL, "INSERT");
    assert_memory_equal(take_span(segment)->span_id, server_id, 8);
    assert_books(segment, 2, 0, 0);
    assert_int_equal(segment->slots[1].state, SEGMENT_SLOT_LEFT);
}

static void test_request_whose_record_was_scribbled_is_dropped_and_counted(void **state)
{
    struct segment *segment = *state;

    begin_with("HTTP_HOST=a");
    atomic_store(&request_find(segment, getpid(), KEY)->used, UINT32_MAX);
    end_with(200);
    assert_books(segment, 1, 0, 1);
}

static void test_request_when_the_ring_is_full_is_dropped_and_counted(void **state)
{
    struct segment *segment = *state;
    uint64_t recorded = 0;

    for (int i = 0; i < 10000; i++) {
        begin_with("HTTP_HOST=a");
        end_with(200);
    }
    while (fake_segment_take_type(segment, RECORD_SPAN, record))
        recorded++;
    assert_int_equal(FAKE_COUNT(segment, spans_ended), 10000);
    assert_int_equal(FAKE_COUNT(segment, spans_dropped), 10000 - recorded);
    assert_true(recorded > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_server_span_has_the_attributes_of_the_conventions),
        RECORDER_TEST(test_server_span_of_an_unknown_method_keeps_the_original),
        RECORDER_TEST(test_server_address_is_what_the_host_header_says),
        RECORDER_TEST(test_protocol_version_and_scheme_are_written_as_the_conventions_do),
        RECORDER_TEST(test_status_decides_about_error_as_the_conventions_say),
        RECORDER_TEST(test_what_the_program_says_wins_over_what_the_hook_reads),
        RECORDER_TEST(test_values_too_long_for_the_span_are_cut_and_the_end_still_has_room),
        RECORDER_TEST(test_traceparent_of_the_client_is_continued),
        RECORDER_TEST(test_doubled_traceparent_restarts_the_trace),
        RECORDER_TEST(test_traceparent_is_not_read_when_the_propagator_is_off),
        RECORDER_TEST(test_tracestate_of_two_headers_reaches_the_children_too),
        RECORDER_TEST(test_baggage_is_kept_for_as_long_as_the_request),
        RECORDER_TEST(test_unsampled_request_is_counted_and_measured_but_not_recorded),
        RECORDER_TEST(test_log_of_an_unsampled_request_still_names_its_trace),
        RECORDER_TEST(test_suppressed_request_leaves_nothing_and_starts_no_trace),
        RECORDER_TEST(test_request_that_finds_no_place_is_counted_and_starts_no_trace),
        RECORDER_TEST(test_duration_is_measured_in_seconds_with_the_attributes_of_the_metric),
        RECORDER_TEST(test_request_that_begins_twice_ends_once_before),
        RECORDER_TEST(test_context_is_current_from_begin_to_end_only),
        RECORDER_TEST(test_parked_request_is_ended_by_another_thread),
        RECORDER_TEST(test_request_whose_record_was_scribbled_is_dropped_and_counted),
        RECORDER_TEST(test_request_when_the_ring_is_full_is_dropped_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
