#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "agent/encode/prometheus_text.h"
#include "metric_cases.h"

#define OPENMETRICS "application/openmetrics-text;version=1.0.0"

static void labels_that_need_care(struct meter *meter)
{
    struct segment_instrument calls = case_instrument("calls", OTEL_HISTOGRAM, "ms");
    static struct sample sample;

    snprintf(calls.description, sizeof calls.description, "Says \"a\\b\"\nand more");
    calls.has_bounds = 1;
    calls.bounds_count = 4;
    memcpy(calls.bounds, (const double[]){ 0.00001, 0.5, 300000, 2500000 }, 4 * sizeof(double));
    sample_measurement(&sample, 0, 1);
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("le"), "mine");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("a/b"), "second");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("a.b"), "first");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("text"), "\"\\\n\xff\xc3\xa9");
    sample_bool(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("is"), 1);
    sample_double(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("real"), 0.1);
    sample_list(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("list"),
                (const char *const[]){ "x", "y", NULL });
    case_record(meter, &calls, &sample);
}

static void names_that_become_one(struct meter *meter)
{
    struct segment_instrument instruments[] = {
        case_instrument("a.b", OTEL_COUNTER, ""),
        case_instrument("other", OTEL_GAUGE, ""),
        case_instrument("a_b", OTEL_COUNTER, ""),
        case_instrument("a/b", OTEL_GAUGE, ""),
        case_instrument("a.b_total", OTEL_GAUGE, ""),
        case_instrument("target.info", OTEL_GAUGE, ""),
    };
    static struct sample sample;

    snprintf(instruments[2].description, sizeof instruments[2].description, "not shown");
    for (uint16_t i = 0; i < 6; i++) {
        sample_measurement(&sample, i, i + 1);
        case_record(meter, &instruments[i], &sample);
    }
}

static void numbers_of_every_kind(struct meter *meter)
{
    struct segment_instrument level = case_instrument("level", OTEL_GAUGE, "1");
    static const double values[] = { -0.5, 1e21, 0.1 };
    static struct sample sample;

    for (int64_t i = 0; i < 3; i++) {
        sample_measurement(&sample, 0, 0);
        sample_value_double(&sample, values[i]);
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), i);
        case_record(meter, &level, &sample);
    }
}

static const struct metric_case CASES[] = {
    { "sum", sum_of_two_sets },
    { "histogram", histogram_with_bounds_of_its_own },
    { "gauge", gauge_up_down_counter_and_two_scopes },
    { "negative", negative_values_that_leave_the_sum_out },
    { "labels", labels_that_need_care },
    { "clash", names_that_become_one },
    { "numbers", numbers_of_every_kind },
    { "base2", base2_with_filtered_attributes },
    { "base2_signs", base2_of_both_signs_without_min_and_max },
};

enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

static struct prometheus_page page_of(const struct metric_case *one,
                                      const struct prometheus_wish *wish, struct buf *out)
{
    struct prometheus_page page;
    struct encoder encoder;
    struct meter meter;

    case_encoder_init(&encoder);
    meter_init(&meter, 1, SAMPLE_START_NS);
    one->measure(&meter);
    meter_collect(&meter, SAMPLE_START_NS + CASE_COLLECT_NS_LATER);
    prometheus_text_encode(&encoder, &meter, wish, out, &page);
    if (page.left_out != NULL)
        page.left_out = ""; /* it was the meter's */
    meter_release(&meter);
    encoder_release(&encoder);
    return page;
}

static void pages_compare(const char *accept, const char *ending)
{
    for (unsigned i = 0; i < CASE_COUNT; i++) {
        const struct prometheus_wish wish = { accept, true };
        char name[64];
        struct buf out;

        buf_init(&out, 1 << 20);
        (void)page_of(&CASES[i], &wish, &out);
        snprintf(name, sizeof name, "../prometheus/%s%s", CASES[i].name, ending);
        assert_golden_text(&out, name);
        buf_release(&out);
    }
}

static void test_every_case_is_its_page(void **state)
{
    (void)state;
    pages_compare("", ".txt");
}

static void test_every_case_is_its_page_of_openmetrics(void **state)
{
    (void)state;
    pages_compare(OPENMETRICS, ".om");
}

static void test_units_stay_out_of_names_when_they_are_not_wanted(void **state)
{
    const struct prometheus_wish wish = { OPENMETRICS, false };
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 20);
    (void)page_of(&CASES[1], &wish, &out);
    assert_golden_text(&out, "../prometheus/histogram_no_units.om");
    buf_release(&out);
}

static void test_what_clashes_is_told_and_points_are_counted(void **state)
{
    const struct prometheus_wish wish = { "", true };
    struct prometheus_page page;
    struct buf out;

    (void)state;
    buf_init(&out, 1 << 20);
    page = page_of(&CASES[5], &wish, &out);
    assert_non_null(page.left_out);
    assert_int_equal(page.point_count, 3);
    buf_clear(&out);
    page = page_of(&CASES[0], &wish, &out);
    assert_null(page.left_out);
    buf_release(&out);
}

static void test_page_that_does_not_fit_is_marked(void **state)
{
    const struct prometheus_wish wish = { "", true };
    struct buf out;

    (void)state;
    buf_init(&out, 200);
    (void)page_of(&CASES[0], &wish, &out);
    assert_true(out.has_failed);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_is_its_page),
        cmocka_unit_test(test_every_case_is_its_page_of_openmetrics),
        cmocka_unit_test(test_units_stay_out_of_names_when_they_are_not_wanted),
        cmocka_unit_test(test_what_clashes_is_told_and_points_are_counted),
        cmocka_unit_test(test_page_that_does_not_fit_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
