/* The vectors metrics_*: what is measured before a collection. */
#ifndef TESTS_METRIC_CASES_H
#define TESTS_METRIC_CASES_H

#include "agent/encode/metric_cursor.h"
#include "encode_cases.h"
#include "otel/metric.h"

#include <stdio.h>

enum { CASE_COLLECT_NS_LATER = 500000000 };

static inline struct segment_instrument
case_instrument(const char *name, enum otel_instrument_kind kind, const char *unit)
{
    struct segment_instrument out = { .kind = (uint8_t)kind, .scope = RECORD_SCOPE_FCGI };

    snprintf(out.name, sizeof out.name, "%s", name);
    snprintf(out.unit, sizeof out.unit, "%s", unit);
    return out;
}

static inline void case_record(struct meter *meter, const struct segment_instrument *definition,
                               const struct sample *sample)
{
    assert_true(record_check(sample->record, sample->used));
    meter_record(meter, definition, sample->record, SAMPLE_START_NS + 1000);
}

static void sum_of_two_sets(struct meter *meter)
{
    struct segment_instrument posts =
        case_instrument("board.posts.returned", OTEL_COUNTER, "{post}");
    static struct sample sample;

    snprintf(posts.description, sizeof posts.description, "Posts in answers.");
    for (int64_t value = 1; value <= 3; value++) {
        sample_measurement(&sample, 0, value);
        sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, value == 2 ? "/a" : "/b");
        case_record(meter, &posts, &sample);
    }
}

static void histogram_with_bounds_of_its_own(struct meter *meter)
{
    struct segment_instrument duration =
        case_instrument("http.server.request.duration", OTEL_HISTOGRAM, "s");
    static const double values[] = { 0.001, 0.005, 0.25, 11 };
    static struct sample sample;

    duration.has_bounds = 1;
    duration.bounds_count = 2;
    duration.bounds[0] = 0.005;
    duration.bounds[1] = 0.5;
    for (size_t i = 0; i < 4; i++) {
        sample_measurement(&sample, 0, 0);
        sample_value_double(&sample, values[i]);
        case_record(meter, &duration, &sample);
    }
}

static void gauge_up_down_counter_and_two_scopes(struct meter *meter)
{
    struct segment_instrument gauge = case_instrument("board.posts", OTEL_GAUGE, "{post}");
    struct segment_instrument busy = case_instrument("board.busy", OTEL_UP_DOWN_COUNTER, "");
    static struct sample sample;

    gauge.scope = RECORD_SCOPE_APPLICATION;
    sample_measurement(&sample, 0, 0);
    sample_value_double(&sample, 0.5);
    case_record(meter, &busy, &sample);
    sample_measurement(&sample, 1, 10000);
    case_record(meter, &gauge, &sample);
}

static void negative_values_that_leave_the_sum_out(struct meter *meter)
{
    struct segment_instrument drift = case_instrument("clock.drift", OTEL_HISTOGRAM, "s");
    static struct sample sample;

    drift.has_bounds = 1;
    sample_measurement(&sample, 0, -3);
    case_record(meter, &drift, &sample);
}

/* 1 of a sampled span, 2 of none, 3 of one that is not sampled; the second set is forgotten. */
static void delta_with_an_exemplar(struct meter *meter)
{
    static const struct meter_options options = { .temporality = METER_DELTA };
    static const uint8_t trace_id[] = SAMPLE_TRACE_ID, span_id[] = SAMPLE_SPAN_ID;
    struct segment_instrument posts = case_instrument("board.posts.returned", OTEL_COUNTER, "");
    static struct sample sample;

    meter_configure(meter, &options);
    for (int64_t value = 3; value >= 0; value--) {
        struct record_measurement *record = (struct record_measurement *)sample.record;

        sample_measurement(&sample, 0, value);
        if (value != 2) {
            memcpy(record->trace_id, trace_id, sizeof trace_id);
            memcpy(record->span_id, span_id, sizeof span_id);
        }
        record->trace_flags = value == 1;
        case_record(meter, &posts, &sample);
        if (value == 3)
            meter_collect(meter, SAMPLE_START_NS + CASE_COLLECT_NS_LATER / 2);
    }
}

/* Of 0, 1, 2, 3 and -5; a view leaves `n` out of the stream, which the exemplars keep. */
static void base2_with_filtered_attributes(struct meter *meter)
{
    static char key[] = "n", name[] = "board.size";
    static char *keys[] = { key };
    static const struct sdk_view view = {
        .selector = { .name = name, .kind = SDK_INSTRUMENT_KIND_COUNT },
        .stream = { .excluded = { keys, 1 },
                    .aggregation = SDK_AGGREGATION_BASE2_HISTOGRAM,
                    .base2_size = 4 },
    };
    static const struct meter_options options = { .views = &view,
                                                  .view_count = 1,
                                                  .exemplars = EXEMPLAR_ALWAYS_ON };
    struct segment_instrument size = case_instrument(name, OTEL_HISTOGRAM, "By");
    static const double values[] = { 0, 1, 2, 3 };
    static struct sample sample;

    meter_configure(meter, &options);
    for (size_t i = 0; i < 4; i++) {
        sample_measurement(&sample, 0, 0);
        sample_value_double(&sample, values[i]);
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), (int64_t)i);
        sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "/a");
        case_record(meter, &size, &sample);
    }
}

/* Both signs, and so no sum; a view keeps min and max out. */
static void base2_of_both_signs_without_min_and_max(struct meter *meter)
{
    static const struct sdk_view view = {
        .selector = { .kind = SDK_HISTOGRAM },
        .stream = { .has_no_min_max = true },
    };
    static const struct meter_options options = { .views = &view,
                                                  .view_count = 1,
                                                  .is_base2 = true };
    struct segment_instrument drift = case_instrument("clock.drift", OTEL_HISTOGRAM, "s");
    static struct sample sample;

    meter_configure(meter, &options);
    for (int64_t value = -5; value <= 5; value += 5) {
        sample_measurement(&sample, 0, value);
        case_record(meter, &drift, &sample);
    }
}

struct metric_case {
    const char *name;
    void (*measure)(struct meter *meter);
};

static const struct metric_case METRIC_CASES[] = {
    { "metrics_sum", sum_of_two_sets },
    { "metrics_histogram", histogram_with_bounds_of_its_own },
    { "metrics_gauge", gauge_up_down_counter_and_two_scopes },
    { "metrics_negative", negative_values_that_leave_the_sum_out },
    { "metrics_delta", delta_with_an_exemplar },
    { "metrics_base2", base2_with_filtered_attributes },
    { "metrics_base2_signs", base2_of_both_signs_without_min_and_max },
};

enum { METRIC_CASE_COUNT = sizeof METRIC_CASES / sizeof METRIC_CASES[0] };

/* Measures, collects, and writes the collection in one body. */
static inline void case_encode_metrics(const struct metric_case *one, encode_metrics_fn encode,
                                       struct buf *out)
{
    struct metric_cursor cursor = { 0 };
    struct encoder encoder;
    struct meter meter;

    case_encoder_init(&encoder);
    meter_init(&meter, 1, SAMPLE_START_NS);
    one->measure(&meter);
    meter_collect(&meter, SAMPLE_START_NS + CASE_COLLECT_NS_LATER);
    assert_true(encode(&encoder, &meter, &cursor, SIZE_MAX, out) > 0);
    meter_release(&meter);
    encoder_release(&encoder);
}

/* Ten points in bodies that are full above `enough` bytes; gives their number. */
static inline uint32_t case_encode_bodies(encode_metrics_fn encode, size_t enough, struct buf *out)
{
    struct segment_instrument posts =
        case_instrument("board.posts.returned", OTEL_COUNTER, "{post}");
    struct metric_cursor cursor = { 0 };
    uint32_t points = 0, bodies = 0, count;
    static struct sample sample;
    struct encoder encoder;
    struct meter meter;

    case_encoder_init(&encoder);
    meter_init(&meter, 1, SAMPLE_START_NS);
    for (int64_t i = 0; i < 10; i++) {
        sample_measurement(&sample, 0, 1);
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), i);
        case_record(&meter, &posts, &sample);
    }
    meter_collect(&meter, SAMPLE_START_NS + CASE_COLLECT_NS_LATER);
    do {
        buf_clear(out);
        count = encode(&encoder, &meter, &cursor, enough, out);
        points += count;
        bodies += count > 0;
    } while (count > 0);
    assert_int_equal(points, 10);
    meter_release(&meter);
    encoder_release(&encoder);
    return bodies;
}

#endif
