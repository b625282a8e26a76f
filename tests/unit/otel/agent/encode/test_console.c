#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../record_sample.h"
#include "agent/encode/console.h"
#include "otel/semconv.h"

#include <stdio.h>

struct fixture {
    struct encoder encoder;
    struct buf out;
};

static const struct limits NO_LIMITS = { 128, LIMITS_NONE, 128, 128, 128, 128 };

static int setup(void **state)
{
    static struct fixture fixture;
    struct otel_attribute name = otel_attribute_string(OTEL_KEY("service.name"), OTEL_STR("board"));
    struct attributes resource;

    attributes_clear(&resource);
    assert_true(attributes_add(&resource, &name));
    assert_true(encoder_init(&fixture.encoder, resource.record, "0.1.0"));
    buf_init(&fixture.out, 1 << 16);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    encoder_release(&fixture->encoder);
    buf_release(&fixture->out);
    return 0;
}

static void assert_output(struct fixture *fixture, const char *expected)
{
    buf_add(&fixture->out, "", 1);
    assert_false(fixture->out.has_failed);
    assert_string_equal(fixture->out.data, expected);
}

static void test_span_is_a_line_with_its_attributes_below(void **state)
{
    struct fixture *fixture = *state;
    static struct sample sample;
    const uint8_t *records[] = { sample.record };
    struct record_span *span = (struct record_span *)sample.record;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET /user");
    memcpy(span->parent_span_id, (const uint8_t[])SAMPLE_PARENT_ID, 8);
    span->status = 2;
    sample_text(&sample, RECORD_ITEM_STATUS_MESSAGE, SAMPLE_NO_KEY, "no user");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH, "/user\x1b[31m");
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_RESPONSE_STATUS_CODE, 500);

    console_traces_encode(&fixture->encoder, &NO_LIMITS, records, 1, &fixture->out);

    assert_output(fixture, "spans of service.name=board\n"
                           "  2023-11-14T22:13:20.000000Z SERVER GET /user 1.235 ms "
                           "trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331 "
                           "parent=00f067aa0ba902b7 Error no user\n"
                           "    url.path=/user\\u001b[31m\n"
                           "    http.response.status_code=500\n");
}

static void test_log_record_is_a_line(void **state)
{
    struct fixture *fixture = *state;
    static struct sample sample;
    const uint8_t *records[] = { sample.record };

    sample_log(&sample, RECORD_SCOPE_APPLICATION, "two\nlines");

    console_logs_encode(&fixture->encoder, &NO_LIMITS, records, 1, &fixture->out);

    assert_output(fixture, "log records of service.name=board\n"
                           "  2023-11-14T22:13:20.000000Z INFO two\\nlines "
                           "trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331\n");
}

static void test_metric_point_is_a_line(void **state)
{
    struct fixture *fixture = *state;
    struct segment_instrument calls = { .name = "calls", .unit = "{call}" };
    static struct sample sample;
    static struct meter meter;
    struct metric_cursor cursor = { 0 };

    meter_init(&meter, 1, SAMPLE_START_NS);
    sample_measurement(&sample, 0, 3);
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "/log");
    meter_record(&meter, &calls, sample.record, SAMPLE_START_NS);
    meter_collect(&meter, SAMPLE_START_NS + 1);

    assert_int_equal(
        console_metrics_encode(&fixture->encoder, &meter, &cursor, SIZE_MAX, &fixture->out), 1);

    assert_output(fixture, "metrics of service.name=board\n  calls 3 {call} http.route=/log\n");
    meter_release(&meter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_span_is_a_line_with_its_attributes_below),
        TEST(test_log_record_is_a_line),
        TEST(test_metric_point_is_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
