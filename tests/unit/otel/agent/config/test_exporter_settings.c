#include "agent/config/options.h"
#include "agent/config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arguments.h"

static int environment_clear(void **state)
{
    (void)state;
    return clearenv();
}

/* Of the options before the program `p`, NULL behind the last. */
static struct settings derive(const char *const *arguments)
{
    static struct arguments argv;
    struct settings settings;
    struct options options;

    memset(&argv, 0, sizeof argv);
    arguments_add(&argv, "otel-instrument");
    for (; *arguments != NULL; arguments++)
        arguments_add(&argv, *arguments);
    arguments_add(&argv, "p");
    assert_int_equal(options_parse(argv.count, argv.list, &options), OPTIONS_RUN);
    assert_true(settings_derive(&options, &settings));
    options_release(&options);
    return settings;
}

#define DERIVE(...) derive((const char *const[]){ __VA_ARGS__, NULL })

static void test_exporters_of_a_signal_are_each_named_once(void **state)
{
    static const struct {
        const char *given;
        uint32_t expected;
        const char *reason;
    } CASES[] = {
        { "otlp", EXPORTER_OTLP, "one" },
        { "otlp,console", EXPORTER_OTLP | EXPORTER_CONSOLE, "two" },
        { " OTLP , otlp,Console", EXPORTER_OTLP | EXPORTER_CONSOLE,
          "blanks, cases, twice the same" },
        { "otlp/stdout,otlp_file", EXPORTER_OTLP_STDOUT | EXPORTER_OTLP_FILE, "files and output" },
        { "none", 0, "none" },
        { "none,console", EXPORTER_CONSOLE, "none beside another" },
        { "jaeger,console", EXPORTER_CONSOLE, "one that is not known" },
        { "jaeger", EXPORTER_OTLP, "none that is known: the default" },
        { "prometheus", EXPORTER_OTLP, "of another signal: the default" },
        { "zipkin", EXPORTER_ZIPKIN, "of traces alone" },
        { "", EXPORTER_OTLP, "empty is not set" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct settings settings = DERIVE("--traces_exporter", CASES[i].given);

        if (settings.exporters[SIGNAL_TRACES] != CASES[i].expected)
            fail_msg("%s: \"%s\" gives %x", CASES[i].reason, CASES[i].given,
                     settings.exporters[SIGNAL_TRACES]);
        settings_release(&settings);
    }
}

static void test_console_alone_shows_metrics_every_ten_seconds(void **state)
{
    static const struct {
        const char *exporters, *interval;
        uint32_t expected_ms;
    } CASES[] = {
        { "console", "", 10000 },
        { "console", "500", 500 },
        { "otlp,console", "", 60000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct settings settings = DERIVE("--metrics_exporter", CASES[i].exporters,
                                          "--metric_export_interval", CASES[i].interval);

        assert_int_equal(settings.metric_interval_ms, CASES[i].expected_ms);
        settings_release(&settings);
    }
}

static void test_defaults_are_the_specifications(void **state)
{
    struct settings settings = DERIVE("--");

    (void)state;
    assert_string_equal(settings.zipkin.endpoint, "http://localhost:9411/api/v2/spans");
    assert_int_equal(settings.zipkin.timeout_ms, 10000);
    assert_string_equal(settings.prometheus.host, "localhost");
    assert_int_equal(settings.prometheus.port, 9464);
    assert_true(settings.prometheus.has_units);
    assert_string_equal(settings.prometheus.run_dir, "");
    settings_release(&settings);
}

static void test_variables_of_other_exporters_are_read(void **state)
{
    struct settings settings;

    (void)state;
    assert_int_equal(setenv("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://z:1/spans", 1), 0);
    assert_int_equal(setenv("OTEL_EXPORTER_ZIPKIN_TIMEOUT", "0", 1), 0);
    assert_int_equal(setenv("OTEL_EXPORTER_PROMETHEUS_HOST", "0.0.0.0", 1), 0);
    assert_int_equal(setenv("OTEL_EXPORTER_PROMETHEUS_PORT", "0", 1), 0);
    assert_int_equal(
        setenv("OTEL_PYTHON_EXPERIMENTAL_DISABLE_PROMETHEUS_UNIT_NORMALIZATION", "True", 1), 0);
    assert_int_equal(setenv("OTEL_C_RUN_DIR", "var/run", 1), 0);
    settings = DERIVE("--");

    assert_string_equal(settings.zipkin.endpoint, "http://z:1/spans");
    assert_int_equal(settings.zipkin.timeout_ms, 0);
    assert_string_equal(settings.prometheus.host, "0.0.0.0");
    assert_int_equal(settings.prometheus.port, 0);
    assert_false(settings.prometheus.has_units);
    assert_string_equal(settings.prometheus.run_dir, "var/run");
    settings_release(&settings);
}

static void test_zipkin_without_a_scheme_is_the_default(void **state)
{
    struct settings settings = DERIVE("--exporter_zipkin_endpoint", "zipkin:9411");

    (void)state;
    assert_string_equal(settings.zipkin.endpoint, "http://localhost:9411/api/v2/spans");
    settings_release(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exporters_of_a_signal_are_each_named_once),
        cmocka_unit_test(test_console_alone_shows_metrics_every_ten_seconds),
        cmocka_unit_test(test_defaults_are_the_specifications),
        cmocka_unit_test_teardown(test_variables_of_other_exporters_are_read, environment_clear),
        cmocka_unit_test(test_zipkin_without_a_scheme_is_the_default),
    };

    return cmocka_run_group_tests(tests, environment_clear, NULL);
}
