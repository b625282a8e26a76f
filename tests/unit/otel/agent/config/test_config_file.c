#include "agent/config/options.h"
#include "agent/config/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct options options;
static struct settings settings;

/* Settings of a file, and of one option of the command line; false when it is refused. */
static bool load(const char *text, const char *option)
{
    char path[] = "/tmp/config_file.XXXXXX", argument[64];
    char *argv[] = { argument, argument, (char *)(uintptr_t) "p", NULL };
    char *with_option[] = { argument, argument, (char *)(uintptr_t)option, (char *)(uintptr_t) "p",
                            NULL };
    int file = mkstemp(path);
    bool is_good;

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    snprintf(argument, sizeof argument, "--config_file=%s", path);
    is_good = (option ? options_parse(4, with_option, &options)
                      : options_parse(3, argv, &options)) == OPTIONS_RUN &&
              settings_derive(&options, &settings);
    unlink(path);
    return is_good;
}

static int release(void **state)
{
    (void)state;
    settings_release(&settings);
    options_release(&options);
    return 0;
}

#define FORMAT "file_format: \"1.1\"\n"

static void test_what_is_not_named_is_off(void **state)
{
    (void)state;
    assert_true(load(FORMAT, NULL));
    for (int signal = 0; signal < SIGNAL_COUNT; signal++)
        assert_int_equal(settings.exporters[signal], 0);
    assert_int_equal(settings.propagators[0], 0);
    assert_int_equal(settings.detector_count, 2); /* service_instance, otel */
}

static void test_variables_do_not_count_and_options_win(void **state)
{
    static const char TEXT[] =
        FORMAT "resource:\n  attributes_list: service.name=of-file\n"
               "tracer_provider:\n  processors:\n    - batch:\n        schedule_delay: ${DELAY}\n"
               "        max_queue_size: 100\n        exporter:\n          otlp_http:\n";
    (void)state;
    setenv("OTEL_BSP_MAX_QUEUE_SIZE", "7", 1);
    setenv("OTEL_BSP_EXPORT_TIMEOUT", "8", 1);
    setenv("OTEL_SERVICE_NAME", "of-variable", 1);
    setenv("DELAY", "9", 1);
    assert_true(load(TEXT, "--bsp_max_export_batch_size=50"));
    assert_int_equal(settings.span_batch.queue_size_max, 100);
    assert_int_equal(settings.span_batch.export_timeout_ms, 30000);
    assert_int_equal(settings.span_batch.schedule_delay_ms, 9);
    assert_int_equal(settings.span_batch.batch_size_max, 50);
    assert_string_equal(settings.service_name, "");
    assert_string_equal(settings.resource_attributes, "service.name=of-file");
    release(NULL);
    assert_true(load(TEXT, "--bsp_max_queue_size=600"));
    assert_int_equal(settings.span_batch.queue_size_max, 600);
    assert_int_equal(options.values[OPTION_BSP_MAX_QUEUE_SIZE].origin, ORIGIN_OPTION);
    assert_int_equal(options.values[OPTION_BSP_SCHEDULE_DELAY].origin, ORIGIN_FILE);
    unsetenv("OTEL_BSP_MAX_QUEUE_SIZE");
    unsetenv("OTEL_BSP_EXPORT_TIMEOUT");
    unsetenv("OTEL_SERVICE_NAME");
}

static void test_exporters_of_each_signal(void **state)
{
    static const char TEXT[] = FORMAT
        "tracer_provider:\n  processors:\n"
        "    - batch:\n        exporter:\n          otlp_grpc:\n            endpoint: http://a:1\n"
        "            tls: {ca_file: /ca, insecure: true}\n"
        "            headers: [{name: k, value: 'a b'}]\n            headers_list: x=y\n"
        "    - simple:\n        exporter:\n          console:\n"
        "meter_provider:\n  readers:\n    - periodic:\n        interval: 5\n        timeout: 4\n"
        "        exporter:\n          otlp_file/development:\n"
        "            output_stream: file:///some/where/metrics.json\n"
        "logger_provider:\n  processors:\n    - simple:\n        exporter:\n          otlp_http:\n"
        "            endpoint: http://b:2/logs\n            encoding: json\n            timeout: "
        "3\n"
        "            compression: gzip\n";

    (void)state;
    assert_true(load(TEXT, NULL));
    assert_int_equal(settings.exporters[SIGNAL_TRACES], EXPORTER_OTLP | EXPORTER_CONSOLE);
    assert_int_equal(settings.otlp[SIGNAL_TRACES].protocol, PROTOCOL_GRPC);
    assert_string_equal(settings.otlp[SIGNAL_TRACES].headers, "x=y,k=a%20b");
    assert_string_equal(settings.otlp[SIGNAL_TRACES].certificate, "/ca");
    assert_int_equal(settings.span_batch.schedule_delay_ms, 5000);
    assert_int_equal(settings.exporters[SIGNAL_METRICS], EXPORTER_OTLP_FILE);
    assert_string_equal(settings.file_dir, "/some/where");
    assert_int_equal(settings.metric_interval_ms, 5);
    assert_int_equal(settings.metric_timeout_ms, 4);
    assert_int_equal(settings.otlp[SIGNAL_LOGS].protocol, PROTOCOL_HTTP_JSON);
    assert_string_equal(settings.otlp[SIGNAL_LOGS].endpoint, "http://b:2/logs");
    assert_int_equal(settings.otlp[SIGNAL_LOGS].timeout_ms, 3);
    assert_int_equal(settings.otlp[SIGNAL_LOGS].compression, COMPRESSION_GZIP);
    assert_int_equal(settings.log_batch.batch_size_max, 1); /* simple: each by itself, at once */
    assert_int_equal(settings.log_batch.schedule_delay_ms, 0);
}

static void test_samplers_nest(void **state)
{
    (void)state;
    assert_true(load(FORMAT "tracer_provider:\n  processors: []\n  sampler:\n    parent_based:\n"
                            "      root:\n        parent_based:\n          root:\n"
                            "            trace_id_ratio_based: {ratio: 0.25}\n"
                            "      remote_parent_sampled: {trace_id_ratio_based: {ratio: 0.5}}\n"
                            "      local_parent_not_sampled: {always_on: }\n",
                     NULL));
    assert_int_equal(settings.samplers[PARENT_NONE].sampler, SAMPLER_RATIO);
    assert_true(settings.samplers[PARENT_NONE].ratio == 0.25);
    assert_int_equal(settings.samplers[PARENT_REMOTE_SAMPLED].sampler, SAMPLER_RATIO);
    assert_true(settings.samplers[PARENT_REMOTE_SAMPLED].ratio == 0.5);
    assert_int_equal(settings.samplers[PARENT_REMOTE_NOT_SAMPLED].sampler, SAMPLER_ALWAYS_OFF);
    assert_int_equal(settings.samplers[PARENT_LOCAL_SAMPLED].sampler, SAMPLER_ALWAYS_ON);
    assert_int_equal(settings.samplers[PARENT_LOCAL_NOT_SAMPLED].sampler, SAMPLER_ALWAYS_ON);
}

static void test_views_and_cardinality(void **state)
{
    const struct sdk_view *view;

    (void)state;
    assert_true(load(FORMAT
                     "meter_provider:\n  readers:\n    - periodic:\n        exporter: {console: }\n"
                     "        cardinality_limits: {default: 9, histogram: 5}\n"
                     "  exemplar_filter: always_off\n"
                     "  views:\n    - selector: {instrument_name: http.x, instrument_type: "
                     "histogram, unit: s, meter_name: m}\n      stream:\n        name: new\n"
                     "        description: d\n        aggregation_cardinality_limit: 3\n"
                     "        attribute_keys: {included: ['http.*'], excluded: [http.route]}\n"
                     "        aggregation:\n          explicit_bucket_histogram: {boundaries: [1, "
                     "2.5], record_min_max: false}\n"
                     "    - selector: {instrument_name: gone}\n      stream: {aggregation: {drop: "
                     "}}\n",
                     NULL));
    assert_int_equal(settings.metric_cardinality[SDK_COUNTER], 9);
    assert_int_equal(settings.metric_cardinality[SDK_HISTOGRAM], 5);
    assert_int_equal(settings.metric_exemplars, EXEMPLARS_ALWAYS_OFF);
    assert_int_equal(settings.view_count, 2);
    view = &settings.views[0];
    assert_string_equal(view->selector.name, "http.x");
    assert_int_equal(view->selector.kind, SDK_HISTOGRAM);
    assert_string_equal(view->selector.unit, "s");
    assert_string_equal(view->selector.meter_name, "m");
    assert_string_equal(view->stream.name, "new");
    assert_string_equal(view->stream.description, "d");
    assert_int_equal(view->stream.cardinality, 3);
    assert_true(sdk_view_keeps(&view->stream, "http.request.method", 19));
    assert_false(sdk_view_keeps(&view->stream, "http.route", 10));
    assert_int_equal(view->stream.aggregation, SDK_AGGREGATION_EXPLICIT_HISTOGRAM);
    assert_int_equal(view->stream.bounds_count, 2);
    assert_true(view->stream.bounds[1] == 2.5);
    assert_true(view->stream.has_no_min_max);
    assert_int_equal(settings.views[1].stream.aggregation, SDK_AGGREGATION_DROP);
    assert_int_equal(settings.views[1].selector.kind, SDK_INSTRUMENT_KIND_COUNT);
}

static void test_what_is_wrong_is_refused(void **state)
{
    static const char *const CASES[] = {
        "",
        "file_format: \"2.0\"\n",
        "file_format: 1.1\n", /* a number, not text */
        "disabled: false\n",
        "- a\n",
        FORMAT "no_such_key: 1\n",
        FORMAT "disabled: maybe\n",
        FORMAT "log_level: loud\n",
        FORMAT "resource: {attributes: [{name: a}]}\n",
        FORMAT "resource: {detection/development: {detectors: [{gpu: }]}}\n",
        FORMAT "propagator: {composite: [{no_such: }]}\n",
        FORMAT "tracer_provider: {processors: [{batch: }]}\n",
        FORMAT "tracer_provider: {processors: [{batch: {exporter: {otlp_udp: }}}]}\n",
        FORMAT "tracer_provider: {processors: [{batch: {max_queue_size: 0, "
               "exporter: {console: }}}]}\n",
        FORMAT "tracer_provider: {sampler: {trace_id_ratio_based: {ratio: 2}}}\n",
        FORMAT "tracer_provider: {sampler: {sometimes: }}\n",
        FORMAT "tracer_provider: {processors: [{batch: {exporter: {otlp_http: {endpoint: "
               "'http://a'}}}}, {batch: {exporter: {otlp_http: {endpoint: 'http://b'}}}}]}\n",
        FORMAT "meter_provider: {views: [{stream: {aggregation: {average: }}}]}\n",
        FORMAT "meter_provider: {views: [{selector: {instrument_type: dial}}]}\n",
        FORMAT "meter_provider: {views: [{selector: {instrument_name: a}, stream: {aggregation: "
               "{explicit_bucket_histogram: {boundaries: [2, 1]}}}}]}\n",
        FORMAT "distribution: {otel-instrument: {no_such_option: 1}}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        if (load(CASES[i], NULL))
            fail_msg("accepted: %s", CASES[i]);
        release(NULL);
    }
}

static void test_any_option_has_a_place(void **state)
{
    (void)state;
    assert_true(load(FORMAT "distribution:\n  otel-instrument: {c_pool: name, c_host_metrics: "
                            "true}\n  somebody_elses: {x: y}\n",
                     NULL));
    assert_string_equal(settings.pool, "name");
    assert_true(settings.has_host_metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_is_not_named_is_off, release),
        cmocka_unit_test_teardown(test_variables_do_not_count_and_options_win, release),
        cmocka_unit_test_teardown(test_exporters_of_each_signal, release),
        cmocka_unit_test_teardown(test_samplers_nest, release),
        cmocka_unit_test_teardown(test_views_and_cardinality, release),
        cmocka_unit_test_teardown(test_what_is_wrong_is_refused, release),
        cmocka_unit_test_teardown(test_any_option_has_a_place, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
