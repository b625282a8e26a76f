/* What the request path must never do: allocate, touch errno, or anything at all without a
 * launcher. */
#include "otel/baggage.h"
#include "otel/metric.h"
#include "otel/semconv.h"
#include "record/hook_entry.h"

#include "../../../fakes/alloc_count.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "recorder.h"

#define KEY UINT64_C(0x5000)
#define PARAM(text) ((char *)(text))

static char *const PARAMS[] = {
    PARAM("REQUEST_METHOD=GET"),
    PARAM("REQUEST_URI=/board/5?sig=secret&a=1"),
    PARAM("SERVER_PROTOCOL=HTTP/1.1"),
    PARAM("HTTP_HOST=example.com:5001"),
    PARAM("HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    PARAM("HTTP_TRACESTATE=a=1"),
    PARAM("HTTP_BAGGAGE=user=alice"),
    PARAM("REMOTE_ADDR=192.0.2.7"),
    PARAM("OTEL_HTTP_ROUTE=/board/{count}"),
    NULL,
};

/* All that a request of ours does. */
static void request_run(const struct otel_instrument *instrument)
{
    struct otel_span *span = NULL;
    const struct otel_attribute attribute = otel_attribute_int(OTEL_THREAD_ID, 1);

    record_request_begin(KEY, PARAMS);
    span = otel_span_start(OTEL_STR("SELECT board"), OTEL_SPAN_CLIENT);
    otel_span_set_string(span, OTEL_DB_QUERY_TEXT, OTEL_STR("SELECT 1"));
    otel_span_add_event(span, OTEL_STR("event"), &attribute, 1);
    otel_span_end(span);
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("called"), &attribute, 1);
    otel_log_exception(OTEL_STR("http.server.request.exception"), OTEL_STR("Exception"),
                       OTEL_STR("message"), NULL, 0);
    otel_measure_int(instrument, 1, &attribute, 1);
    otel_request_set_status(500);
    record_request_end(KEY);
}

static void test_a_thousand_requests_allocate_nothing(void **state)
{
    const struct otel_instrument_options options = { .name = OTEL_STR("board.posts") };
    const struct otel_instrument *instrument = otel_instrument_create(&options);
    long before = 0;

    (void)state;
    if (!alloc_count_works()) {
        print_message("condition: malloc is not a sanitizer's\n");
        skip();
    }
    request_run(instrument);
    before = alloc_count();
    for (int i = 0; i < 1000; i++)
        request_run(instrument);
    assert_int_equal(alloc_count(), before);
}

static void test_errno_is_never_changed(void **state)
{
    (void)state;
    errno = EDOM;
    request_run(NULL);
    record_death(1, 2);
    assert_int_equal(errno, EDOM);
}

static void test_everything_is_a_no_op_without_a_segment(void **state)
{
    const struct otel_instrument_options options = { .name = OTEL_STR("board.posts") };
    char out[8];

    record_process_stop();
    request_run(otel_instrument_create(&options));
    assert_false(record_is_on());
    assert_int_equal(record_config()->records_traces, 0);
    assert_int_equal(otel_baggage_get(OTEL_STR("a"), out, sizeof out), -1);
    otel_request_activity(OTEL_ACTIVITY_READING);
    record_crash(11, 0, 0, NULL, 0);
    record_death(1, 2);
    assert_int_equal(otel_context_current().request, 0);
    assert_true(record_process_start(*state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_a_thousand_requests_allocate_nothing),
        RECORDER_TEST(test_errno_is_never_changed),
        RECORDER_TEST(test_everything_is_a_no_op_without_a_segment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
