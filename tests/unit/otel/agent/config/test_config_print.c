#include "agent/config/config_print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is in force with one option, as a file; the caller frees it. */
static char *in_force(const char *option, const char *value)
{
    struct options options;
    struct settings settings;
    char *text = NULL, argument[256];
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    char *argv[] = { argument, argument, (char *)(uintptr_t) "p", NULL };

    assert_non_null(out);
    snprintf(argument, sizeof argument, "--%s=%s", option, value);
    assert_int_equal(options_parse(3, argv, &options), OPTIONS_RUN);
    assert_true(settings_derive(&options, &settings));
    assert_true(config_print_yaml(&options, &settings, out));
    fclose(out);
    settings_release(&settings);
    options_release(&options);
    return text;
}

/* The sections of the schema are written from the settings, not from the options. */
static void test_each_option_changes_what_is_in_force(void **state)
{
    static const struct {
        const char *option, *value, *line;
    } CASES[] = {
        { "bsp_schedule_delay", "17", "schedule_delay: 17" },
        { "bsp_export_timeout", "17", "export_timeout: 17" },
        { "bsp_max_queue_size", "1777", "max_queue_size: 1777" },
        { "bsp_max_export_batch_size", "17", "max_export_batch_size: 17" },
        { "blrp_schedule_delay", "17", "schedule_delay: 17" },
        { "blrp_export_timeout", "17", "export_timeout: 17" },
        { "blrp_max_queue_size", "1777", "max_queue_size: 1777" },
        { "blrp_max_export_batch_size", "17", "max_export_batch_size: 17" },
        { "metric_export_interval", "17", "interval: 17" },
        { "metric_export_timeout", "17", "timeout: 17" },
        { "exporter_otlp_timeout", "17", "timeout: 17" },
        { "exporter_otlp_traces_timeout", "17", "timeout: 17" },
        { "exporter_otlp_metrics_timeout", "17", "timeout: 17" },
        { "exporter_otlp_logs_timeout", "17", "timeout: 17" },
        { "exporter_otlp_traces_endpoint", "http://a:1/x", "endpoint: \"http://a:1/x\"" },
        { "exporter_otlp_metrics_endpoint", "http://a:1/x", "endpoint: \"http://a:1/x\"" },
        { "exporter_otlp_logs_endpoint", "http://a:1/x", "endpoint: \"http://a:1/x\"" },
        { "exporter_otlp_traces_compression", "gzip", "compression: \"gzip\"" },
        { "exporter_otlp_metrics_compression", "gzip", "compression: \"gzip\"" },
        { "exporter_otlp_logs_compression", "deflate", "compression: \"deflate\"" },
        { "exporter_otlp_traces_headers", "a=b", "${OTEL_EXPORTER_OTLP_TRACES_HEADERS}" },
        { "exporter_otlp_metrics_headers", "a=b", "${OTEL_EXPORTER_OTLP_METRICS_HEADERS}" },
        { "exporter_otlp_logs_headers", "a=b", "${OTEL_EXPORTER_OTLP_LOGS_HEADERS}" },
        { "span_event_count_limit", "17", "event_count_limit: 17" },
        { "log_level", "debug", "log_level: debug" },
    };

    (void)state;
    clearenv();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char *before = in_force("log_level", "info");
        char *text = in_force(CASES[i].option, CASES[i].value);

        if (strstr(before, CASES[i].line) || !strstr(text, CASES[i].line))
            fail_msg("--%s %s: %s", CASES[i].option, CASES[i].value, text);
        free(before);
        free(text);
    }
}

static void test_options_of_metrics_are_in_force(void **state)
{
    struct options options;
    struct settings settings;
    char *argv[] = {
        (char *)(uintptr_t) "x",
        (char *)(uintptr_t) "--metrics_exporter=prometheus",
        (char *)(uintptr_t) "--exporter_prometheus_port=17",
        (char *)(uintptr_t) "--exporter_prometheus_host=a",
        (char *)(uintptr_t) "--experimental_disable_prometheus_unit_normalization=true",
        (char *)(uintptr_t) "--exporter_otlp_metrics_temporality_preference=delta",
        (char *)(uintptr_t) "--exporter_otlp_metrics_default_histogram_aggregation="
                            "base2_exponential_bucket_histogram",
        (char *)(uintptr_t) "p",
        NULL
    };

    (void)state;
    clearenv();
    assert_int_equal(options_parse(8, argv, &options), OPTIONS_RUN);
    assert_true(settings_derive(&options, &settings));
    assert_int_equal(settings.prometheus.port, 17);
    assert_string_equal(settings.prometheus.host, "a");
    assert_false(settings.prometheus.has_units);
    assert_int_equal(settings.metric_temporality, TEMPORALITY_DELTA);
    assert_int_equal(settings.metric_histogram, HISTOGRAM_BASE2);
    settings_release(&settings);
    options_release(&options);
}

static void test_secrets_are_known_by_name_or_form(void **state)
{
    (void)state;
    assert_true(config_is_secret("exporter_otlp_headers", "a=b"));
    assert_true(config_is_secret("exporter_otlp_logs_headers", "a=b"));
    assert_true(config_is_secret("exporter_jaeger_password", "x"));
    assert_true(config_is_secret("exporter_otlp_endpoint", "http://user:word@host"));
    assert_false(config_is_secret("exporter_otlp_headers", ""));
    assert_false(config_is_secret("exporter_otlp_endpoint", "http://host/@x"));
    assert_false(config_is_secret("service_name", "a@b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_option_changes_what_is_in_force),
        cmocka_unit_test(test_options_of_metrics_are_in_force),
        cmocka_unit_test(test_secrets_are_known_by_name_or_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
