/* What a meter does by its options: temporality, views, exemplars, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../record_sample.h"
#include "agent/sdk/meter.h"
#include "base/mem.h"
#include "otel/metric.h"
#include "otel/semconv.h"

#include <stdio.h>

static struct meter meter;
static unsigned warnings;
static char last_warning[512];

static void warn(const char *text)
{
    warnings++;
    snprintf(last_warning, sizeof last_warning, "%s", text);
}

static void configure(struct meter_options options)
{
    options.warn = warn;
    meter_configure(&meter, &options);
}

static long live_before;

static int setup(void **state)
{
    (void)state;
    live_before = mem_live();
    warnings = 0;
    meter_init(&meter, 42, SAMPLE_START_NS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    meter_release(&meter);
    return mem_live() == live_before ? 0 : -1;
}

static struct segment_instrument instrument(const char *name, enum otel_instrument_kind kind)
{
    struct segment_instrument out = { .kind = (uint8_t)kind };

    snprintf(out.name, sizeof out.name, "%s", name);
    return out;
}

static struct sample sample;

/* One measurement with the attribute n, which becomes what it is by trace_flags. */
static void record_flags(const struct segment_instrument *definition, int64_t value, int64_t number,
                         uint8_t trace_flags)
{
    struct record_measurement *record = (struct record_measurement *)sample.record;

    sample_measurement(&sample, SEGMENT_INSTRUMENT_COUNT, value);
    record->trace_flags = trace_flags;
    record->trace_id[0] = record->span_id[0] = 1;
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), number);
    meter_record(&meter, definition, sample.record, SAMPLE_START_NS + 1000);
}

static void record(const struct segment_instrument *definition, int64_t value, int64_t number)
{
    record_flags(definition, value, number, 0);
}

static unsigned exported(const struct instrument *one)
{
    unsigned count = 0;

    for (const struct stream *stream = one->first; stream != NULL; stream = stream->next)
        count += meter_exports(&meter, stream);
    return count;
}

static unsigned exemplar_count(const struct stream *stream)
{
    unsigned count = 0;
    uint32_t place = 0;

    while (meter_exemplar_next(stream, &place) != NULL)
        count++;
    return count;
}

static const struct instrument *found(const char *name)
{
    for (unsigned i = 0; i < meter.instrument_count; i++) {
        if (strcmp(meter.instruments[i]->name, name) == 0)
            return meter.instruments[i];
    }
    fail_msg("there is no %s", name);
    return NULL;
}

/* --- temporality ------------------------------------------------------------------------------ */

static void test_temporality_follows_the_kind(void **state)
{
    static const struct {
        enum aggregate_kind aggregate;
        bool is_monotonic, is_observable, is_delta, is_delta_in_low_memory;
        const char *name;
    } kinds[] = {
        { AGGREGATE_SUM, true, false, true, true, "counter" },
        { AGGREGATE_SUM, false, false, false, false, "up-down counter" },
        { AGGREGATE_HISTOGRAM, false, false, true, true, "histogram" },
        { AGGREGATE_LAST_VALUE, false, false, false, false, "gauge" },
        { AGGREGATE_SUM, true, true, true, false, "observable counter" },
        { AGGREGATE_SUM, false, true, false, false, "observable up-down counter" },
        { AGGREGATE_LAST_VALUE, false, true, false, false, "observable gauge" },
    };

    (void)state;
    for (int temporality = METER_CUMULATIVE; temporality <= METER_LOWMEMORY; temporality++) {
        meter_release(&meter);
        meter_init(&meter, 1, SAMPLE_START_NS);
        configure((struct meter_options){ .temporality = (enum meter_temporality)temporality });
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            const struct instrument *one = meter_instrument(
                &meter, &(struct meter_definition){ .name = kinds[i].name,
                                                    .unit = "",
                                                    .description = "",
                                                    .aggregate = kinds[i].aggregate,
                                                    .is_monotonic = kinds[i].is_monotonic,
                                                    .is_observable = kinds[i].is_observable });
            bool is_delta = temporality == METER_DELTA       ? kinds[i].is_delta
                            : temporality == METER_LOWMEMORY ? kinds[i].is_delta_in_low_memory
                                                             : false;

            if (one->is_delta != is_delta)
                fail_msg("%s at %d", kinds[i].name, temporality);
        }
    }
}

static void test_delta_counts_each_interval_alone_without_a_gap(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    const struct stream *first;

    (void)state;
    configure((struct meter_options){ .temporality = METER_DELTA });
    record(&calls, 3, 1);
    record(&calls, 4, 2);
    meter_collect(&meter, SAMPLE_START_NS + 10);
    first = meter.instruments[0]->first;
    assert_int_equal(exported(meter.instruments[0]), 2);
    assert_int_equal(meter_number(first).value.integer, 3);
    assert_int_equal(meter_start_ns(&meter, first), SAMPLE_START_NS);
    record(&calls, 5, 1); /* not of the point that is being exported */
    assert_int_equal(meter_number(first).value.integer, 3);

    meter_collect(&meter, SAMPLE_START_NS + 20);
    assert_int_equal(exported(meter.instruments[0]), 1); /* 2 was not measured: forgotten */
    assert_int_equal(meter_number(first).value.integer, 5);
    assert_int_equal(meter_start_ns(&meter, first), SAMPLE_START_NS + 10);

    meter_collect(&meter, SAMPLE_START_NS + 30);
    assert_null(meter.instruments[0]->first);
}

static void test_delta_histograms_start_anew(void **state)
{
    struct segment_instrument size = instrument("size", OTEL_HISTOGRAM);

    (void)state;
    for (int is_base2 = 0; is_base2 < 2; is_base2++) {
        const struct stream *stream;

        meter_release(&meter);
        meter_init(&meter, 1, SAMPLE_START_NS);
        configure((struct meter_options){ .temporality = METER_DELTA, .is_base2 = is_base2 });
        record(&size, 1, 1);
        record(&size, 1000000, 1);
        meter_collect(&meter, SAMPLE_START_NS + 10);
        record(&size, 7, 1);
        meter_collect(&meter, SAMPLE_START_NS + 20);

        stream = meter.instruments[0]->first;
        if (is_base2) {
            assert_int_equal(meter_value(stream)->base2->count, 1);
            assert_int_equal(meter_value(stream)->base2->scale, SDK_BASE2_SCALE_DEFAULT);
            assert_true(meter_value(stream)->base2->max == 7);
        } else {
            assert_int_equal(meter_value(stream)->histogram->count, 1);
            assert_true(meter_value(stream)->histogram->max == 7);
        }
    }
}

static void observe(int64_t number, int64_t value)
{
    const struct meter_definition bytes = {
        .name = "bytes", .unit = "", .description = "", .is_monotonic = true, .is_observable = true
    };
    struct otel_attribute attribute = otel_attribute_int(OTEL_KEY("n"), number);
    struct attributes set;

    attributes_clear(&set);
    assert_true(attributes_add(&set, &attribute));
    meter_measure(&meter, meter_instrument(&meter, &bytes), aggregate_int(value), &set,
                  meter.collect_ns);
}

static void test_delta_of_an_observable_is_the_growth_of_its_total(void **state)
{
    (void)state;
    configure((struct meter_options){ .temporality = METER_DELTA });
    meter_collect(&meter, SAMPLE_START_NS + 10);
    observe(1, 100);
    assert_int_equal(meter_number(meter.instruments[0]->first).value.integer, 100);
    meter_collect(&meter, SAMPLE_START_NS + 20);
    observe(1, 130);

    assert_int_equal(meter_number(meter.instruments[0]->first).value.integer, 30);
    assert_int_equal(meter_start_ns(&meter, meter.instruments[0]->first), SAMPLE_START_NS + 10);
}

/* --- cardinality ------------------------------------------------------------------------------ */

static void test_limit_counts_each_delta_interval_alone(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);

    (void)state;
    configure(
        (struct meter_options){ .temporality = METER_DELTA, .cardinality = { [SDK_COUNTER] = 4 } });
    for (int64_t interval = 1; interval <= 3; interval++) {
        for (int64_t i = 0; i < 3; i++)
            record(&calls, 1, interval * 10 + i);
        assert_null(meter.instruments[0]->overflow);
        meter_collect(&meter, SAMPLE_START_NS + (uint64_t)interval);
        assert_int_equal(exported(meter.instruments[0]), 3);
    }
    for (int64_t i = 0; i < 5; i++)
        record(&calls, 1, 100 + i);
    meter_collect(&meter, SAMPLE_START_NS + 9);

    assert_int_equal(exported(meter.instruments[0]), 4);
    assert_int_equal(meter_number(meter.instruments[0]->overflow).value.integer, 2);
}

static void test_observables_past_the_limit_add_up_in_the_overflow(void **state)
{
    (void)state;
    configure((struct meter_options){ .cardinality = { [SDK_OBSERVABLE_COUNTER] = 3 } });
    for (uint64_t round = 1; round <= 2; round++) {
        meter_collect(&meter, SAMPLE_START_NS + round);
        for (int64_t i = 1; i <= 4; i++)
            observe(i, i);
    }

    assert_int_equal(exported(meter.instruments[0]), 3);
    assert_int_equal(meter_number(meter.instruments[0]->overflow).value.integer, 3 + 4);
}

/* --- views ------------------------------------------------------------------------------------ */

#define ANY SDK_INSTRUMENT_KIND_COUNT

static void test_several_views_make_several_streams(void **state)
{
    static double bounds[] = { 10 };
    static char *keys[] = { (char *)"n" };
    static const struct sdk_view views[] = {
        { { .name = (char *)"size", .kind = ANY },
          { .name = (char *)"size.coarse",
            .description = (char *)"rough",
            .aggregation = SDK_AGGREGATION_EXPLICIT_HISTOGRAM,
            .bounds = bounds,
            .bounds_count = 1,
            .excluded = { keys, 1 } } },
        { { .name = (char *)"size", .kind = ANY },
          { .name = (char *)"size.sum", .aggregation = SDK_AGGREGATION_SUM, .cardinality = 2 } },
        { { .name = (char *)"other", .kind = ANY }, { .name = (char *)"never" } },
    };
    struct segment_instrument size = instrument("size", OTEL_HISTOGRAM);
    const struct aggregate_histogram *histogram;

    (void)state;
    configure((struct meter_options){ .views = views, .view_count = 3 });
    for (int64_t i = 1; i <= 20; i++)
        record(&size, i, i);
    meter_collect(&meter, SAMPLE_START_NS + 10);

    assert_int_equal(meter.instrument_count, 2);
    assert_int_equal(exported(found("size.coarse")), 1);
    histogram = meter_value(found("size.coarse")->first)->histogram;
    assert_int_equal(histogram->buckets[0], 10);
    assert_int_equal(histogram->buckets[1], 10);
    assert_string_equal(found("size.coarse")->description, "rough");
    assert_int_equal(exported(found("size.sum")), 2);
    assert_int_equal(meter_number(found("size.sum")->overflow).value.integer, 209);
    assert_true(found("size.sum")->is_monotonic);
    assert_int_equal(warnings, 0);
}

static void test_dropped_instruments_cost_no_stream(void **state)
{
    static const struct sdk_view views[] = {
        { { .name = (char *)"*", .kind = ANY }, { .aggregation = SDK_AGGREGATION_DROP } },
    };
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);

    (void)state;
    configure((struct meter_options){ .views = views, .view_count = 1 });
    record(&calls, 1, 1);
    observe(1, 1);
    meter_collect(&meter, SAMPLE_START_NS + 10);

    assert_int_equal(meter.streams.form_count, 0);
    assert_int_equal(meter.refused, 0);
}

static void test_nonsense_is_left_out_and_conflicts_are_told_once(void **state)
{
    static const struct sdk_view views[] = {
        { { .name = (char *)"bytes", .kind = ANY },
          { .aggregation = SDK_AGGREGATION_BASE2_HISTOGRAM } },
        { { .name = (char *)"a", .kind = ANY }, { .name = (char *)"same" } },
        { { .name = (char *)"b", .kind = ANY }, { .name = (char *)"same" } },
    };
    struct segment_instrument a = instrument("a", OTEL_COUNTER);
    struct segment_instrument b = instrument("b", OTEL_COUNTER);

    (void)state;
    configure((struct meter_options){ .views = views, .view_count = 3 });
    meter_collect(&meter, SAMPLE_START_NS + 10);
    observe(1, 5);
    assert_int_equal(warnings, 1);
    assert_int_equal(found("bytes")->aggregate, AGGREGATE_SUM); /* its default, then */
    record(&a, 1, 1);
    record(&b, 1, 1);
    record(&b, 1, 1);

    assert_int_equal(warnings, 2);
    assert_non_null(strstr(last_warning, "same"));
    assert_int_equal(meter.instrument_count, 3);
}

/* --- exemplars -------------------------------------------------------------------------------- */

static void test_filters_of_exemplars(void **state)
{
    static const struct {
        enum exemplar_filter filter;
        unsigned expected; /* of one bucket each: sampled, not sampled */
    } cases[] = { { EXEMPLAR_TRACE_BASED, 1 },
                  { EXEMPLAR_ALWAYS_ON, 2 },
                  { EXEMPLAR_ALWAYS_OFF, 0 } };
    struct segment_instrument size = instrument("size", OTEL_HISTOGRAM);

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        meter_release(&meter);
        meter_init(&meter, 1, SAMPLE_START_NS);
        configure((struct meter_options){ .exemplars = cases[i].filter });
        record_flags(&size, 3, 1, 1);
        record_flags(&size, 30, 1, 0);
        meter_collect(&meter, SAMPLE_START_NS + 10);

        assert_int_equal(exemplar_count(meter.instruments[0]->first), cases[i].expected);
        if (cases[i].filter == EXEMPLAR_ALWAYS_OFF)
            assert_null(meter.instruments[0]->first->exemplars);
    }
}

static void test_explicit_histogram_keeps_one_exemplar_a_bucket_and_interval(void **state)
{
    struct segment_instrument size = instrument("size", OTEL_HISTOGRAM);
    const struct stream *stream;
    uint32_t place = 0;

    (void)state;
    configure((struct meter_options){ 0 });
    record_flags(&size, 3, 1, 1);
    record_flags(&size, 4, 1, 1);
    record_flags(&size, 3000, 1, 1);
    meter_collect(&meter, SAMPLE_START_NS + 10);

    stream = meter.instruments[0]->first;
    assert_int_equal(exemplar_count(stream), 2);
    assert_int_equal(meter_exemplar_next(stream, &place)->value.value.integer, 4);
    meter_collect(&meter, SAMPLE_START_NS + 20);
    assert_int_equal(exemplar_count(stream), 0);
}

static void test_other_reservoirs_are_small_and_fair(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    struct segment_instrument size = instrument("size", OTEL_HISTOGRAM);
    unsigned early = 0;

    (void)state;
    configure((struct meter_options){ .is_base2 = true });
    for (unsigned round = 1; round <= 400; round++) {
        uint32_t place = 0;

        for (int64_t i = 0; i < 10; i++)
            record_flags(&calls, i, 1, 1);
        meter_collect(&meter, SAMPLE_START_NS + round);
        assert_int_equal(exemplar_count(meter.instruments[0]->first), 1);
        early += meter_exemplar_next(meter.instruments[0]->first, &place)->value.value.integer < 5;
    }
    assert_in_range(early, 140, 260); /* 200 of 400, give or take six standard deviations */
    for (int64_t i = 0; i < 1000; i++)
        record_flags(&size, i, 1, 1);
    meter_collect(&meter, SAMPLE_START_NS + 1000);
    assert_int_equal(exemplar_count(meter.instruments[1]->first), EXEMPLAR_BASE2_MAX);
}

static void test_exemplar_has_what_the_view_left_out(void **state)
{
    static const struct sdk_view views[] = {
        { { .kind = ANY }, { .has_included = true } },
    };
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    const struct exemplar *exemplar;
    struct record_view item;
    size_t offset = 0;
    uint32_t place = 0;

    (void)state;
    configure((struct meter_options){ .views = views, .view_count = 1 });
    record_flags(&calls, 1, 77, 1);
    meter_collect(&meter, SAMPLE_START_NS + 10);

    assert_false(attributes_next(meter.instruments[0]->first->attributes, &offset, &item));
    exemplar = meter_exemplar_next(meter.instruments[0]->first, &place);
    assert_non_null(exemplar);
    assert_int_equal(exemplar->trace_id[0], 1);
    assert_non_null(exemplar->filtered);
    offset = 0;
    assert_true(attributes_next(exemplar->filtered, &offset, &item));
    assert_int_equal(record_view_int(&item), 77);
}

static void test_without_memory_nothing_leaks_and_the_sum_is_right(void **state)
{
    static const struct sdk_view views[] = {
        { { .kind = ANY }, { .has_included = true } },
        { { .kind = ANY },
          { .name = (char *)"b", .aggregation = SDK_AGGREGATION_BASE2_HISTOGRAM } },
    };
    struct segment_instrument size = instrument("size", OTEL_HISTOGRAM);

    (void)state;
    for (long n = 0;; n++) {
        long live = mem_live();
        bool is_over;

        meter_release(&meter);
        meter_init(&meter, 1, SAMPLE_START_NS);
        live = mem_live();
        configure(
            (struct meter_options){ .views = views, .view_count = 2, .temporality = METER_DELTA });
        mem_fail_at(n);
        record_flags(&size, 1, 1, 1);
        mem_fail_at(-1);
        is_over = n > 40;
        record_flags(&size, 1, 1, 1);
        meter_collect(&meter, SAMPLE_START_NS + 10);
        meter_release(&meter);
        assert_int_equal(mem_live(), live);
        if (is_over)
            break;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_temporality_follows_the_kind),
        TEST(test_delta_counts_each_interval_alone_without_a_gap),
        TEST(test_delta_histograms_start_anew),
        TEST(test_delta_of_an_observable_is_the_growth_of_its_total),
        TEST(test_limit_counts_each_delta_interval_alone),
        TEST(test_observables_past_the_limit_add_up_in_the_overflow),
        TEST(test_several_views_make_several_streams),
        TEST(test_dropped_instruments_cost_no_stream),
        TEST(test_nonsense_is_left_out_and_conflicts_are_told_once),
        TEST(test_filters_of_exemplars),
        TEST(test_explicit_histogram_keeps_one_exemplar_a_bucket_and_interval),
        TEST(test_other_reservoirs_are_small_and_fair),
        TEST(test_exemplar_has_what_the_view_left_out),
        TEST(test_without_memory_nothing_leaks_and_the_sum_is_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
