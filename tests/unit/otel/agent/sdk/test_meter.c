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

static int setup(void **state)
{
    (void)state;
    meter_init(&meter, 42, SAMPLE_START_NS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    meter_release(&meter);
    return 0;
}

static struct segment_instrument instrument(const char *name, enum otel_instrument_kind kind)
{
    struct segment_instrument out = { .kind = (uint8_t)kind };

    snprintf(out.name, sizeof out.name, "%s", name);
    return out;
}

static void record(const struct segment_instrument *definition, const struct sample *sample)
{
    meter_record(&meter, definition, sample->record, SAMPLE_START_NS + 1000);
}

static void record_number(const struct segment_instrument *definition, int64_t number)
{
    static struct sample sample;

    sample_measurement(&sample, 0, 1);
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), number);
    record(definition, &sample);
}

static void test_every_order_of_a_set_is_one_stream(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    const char *const values[] = { "x", "y", "z" };
    const struct otel_key keys[] = { OTEL_HTTP_ROUTE, OTEL_KEY("own"), OTEL_ERROR_TYPE };
    static struct sample sample;

    (void)state;
    for (size_t first = 0; first < 3; first++) {
        for (size_t step = 1; step < 3; step++) {
            sample_measurement(&sample, 0, 1);
            for (size_t i = 0; i < 3; i++) {
                size_t at = (first + i * step) % 3;
                sample_text(&sample, RECORD_ITEM_ATTRIBUTE, keys[at], values[at]);
            }
            record(&calls, &sample);
            record(&calls, &sample);
        }
    }
    /* A known key as text, and one that is set twice. */
    sample_measurement(&sample, 0, 1);
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("http.route"), "to be replaced");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("own"), "y");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_ERROR_TYPE, "z");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("http.route"), "x");
    record(&calls, &sample);

    assert_int_equal(meter.instrument_count, 1);
    assert_int_equal(meter.instruments[0]->stream_count, 1);
    assert_int_equal(meter.instruments[0]->first->value.sum.value.integer, 13);
    assert_true(meter.instruments[0]->first->form_count <= STREAM_FORMS_MAX);
}

static void test_different_values_and_types_are_different_streams(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    static struct sample sample;

    (void)state;
    record_number(&calls, 1);
    record_number(&calls, 2);
    sample_measurement(&sample, 0, 1);
    record(&calls, &sample);
    sample_measurement(&sample, 0, 1);
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), "1");
    record(&calls, &sample);

    assert_int_equal(meter.instruments[0]->stream_count, 4);
}

static void test_what_is_past_the_limit_is_counted_in_one_overflow_stream(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    struct record_view mark;
    struct stream *overflow;
    size_t offset = 0;

    (void)state;
    for (int64_t i = 0; i < METER_STREAMS_MAX - 1; i++)
        record_number(&calls, i);
    assert_null(meter.instruments[0]->overflow);
    record_number(&calls, METER_STREAMS_MAX);
    record_number(&calls, METER_STREAMS_MAX + 1);
    record_number(&calls, 0);

    overflow = meter.instruments[0]->overflow;
    assert_non_null(overflow);
    assert_int_equal(meter.instruments[0]->stream_count, METER_STREAMS_MAX);
    assert_int_equal(overflow->value.sum.value.integer, 2);
    assert_int_equal(meter.instruments[0]->first->value.sum.value.integer, 2);
    assert_true(attributes_next(overflow->attributes, &offset, &mark));
    assert_int_equal(mark.key_id, OTEL_OTEL_METRIC_OVERFLOW.id);
    assert_int_equal(mark.type, RECORD_VALUE_BOOL);
    assert_int_equal(record_view_int(&mark), 1);
}

static void test_stream_starts_with_its_first_measurement(void **state)
{
    struct segment_instrument calls = instrument("calls", OTEL_COUNTER);
    static struct sample sample;

    (void)state;
    sample_measurement(&sample, 0, 1);
    ((struct record_measurement *)sample.record)->time_ns = SAMPLE_START_NS + 7;
    record(&calls, &sample);
    ((struct record_measurement *)sample.record)->time_ns = SAMPLE_START_NS + 9;
    record(&calls, &sample);

    assert_int_equal(meter.instruments[0]->first->start_ns, SAMPLE_START_NS + 7);
}

static void test_first_definition_of_a_name_wins(void **state)
{
    struct segment_instrument counter = instrument("calls", OTEL_COUNTER);
    struct segment_instrument gauge = instrument("CALLS", OTEL_GAUGE);

    (void)state;
    record_number(&counter, 1);
    record_number(&gauge, 1);

    assert_int_equal(meter.instrument_count, 1);
    assert_int_equal(meter.instruments[0]->first->value.sum.value.integer, 2);
}

static void test_scribbled_definitions_are_refused(void **state)
{
    struct segment_instrument nameless = instrument("", OTEL_COUNTER);
    struct segment_instrument kindless = instrument("a", (enum otel_instrument_kind)9);
    struct segment_instrument scopeless = instrument("b", OTEL_COUNTER);
    struct segment_instrument boundless = instrument("c", OTEL_HISTOGRAM);

    (void)state;
    scopeless.scope = RECORD_SCOPE_COUNT;
    boundless.has_bounds = 1;
    boundless.bounds_count = 255;
    record_number(&nameless, 1);
    record_number(&kindless, 1);
    record_number(&scopeless, 1);
    record_number(&boundless, 1);

    assert_int_equal(meter.refused, 3);
    assert_int_equal(meter.instrument_count, 1);
    assert_int_equal(meter.instruments[0]->bounds.count, AGGREGATE_BOUNDS_DEFAULT.count);
}

static void test_gauge_keeps_the_newest_by_its_own_clock(void **state)
{
    struct segment_instrument posts = instrument("posts", OTEL_GAUGE);
    static struct sample sample;

    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        static const uint64_t times[] = { 5, 9, 7 };
        sample_measurement(&sample, 0, (int64_t)times[i]);
        ((struct record_measurement *)sample.record)->time_ns = SAMPLE_START_NS + times[i];
        record(&posts, &sample);
    }

    assert_int_equal(meter.instruments[0]->first->value.last_value.value.value.integer, 9);
}

static void observe(const struct meter_definition *definition, int64_t number, int64_t value)
{
    struct otel_attribute attribute = otel_attribute_int(OTEL_KEY("n"), number);
    struct attributes set;

    attributes_clear(&set);
    assert_true(attributes_add(&set, &attribute));
    meter_measure(&meter, meter_instrument(&meter, definition), aggregate_int(value), &set,
                  meter.collect_ns);
}

static void test_only_what_was_observed_is_exported_and_the_rest_forgotten(void **state)
{
    const struct meter_definition disks = {
        .name = "disks", .unit = "", .description = "", .is_observable = true
    };
    const struct instrument *instrument;

    (void)state;
    meter_collect(&meter, SAMPLE_START_NS + 1);
    observe(&disks, 1, 10);
    observe(&disks, 2, 20);
    meter_collect(&meter, SAMPLE_START_NS + 2);
    observe(&disks, 2, 25);
    observe(&disks, 3, 30);

    instrument = meter.instruments[0];
    assert_int_equal(instrument->stream_count, 3);
    assert_false(meter_exports(&meter, instrument->first));
    assert_int_equal(instrument->first->next->value.sum.value.integer, 25);
    assert_int_equal(instrument->first->next->start_ns, SAMPLE_START_NS);
    assert_int_equal(instrument->last->start_ns, SAMPLE_START_NS + 1);
    meter_collect(&meter, SAMPLE_START_NS + 3);
    assert_int_equal(instrument->stream_count, 2);
    meter_collect(&meter, SAMPLE_START_NS + 4);
    assert_int_equal(instrument->stream_count, 0);
    assert_null(instrument->first);
}

static void test_without_memory_measurements_are_refused_and_nothing_leaks(void **state)
{
    struct segment_instrument duration = instrument("duration", OTEL_HISTOGRAM);

    (void)state;
    for (long n = 0;; n++) {
        long live_before = mem_live();
        uint64_t refused;

        meter_init(&meter, 1, SAMPLE_START_NS);
        mem_fail_at(n);
        record_number(&duration, 1);
        mem_fail_at(-1);
        refused = meter.refused;
        record_number(&duration, 1);
        assert_int_equal(meter.instruments[0]->first->value.histogram->count, 2 - refused);
        meter_release(&meter);
        assert_int_equal(mem_live(), live_before);
        if (refused == 0)
            break;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_order_of_a_set_is_one_stream),
        TEST(test_different_values_and_types_are_different_streams),
        TEST(test_what_is_past_the_limit_is_counted_in_one_overflow_stream),
        TEST(test_stream_starts_with_its_first_measurement),
        TEST(test_first_definition_of_a_name_wins),
        TEST(test_scribbled_definitions_are_refused),
        TEST(test_gauge_keeps_the_newest_by_its_own_clock),
        TEST(test_only_what_was_observed_is_exported_and_the_rest_forgotten),
        TEST(test_without_memory_measurements_are_refused_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
