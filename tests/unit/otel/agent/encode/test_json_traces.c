#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "../record_sample.h"
#include "agent/encode/json_traces.h"
#include "otel/semconv.h"

static const struct limits NO_LIMITS = { 128, LIMITS_NONE, 128, 128, 128, 128 };

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

static void encode(struct fixture *fixture, struct sample *samples, size_t count,
                   const struct limits *limits)
{
    const uint8_t *records[8];

    for (size_t i = 0; i < count; i++) {
        assert_true(record_check(samples[i].record, samples[i].used));
        records[i] = samples[i].record;
    }
    json_traces_encode(&fixture->encoder, limits, records, (uint32_t)count, &fixture->out);
}

static void test_span_with_every_kind_of_attribute(void **state)
{
    static struct sample sample;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET /board/{count}");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_REQUEST_METHOD, "GET");
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_RESPONSE_STATUS_CODE, 200);
    sample_bool(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("app.cached"), 1);
    sample_double(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("app.ratio"), 0.1);
    sample_list(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("http.request.header.x-a"),
                (const char *const[]){ "one", "two", NULL });
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("app.smallest"), INT64_MIN);

    encode(*state, &sample, 1, &NO_LIMITS);

    assert_golden(&((struct fixture *)*state)->out, "traces_attributes.json");
}

static void test_child_of_a_remote_parent_with_events_links_and_error(void **state)
{
    static const uint8_t link[25] = { 1,  2,  3,  4,   5,   6,   7,   8,   9,   10, 11, 12, 13,
                                      14, 15, 16, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 1,  2,  1 };
    static struct sample sample;
    struct record_span *span = (struct record_span *)sample.record;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET /user");
    memcpy(span->parent_span_id, (const uint8_t[])SAMPLE_PARENT_ID, 8);
    span->flags = RECORD_SPAN_PARENT_IS_REMOTE;
    span->status = 2;
    span->dropped_attributes = 1;
    span->dropped_events = 2;
    span->dropped_links = 3;
    sample_text(&sample, RECORD_ITEM_TRACE_STATE, SAMPLE_NO_KEY, "ot=th:8,rojo=00f067aa0ba902b7");
    sample_text(&sample, RECORD_ITEM_STATUS_MESSAGE, SAMPLE_NO_KEY, "user id \"x\"");
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("retry"), 1700000000000000500);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("attempt"), 2);
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("bare"), 1700000000000000600);
    sample_put(&sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, SAMPLE_NO_KEY, link, sizeof link);
    sample_text(&sample, RECORD_ITEM_LINK_ATTRIBUTE, OTEL_KEY("why"), "batch");

    encode(*state, &sample, 1, &NO_LIMITS);

    assert_golden(&((struct fixture *)*state)->out, "traces_children.json");
}

static void test_spans_are_grouped_by_scope_in_their_order(void **state)
{
    static struct sample samples[4];
    const enum record_scope scopes[] = { RECORD_SCOPE_SQLITE, RECORD_SCOPE_FCGI,
                                         RECORD_SCOPE_SQLITE, RECORD_SCOPE_APPLICATION };
    const char *const names[] = { "SELECT user", "GET /board", "INSERT log_api", "own work" };

    for (size_t i = 0; i < 4; i++)
        sample_span(&samples[i], scopes[i], names[i]);

    encode(*state, samples, 4, &NO_LIMITS);

    assert_golden(&((struct fixture *)*state)->out, "traces_scopes.json");
}

static void test_text_that_is_no_utf8_and_needs_escapes(void **state)
{
    static struct sample sample;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH,
                "/a\"b\\c\n\x01/\xff\xc3\xa9\xf0\x9f\x98\x80");

    encode(*state, &sample, 1, &NO_LIMITS);

    assert_golden(&((struct fixture *)*state)->out, "traces_text.json");
}

static void test_limits_cut_and_count(void **state)
{
    static const struct limits limits = { 2, 3, 1, 0, 1, 0 };
    static const uint8_t link[25] = { 1 };
    static struct sample sample;

    sample_span(&sample, RECORD_SCOPE_FCGI, "a name is not cut");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH, "/\xc3\xa9t\xc3\xa9");
    sample_list(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("list"),
                (const char *const[]){ "abcdef", "xy", NULL });
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "/one/too/many");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH, "last");
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("kept"), 5);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("a"), 1);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("b"), 2);
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("dropped"), 6);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("c"), 3);
    sample_put(&sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, SAMPLE_NO_KEY, link, sizeof link);

    encode(*state, &sample, 1, &limits);

    assert_golden(&((struct fixture *)*state)->out, "traces_limits.json");
}

static void test_span_that_ends_before_its_start_ends_at_it(void **state)
{
    static struct sample sample;
    struct record_span *span = (struct record_span *)sample.record;

    sample_span(&sample, RECORD_SCOPE_LAUNCHER, "clock set back");
    span->end_ns = span->start_ns - 1;
    span->kind = 77;
    span->status = 99;

    encode(*state, &sample, 1, &NO_LIMITS);

    assert_golden(&((struct fixture *)*state)->out, "traces_odd.json");
}

static void test_body_that_does_not_fit_is_marked(void **state)
{
    struct fixture *fixture = *state;
    static struct sample sample;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    buf_init(&fixture->out, 100);
    encode(fixture, &sample, 1, &NO_LIMITS);

    assert_true(fixture->out.has_failed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_span_with_every_kind_of_attribute),
        TEST(test_child_of_a_remote_parent_with_events_links_and_error),
        TEST(test_spans_are_grouped_by_scope_in_their_order),
        TEST(test_text_that_is_no_utf8_and_needs_escapes),
        TEST(test_limits_cut_and_count),
        TEST(test_span_that_ends_before_its_start_ends_at_it),
        TEST(test_body_that_does_not_fit_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
