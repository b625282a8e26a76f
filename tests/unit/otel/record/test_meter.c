#include "otel/metric.h"
#include "otel/semconv.h"
#include "otel/span.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "recorder.h"

static struct record_room room;
static uint8_t *const record = room.bytes;

static const struct record_measurement *take_measurement(struct segment *segment)
{
    assert_true(fake_segment_take_type(segment, RECORD_MEASUREMENT, record));
    return (const struct record_measurement *)(const void *)record;
}

static const struct otel_instrument *make(enum otel_instrument_kind kind, const char *name)
{
    const struct otel_instrument_options options = { .kind = kind, .name = otel_str(name) };

    return otel_instrument_create(&options);
}

static void test_measurement_names_its_instrument_its_span_and_its_attributes(void **state)
{
    struct segment *segment = *state;
    const struct otel_instrument *posts = make(OTEL_COUNTER, "board.posts.returned");
    const struct otel_attribute attribute = otel_attribute_string(OTEL_HTTP_ROUTE, OTEL_STR("/"));
    const struct record_measurement *measurement = NULL;
    struct otel_span *span = otel_span_start(OTEL_STR("span"), OTEL_SPAN_INTERNAL);
    struct otel_context current = otel_context_current();

    otel_measure_int(posts, 5, &attribute, 1);
    measurement = take_measurement(segment);
    assert_string_equal(segment->instruments[measurement->instrument].name, "board.posts.returned");
    assert_int_equal(measurement->value.integer, 5);
    assert_false(measurement->is_double);
    assert_memory_equal(measurement->span_id, current.span_id, sizeof current.span_id);
    fake_record_assert_text(record, RECORD_ITEM_ATTRIBUTE, "http.route", "/");
    otel_measure_double(posts, 0.5, NULL, 0);
    measurement = take_measurement(segment);
    assert_true(measurement->is_double);
    assert_true(measurement->value.real == 0.5);
    otel_span_end(span);
}

static void test_negative_is_dropped_for_counters_only(void **state)
{
    otel_measure_int(make(OTEL_COUNTER, "c"), -1, NULL, 0);
    otel_measure_double(make(OTEL_COUNTER, "c"), -0.5, NULL, 0);
    assert_false(fake_segment_take(*state, record));
    otel_measure_int(make(OTEL_UP_DOWN_COUNTER, "u"), -1, NULL, 0);
    assert_int_equal(take_measurement(*state)->value.integer, -1);
}

static void test_instrument_of_the_same_name_is_the_same(void **state)
{
    (void)state;
    assert_ptr_equal(make(OTEL_COUNTER, "same"), make(OTEL_GAUGE, "SAME"));
}

static void test_instrument_with_a_bad_definition_is_a_counted_no_op(void **state)
{
    static char long_name[129];
    static const double falling[] = { 2, 1 };
    static const double endless[] = { 1, INFINITY };
    static const double many[25] = { 0 };
    struct segment *segment = *state;
    const struct otel_instrument_options bad[] = {
        { .name = OTEL_STR("") },
        { .name = OTEL_STR("1digit") },
        { .name = OTEL_STR("blank space") },
        { .name = { long_name, 128 } },
        { .name = OTEL_STR("u"), .unit = OTEL_STR("12345678901234567890123456789012") },
        { .name = OTEL_STR("b"), .bounds = falling, .bounds_count = 2 },
        { .name = OTEL_STR("b"), .bounds = endless, .bounds_count = 2 },
        { .name = OTEL_STR("b"), .bounds = many, .bounds_count = 25 },
    };
    const size_t count = sizeof bad / sizeof bad[0];

    memset(long_name, 'n', 128);
    for (size_t i = 0; i < count; i++)
        otel_measure_int(otel_instrument_create(&bad[i]), 1, NULL, 0);
    assert_int_equal(atomic_load(&segment->header.no_instrument_drops), count);
    assert_false(fake_segment_take(segment, record));
    long_name[127] = '\0';
    otel_measure_int(make(OTEL_COUNTER, long_name), 1, NULL, 0);
    assert_int_equal(take_measurement(segment)->value.integer, 1);
}

static void test_measurement_when_the_ring_is_full_is_dropped_and_counted(void **state)
{
    struct segment *segment = *state;
    const struct otel_instrument *instrument = make(OTEL_COUNTER, "c");
    uint64_t taken = 0;

    for (int i = 0; i < 20000; i++)
        otel_measure_int(instrument, 1, NULL, 0);
    while (fake_segment_take(segment, record))
        taken++;
    assert_int_equal(FAKE_COUNT(segment, measurements_dropped), 20000 - taken);
    assert_true(taken > 0 && taken < 20000);
}

static void test_no_measurement_is_made_when_metrics_are_off(void **state)
{
    struct segment *segment = *state;

    segment->header.config.records_metrics = false;
    otel_measure_int(make(OTEL_COUNTER, "c"), 1, NULL, 0);
    otel_measure_int(NULL, 1, NULL, 0);
    assert_false(fake_segment_take(segment, record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_measurement_names_its_instrument_its_span_and_its_attributes),
        RECORDER_TEST(test_negative_is_dropped_for_counters_only),
        RECORDER_TEST(test_instrument_of_the_same_name_is_the_same),
        RECORDER_TEST(test_instrument_with_a_bad_definition_is_a_counted_no_op),
        RECORDER_TEST(test_measurement_when_the_ring_is_full_is_dropped_and_counted),
        RECORDER_TEST(test_no_measurement_is_made_when_metrics_are_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
