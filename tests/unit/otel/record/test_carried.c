/* What goes out with the requests that a handler makes: otel_inject, from a request on. */
#include "otel/propagate.h"
#include "otel/span.h"
#include "record/hook_entry.h"
#include "record/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "recorder.h"

#define KEY UINT64_C(0x5000)
#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"
#define CALLER "b7ad6b7169203331"
#define PARENT "00-" TRACE_ID "-" CALLER "-01"
#define PARAM(text) ((char *)(text))

static char headers[OTEL_INJECT_SIZE];

/* The value of a header that was written; NULL: it was not. */
static const char *header_find(const char *name)
{
    size_t length = strlen(name);

    for (const char *header = headers; *header; header += strlen(header) + 1)
        if (strncmp(header, name, length) == 0 && strncmp(header + length, ": ", 2) == 0)
            return header + length + 2;
    return NULL;
}

static void begin_with(const char *first, const char *second, const char *third)
{
    char *const params[] = { PARAM("REQUEST_METHOD=GET"), PARAM(first), PARAM(second), PARAM(third),
                             NULL };

    record_request_begin(KEY, params);
}

static size_t inject_current(void)
{
    const struct otel_context context = otel_context_current();

    return otel_inject(&context, headers, sizeof headers);
}

static void test_the_span_that_calls_is_the_parent_of_what_it_calls(void **state)
{
    struct otel_span *span = NULL;
    struct otel_context context;
    char expected[OTEL_TRACEPARENT_SIZE];

    (void)state;
    begin_with("HTTP_TRACEPARENT=" PARENT, "HTTP_TRACESTATE=a=1,b=2", "HTTP_BAGGAGE=user=alice");
    span = otel_span_start(OTEL_STR("GET"), OTEL_SPAN_CLIENT);
    context = otel_span_context(span);
    otel_context_traceparent(&context, expected);

    assert_int_equal(otel_inject(&context, headers, sizeof headers), 3);

    assert_string_equal(header_find("traceparent"), expected);
    assert_memory_equal(expected, PARENT, 36);
    assert_memory_not_equal(expected + 36, CALLER, 16);
    assert_string_equal(header_find("tracestate"), "a=1,b=2");
    assert_string_equal(header_find("baggage"), "user=alice");
    otel_span_end(span);
    record_request_end(KEY);
}

static void test_a_trace_that_is_not_sampled_goes_on_with_its_state(void **state)
{
    (void)state;
    begin_with("HTTP_TRACEPARENT=00-" TRACE_ID "-" CALLER "-02", "HTTP_TRACESTATE=a=1",
               "HTTP_BAGGAGE=k=v");

    assert_int_equal(inject_current(), 3);

    assert_memory_equal(header_find("traceparent"), PARENT, 36);
    assert_string_equal(header_find("traceparent") + 53, "02");
    assert_string_equal(header_find("tracestate"), "a=1");
    record_request_end(KEY);
}

static void test_without_traces_to_record_the_callers_context_goes_on(void **state)
{
    struct segment *segment = *state;

    segment->header.config.records_traces = false;
    begin_with("HTTP_TRACEPARENT=" PARENT, "HTTP_TRACESTATE=a=1", "HTTP_BAGGAGE=k=v");
    assert_int_equal(inject_current(), 3);
    assert_string_equal(header_find("traceparent"), PARENT);
    assert_string_equal(header_find("tracestate"), "a=1");
    record_request_end(KEY);

    begin_with("SERVER_NAME=x", "SERVER_PORT=1", "HTTPS=on");
    assert_int_equal(inject_current(), 0); /* not sampled by nobody's decision: say nothing */
    record_request_end(KEY);
}

static void test_nothing_is_written_where_there_is_no_trace(void **state)
{
    const struct otel_context none = { .is_remote = false };

    (void)state;
    memset(headers, 'x', sizeof headers);
    assert_int_equal(otel_inject(&none, headers, sizeof headers), 0);
    assert_string_equal(headers, "");
    assert_int_equal(otel_inject(&none, NULL, 0), 0);
    begin_with("OTEL_SUPPRESS=1", "HTTP_TRACEPARENT=" PARENT, "HTTPS=");
    assert_int_equal(inject_current(), 0);
    record_request_end(KEY);
}

static void test_a_header_that_does_not_fit_is_left_out_and_counted(void **state)
{
    struct segment *segment = *state;
    struct otel_context context;
    size_t fits = strlen("traceparent: " PARENT) + 1;
    char small[128];

    begin_with("HTTP_TRACEPARENT=" PARENT, "HTTPS=", "HTTPS=");
    context = otel_context_current();
    memset(small, 'x', sizeof small);

    assert_int_equal(otel_inject(&context, small, fits), 0); /* the end needs a byte, too */
    assert_string_equal(small, "");
    assert_int_equal(small[fits], 'x');
    assert_int_equal(FAKE_COUNT(segment, values_cut), 1);
    assert_int_equal(otel_inject(&context, small, fits + 1), 1);
    assert_int_equal(small[fits], '\0');
    assert_int_equal(small[fits + 1], 'x');
    assert_int_equal(FAKE_COUNT(segment, values_cut), 1);
    record_request_end(KEY);
}

static void test_a_line_break_makes_no_header(void **state)
{
    (void)state;
    begin_with("HTTP_TRACEPARENT=" PARENT, "HTTP_BAGGAGE=a=1\r\nx-evil: 1", "HTTPS=");
    assert_int_equal(inject_current(), 1);
    assert_null(header_find("baggage"));
    record_request_end(KEY);
}

static void test_scribbled_lengths_are_not_believed(void **state)
{
    struct segment *segment = *state;

    begin_with("HTTP_TRACEPARENT=" PARENT, "HTTP_TRACESTATE=a=1", "HTTP_BAGGAGE=k=v");
    segment->requests[record_thread.current.request - 1].baggage_bytes = UINT16_MAX;
    assert_int_equal(inject_current(), 1);
    record_request_end(KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_the_span_that_calls_is_the_parent_of_what_it_calls),
        RECORDER_TEST(test_a_trace_that_is_not_sampled_goes_on_with_its_state),
        RECORDER_TEST(test_without_traces_to_record_the_callers_context_goes_on),
        RECORDER_TEST(test_nothing_is_written_where_there_is_no_trace),
        RECORDER_TEST(test_a_header_that_does_not_fit_is_left_out_and_counted),
        RECORDER_TEST(test_a_line_break_makes_no_header),
        RECORDER_TEST(test_scribbled_lengths_are_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
