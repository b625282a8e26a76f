#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "../record_sample.h"
#include "agent/encode/json_metrics.h"
#include "otel/metric.h"
#include "otel/semconv.h"

enum { COLLECT_NS_LATER = 500000000 };

struct fixture {
    struct encoder encoder;
    struct meter meter;
    struct metric_cursor cursor;
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
    meter_init(&fixture.meter, 1, SAMPLE_START_NS);
    fixture.cursor = (struct metric_cursor){ 0 };
    buf_init(&fixture.out, 1 << 20);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    encoder_release(&fixture->encoder);
    meter_release(&fixture->meter);
    buf_release(&fixture->out);
    return 0;
}

static struct segment_instrument instrument(const char *name, enum otel_instrument_kind kind,
                                            const char *unit)
{
    struct segment_instrument out = { .kind = (uint8_t)kind, .scope = RECORD_SCOPE_FCGI };

    snprintf(out.name, sizeof out.name, "%s", name);
    snprintf(out.unit, sizeof out.unit, "%s", unit);
    return out;
}

static void record(struct fixture *fixture, const struct segment_instrument *definition,
                   const struct sample *sample)
{
    assert_true(record_check(sample->record, sample->used));
    meter_record(&fixture->meter, definition, sample->record, SAMPLE_START_NS + 1000);
}

static void collect(struct fixture *fixture)
{
    meter_collect(&fixture->meter, SAMPLE_START_NS + COLLECT_NS_LATER);
    fixture->cursor = (struct metric_cursor){ 0 };
}

static void test_sum_of_two_sets(void **state)
{
    struct fixture *fixture = *state;
    struct segment_instrument posts = instrument("board.posts.returned", OTEL_COUNTER, "{post}");
    static struct sample sample;

    snprintf(posts.description, sizeof posts.description, "Posts in answers.");
    for (int64_t value = 1; value <= 3; value++) {
        sample_measurement(&sample, 0, value);
        sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, value == 2 ? "/a" : "/b");
        record(fixture, &posts, &sample);
    }
    collect(fixture);

    assert_int_equal(json_metrics_encode(&fixture->encoder, &fixture->meter, &fixture->cursor,
                                         SIZE_MAX, &fixture->out),
                     2);

    assert_golden(&fixture->out, "metrics_sum.json");
}

static void test_histogram_with_bounds_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct segment_instrument duration =
        instrument("http.server.request.duration", OTEL_HISTOGRAM, "s");
    static const double values[] = { 0.001, 0.005, 0.25, 11 };
    static struct sample sample;

    duration.has_bounds = 1;
    duration.bounds_count = 2;
    duration.bounds[0] = 0.005;
    duration.bounds[1] = 0.5;
    for (size_t i = 0; i < 4; i++) {
        sample_measurement(&sample, 0, 0);
        sample_value_double(&sample, values[i]);
        record(fixture, &duration, &sample);
    }
    collect(fixture);

    (void)json_metrics_encode(&fixture->encoder, &fixture->meter, &fixture->cursor, SIZE_MAX,
                              &fixture->out);

    assert_golden(&fixture->out, "metrics_histogram.json");
}

static void test_gauge_up_down_counter_and_two_scopes(void **state)
{
    struct fixture *fixture = *state;
    struct segment_instrument gauge = instrument("board.posts", OTEL_GAUGE, "{post}");
    struct segment_instrument busy = instrument("board.busy", OTEL_UP_DOWN_COUNTER, "");
    static struct sample sample;

    gauge.scope = RECORD_SCOPE_APPLICATION;
    sample_measurement(&sample, 0, 0);
    sample_value_double(&sample, 0.5);
    record(fixture, &busy, &sample);
    sample_measurement(&sample, 1, 10000);
    record(fixture, &gauge, &sample);
    collect(fixture);

    (void)json_metrics_encode(&fixture->encoder, &fixture->meter, &fixture->cursor, SIZE_MAX,
                              &fixture->out);

    assert_golden(&fixture->out, "metrics_gauge.json");
}

static void test_negative_values_leave_the_sum_out(void **state)
{
    struct fixture *fixture = *state;
    struct segment_instrument drift = instrument("clock.drift", OTEL_HISTOGRAM, "s");
    static struct sample sample;

    drift.has_bounds = 1;
    sample_measurement(&sample, 0, -3);
    record(fixture, &drift, &sample);
    collect(fixture);

    (void)json_metrics_encode(&fixture->encoder, &fixture->meter, &fixture->cursor, SIZE_MAX,
                              &fixture->out);

    assert_golden(&fixture->out, "metrics_negative.json");
}

static void test_large_collection_goes_out_in_several_bodies(void **state)
{
    struct fixture *fixture = *state;
    struct segment_instrument posts = instrument("board.posts.returned", OTEL_COUNTER, "{post}");
    static struct sample sample;
    uint32_t points = 0, bodies = 0, count;

    for (int64_t i = 0; i < 10; i++) {
        sample_measurement(&sample, 0, 1);
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), i);
        record(fixture, &posts, &sample);
    }
    collect(fixture);

    do {
        buf_clear(&fixture->out);
        count = json_metrics_encode(&fixture->encoder, &fixture->meter, &fixture->cursor, 900,
                                    &fixture->out);
        points += count;
        bodies += count > 0;
    } while (count > 0);

    assert_int_equal(points, 10);
    assert_true(bodies > 2 && bodies < 10);
    assert_int_equal(fixture->out.length, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sum_of_two_sets),
        TEST(test_histogram_with_bounds_of_its_own),
        TEST(test_gauge_up_down_counter_and_two_scopes),
        TEST(test_negative_values_leave_the_sum_out),
        TEST(test_large_collection_goes_out_in_several_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
