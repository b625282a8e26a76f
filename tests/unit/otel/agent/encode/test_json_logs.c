#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "../record_sample.h"
#include "agent/encode/json_logs.h"
#include "otel/semconv.h"

static const struct limits NO_LIMITS = { .attribute_count = 128, .value_length = LIMITS_NONE };

struct fixture {
    struct encoder encoder;
    struct buf out;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct otel_attribute name = otel_attribute_string(OTEL_KEY("service.name"), OTEL_STR("board"));
    struct attributes resource;

    attributes_clear(&resource);
    assert_true(attributes_add(&resource, &name));
    assert_true(encoder_init(&fixture.encoder, resource.record, "0.1.0"));
    buf_init(&fixture.out, 1 << 20);
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

static void encode(struct fixture *fixture, const struct sample *sample)
{
    const uint8_t *records[] = { sample->record };

    assert_true(record_check(sample->record, sample->used));
    json_logs_encode(&fixture->encoder, &NO_LIMITS, records, 1, &fixture->out);
}

static void test_record_in_a_span(void **state)
{
    static struct sample sample;

    sample_log(&sample, RECORD_SCOPE_APPLICATION, "GET /board/100");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_CLIENT_ADDRESS, "127.0.0.1");
    ((struct record_log *)sample.record)->dropped_attributes = 4;

    encode(*state, &sample);

    assert_golden(&((struct fixture *)*state)->out, "logs_in_span.json");
}

static void test_exception_event(void **state)
{
    static const uint64_t stack[] = { 0x401234, 0x7f0000001000 };
    static struct sample sample;

    sample_log(&sample, RECORD_SCOPE_APPLICATION, "no such user");
    ((struct record_log *)sample.record)->severity = 17;
    sample_text(&sample, RECORD_ITEM_EVENT_NAME, SAMPLE_NO_KEY, "http.server.request.exception");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_EXCEPTION_TYPE, "ValueError");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_EXCEPTION_MESSAGE, "no such user");
    sample_put(&sample, RECORD_ITEM_STACK, RECORD_VALUE_STACK, SAMPLE_NO_KEY, stack, sizeof stack);

    encode(*state, &sample);

    assert_golden(&((struct fixture *)*state)->out, "logs_exception.json");
}

static void test_record_outside_any_trace(void **state)
{
    static struct sample sample;
    struct record_log *log = (struct record_log *)sample.record;

    sample_log(&sample, RECORD_SCOPE_STDERR, "");
    memset(log->trace_id, 0, sizeof log->trace_id);
    memset(log->span_id, 0, sizeof log->span_id);
    log->severity = 0;

    encode(*state, &sample);

    assert_golden(&((struct fixture *)*state)->out, "logs_bare.json");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_record_in_a_span),
        TEST(test_exception_event),
        TEST(test_record_outside_any_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
