#include "agent/config/options.h"
#include "agent/config/settings.h"
#include "base/mem.h"
#include "segment/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arguments.h"

static int surroundings_clear(void **state)
{
    (void)state;
    return clearenv();
}

static bool derive(struct settings *out, const char *const *arguments)
{
    static struct arguments argv;
    struct options options;
    bool is_good;

    memset(&argv, 0, sizeof argv);
    arguments_add(&argv, "otel-instrument");
    for (; *arguments; arguments++)
        arguments_add(&argv, *arguments);
    assert_int_equal(options_parse(argv.count, argv.list, &options), OPTIONS_RUN);
    is_good = settings_derive(&options, out);
    options_release(&options);
    return is_good;
}

#define DERIVE(out, ...) derive((out), (const char *const[]){ __VA_ARGS__, NULL })

static void test_endpoint_rules_of_the_specification(void **state)
{
    static const struct {
        const char *general;
        const char *traces; /* NULL: not set */
        const char *expected_traces;
        const char *expected_logs;
    } CASES[] = {
        { "http://c:4318", NULL, "http://c:4318/v1/traces", "http://c:4318/v1/logs" },
        { "http://c:4318/", NULL, "http://c:4318/v1/traces", "http://c:4318/v1/logs" },
        { "http://c:4318/x", NULL, "http://c:4318/x/v1/traces", "http://c:4318/x/v1/logs" },
        { "http://c:4318/x/", NULL, "http://c:4318/x/v1/traces", "http://c:4318/x/v1/logs" },
        { "https://c", NULL, "https://c/v1/traces", "https://c/v1/logs" },
        { "http://c:4318", "http://d:1", "http://d:1/", "http://c:4318/v1/logs" },
        { "http://c:4318", "http://d:1/my/path", "http://d:1/my/path", "http://c:4318/v1/logs" },
        { "", NULL, "http://localhost:4318/v1/traces", "http://localhost:4318/v1/logs" },
    };
    struct settings settings;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_true(DERIVE(&settings, "--exporter_otlp_endpoint", CASES[i].general,
                           "--exporter_otlp_traces_endpoint",
                           CASES[i].traces ? CASES[i].traces : "", "p"));
        assert_string_equal(settings.otlp[SIGNAL_TRACES].endpoint, CASES[i].expected_traces);
        assert_string_equal(settings.otlp[SIGNAL_LOGS].endpoint, CASES[i].expected_logs);
        settings_release(&settings);
    }
}

static void test_an_endpoint_without_scheme_is_none_of_http(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "--exporter_otlp_endpoint=c:4318",
                       "--exporter_otlp_logs_endpoint=d:1", "p"));
    assert_string_equal(settings.otlp[SIGNAL_TRACES].endpoint, "http://localhost:4318/v1/traces");
    assert_string_equal(settings.otlp[SIGNAL_LOGS].endpoint, "http://localhost:4318/v1/logs");
    settings_release(&settings);
}

#define TRACE_METHOD "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

static void test_endpoint_rules_of_grpc(void **state)
{
    static const struct {
        const char *endpoint;
        const char *insecure;
        const char *expected;
    } CASES[] = {
        { "", "", "http://localhost:4317" TRACE_METHOD },
        { "", "false", "http://localhost:4317" TRACE_METHOD },
        { "http://c:9999", "", "http://c:9999" TRACE_METHOD },
        { "http://c:9999", "false", "http://c:9999" TRACE_METHOD },
        { "https://c:9999", "true", "https://c:9999" TRACE_METHOD },
        { "http://c", "", "http://c:4317" TRACE_METHOD },
        { "https://c/", "", "https://c:4317" TRACE_METHOD },
        { "http://c:1/x/y", "", "http://c:1" TRACE_METHOD },
        { "c:9999", "", "https://c:9999" TRACE_METHOD },
        { "c:9999", "true", "http://c:9999" TRACE_METHOD },
        { "c", "TRUE", "http://c:4317" TRACE_METHOD },
        { "http://[::1]", "", "http://[::1]:4317" TRACE_METHOD },
        { "[::1]:55", "true", "http://[::1]:55" TRACE_METHOD },
        { " c:9999 ", "true", "http://c:9999" TRACE_METHOD },
    };
    struct settings settings;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_true(DERIVE(&settings, "--exporter_otlp_protocol=grpc", "--exporter_otlp_endpoint",
                           CASES[i].endpoint, "--exporter_otlp_insecure", CASES[i].insecure, "p"));
        assert_string_equal(settings.otlp[SIGNAL_TRACES].endpoint, CASES[i].expected);
        settings_release(&settings);
    }
}

static void test_each_signal_has_its_own_protocol_and_tls(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(
        DERIVE(&settings, "--exporter_otlp_protocol=http/protobuf",
               "--exporter_otlp_metrics_protocol=grpc", "--exporter_otlp_logs_protocol=HTTP/JSON",
               "--exporter_otlp_metrics_endpoint=m:1", "--exporter_otlp_metrics_insecure=true",
               "--exporter_otlp_certificate=/ca", "--exporter_otlp_logs_certificate=/ca-logs",
               "--exporter_otlp_client_certificate=/own", "--exporter_otlp_client_key=/key",
               "--exporter_otlp_traces_client_key=/key-traces", "p"));
    assert_int_equal(settings.otlp[SIGNAL_TRACES].protocol, PROTOCOL_HTTP_PROTOBUF);
    assert_int_equal(settings.otlp[SIGNAL_METRICS].protocol, PROTOCOL_GRPC);
    assert_int_equal(settings.otlp[SIGNAL_LOGS].protocol, PROTOCOL_HTTP_JSON);
    assert_string_equal(
        settings.otlp[SIGNAL_METRICS].endpoint,
        "http://m:1/opentelemetry.proto.collector.metrics.v1.MetricsService/Export");
    assert_string_equal(settings.otlp[SIGNAL_LOGS].endpoint, "http://localhost:4318/v1/logs");
    assert_string_equal(settings.otlp[SIGNAL_TRACES].certificate, "/ca");
    assert_string_equal(settings.otlp[SIGNAL_LOGS].certificate, "/ca-logs");
    assert_string_equal(settings.otlp[SIGNAL_LOGS].client_certificate, "/own");
    assert_string_equal(settings.otlp[SIGNAL_LOGS].client_key, "/key");
    assert_string_equal(settings.otlp[SIGNAL_TRACES].client_key, "/key-traces");
    settings_release(&settings);
}

static void test_signal_wins_over_general(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "--exporter_otlp_headers", "a=1", "--exporter_otlp_logs_headers",
                       "b=2", "--exporter_otlp_timeout=5", "--exporter_otlp_metrics_timeout=6",
                       "--exporter_otlp_compression=gzip",
                       "--exporter_otlp_traces_compression=none",
                       "--exporter_otlp_metrics_compression=deflate", "p"));
    assert_string_equal(settings.otlp[SIGNAL_TRACES].headers, "a=1");
    assert_string_equal(settings.otlp[SIGNAL_LOGS].headers, "b=2");
    assert_int_equal(settings.otlp[SIGNAL_TRACES].timeout_ms, 5);
    assert_int_equal(settings.otlp[SIGNAL_METRICS].timeout_ms, 6);
    assert_int_equal(settings.otlp[SIGNAL_TRACES].compression, COMPRESSION_NONE);
    assert_int_equal(settings.otlp[SIGNAL_LOGS].compression, COMPRESSION_GZIP);
    assert_int_equal(settings.otlp[SIGNAL_METRICS].compression, COMPRESSION_DEFLATE);
    settings_release(&settings);
}

static void test_limits_follow_the_order_of_precedence(void **state)
{
    static const struct {
        const char *general;
        const char *of_spans;
        uint32_t expected_span;
        uint32_t expected_log;
    } CASES[] = {
        { "", "", 128, 128 },   { "10", "", 10, 10 }, { "", "20", 20, 128 },
        { "10", "20", 20, 10 }, { "0", "", 0, 0 },
    };
    struct settings settings;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_true(DERIVE(&settings, "--attribute_count_limit", CASES[i].general,
                           "--span_attribute_count_limit", CASES[i].of_spans, "p"));
        assert_int_equal(settings.limits.span_attribute_count, CASES[i].expected_span);
        assert_int_equal(settings.limits.log_attribute_count, CASES[i].expected_log);
        assert_int_equal(settings.limits.span_attribute_value_length, SETTINGS_NO_LIMIT);
        assert_int_equal(settings.limits.span_event_count, 128);
        settings_release(&settings);
    }
}

static void test_batch_is_clamped_to_its_queue(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "--bsp_max_queue_size=100", "--bsp_max_export_batch_size=101",
                       "--blrp_max_queue_size=512", "p"));
    assert_int_equal(settings.span_batch.batch_size_max, 100);
    assert_int_equal(settings.log_batch.batch_size_max, 512);
    settings_release(&settings);
}

static void test_exporters_are_a_set(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "--traces_exporter=otlp,console", "--metrics_exporter=none",
                       "--logs_exporter=otlp_file,none", "p"));
    assert_int_equal(settings.exporters[SIGNAL_TRACES], EXPORTER_OTLP | EXPORTER_CONSOLE);
    assert_int_equal(settings.exporters[SIGNAL_METRICS], 0);
    assert_int_equal(settings.exporters[SIGNAL_LOGS], EXPORTER_OTLP_FILE);
    settings_release(&settings);
    assert_true(DERIVE(&settings, "--sdk_disabled=true", "p"));
    assert_int_equal(settings.exporters[SIGNAL_TRACES], 0);
    assert_int_not_equal(settings.propagators[0], 0); /* they work on */
    settings_release(&settings);
}

static void test_samplers(void **state)
{
    static const struct {
        const char *name;
        enum settings_sampler sampler;
        bool is_parent_based;
    } CASES[] = {
        { "always_on", SAMPLER_ALWAYS_ON, false },
        { "always_off", SAMPLER_ALWAYS_OFF, false },
        { "traceidratio", SAMPLER_RATIO, false },
        { "parentbased_always_on", SAMPLER_ALWAYS_ON, true },
        { "parentbased_always_off", SAMPLER_ALWAYS_OFF, true },
        { "PARENTBASED_TRACEIDRATIO", SAMPLER_RATIO, true },
        { "no_such_sampler", SAMPLER_ALWAYS_ON, true },
    };
    struct settings settings;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_true(
            DERIVE(&settings, "--traces_sampler", CASES[i].name, "--traces_sampler_arg=0.25", "p"));
        assert_int_equal(settings.samplers[PARENT_NONE].sampler, CASES[i].sampler);
        assert_true(settings.samplers[PARENT_NONE].ratio == 0.25);
        assert_int_equal(settings.samplers[PARENT_REMOTE_SAMPLED].sampler,
                         CASES[i].is_parent_based ? SAMPLER_ALWAYS_ON : CASES[i].sampler);
        assert_int_equal(settings.samplers[PARENT_LOCAL_NOT_SAMPLED].sampler,
                         CASES[i].is_parent_based ? SAMPLER_ALWAYS_OFF : CASES[i].sampler);
        settings_release(&settings);
    }
}

static void test_propagators_keep_their_order(void **state)
{
    static const struct {
        const char *given;
        uint8_t expected[SETTINGS_PROPAGATORS_SIZE];
    } CASES[] = {
        { "", { SEGMENT_PROPAGATOR_TRACECONTEXT, SEGMENT_PROPAGATOR_BAGGAGE } },
        { "b3multi, XRAY,baggage,b3multi",
          { SEGMENT_PROPAGATOR_B3MULTI, SEGMENT_PROPAGATOR_XRAY, SEGMENT_PROPAGATOR_BAGGAGE } },
        { "ottrace,jaeger,b3",
          { SEGMENT_PROPAGATOR_OTTRACE, SEGMENT_PROPAGATOR_JAEGER, SEGMENT_PROPAGATOR_B3 } },
        { "none", { SEGMENT_PROPAGATOR_NONE } },
        { "none,b3", { SEGMENT_PROPAGATOR_B3 } },
    };
    struct settings settings;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_true(DERIVE(&settings, "--propagators", CASES[i].given, "p"));
        if (memcmp(settings.propagators, CASES[i].expected, sizeof settings.propagators) != 0)
            fail_msg("%s", CASES[i].given);
        settings_release(&settings);
    }
}

static void test_id_generator(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "p"));
    assert_false(settings.has_xray_ids);
    settings_release(&settings);
    assert_true(DERIVE(&settings, "--id_generator=xray", "p"));
    assert_true(settings.has_xray_ids);
    settings_release(&settings);
    assert_int_equal(setenv("OTEL_PYTHON_ID_GENERATOR", "xray", 1), 0);
    assert_true(DERIVE(&settings, "p"));
    assert_true(settings.has_xray_ids);
    settings_release(&settings);
    assert_int_equal(unsetenv("OTEL_PYTHON_ID_GENERATOR"), 0);
}

static void test_pool_is_named_after_the_worker(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "--", "spawn-fcgi", "-n", "--", "multiwatch", "--", "bin/board"));
    assert_string_equal(settings.pool, "board");
    assert_string_equal(settings.program, "board");
    assert_string_equal(settings.service_name, "");
    settings_release(&settings);
    assert_true(DERIVE(&settings, "--c_pool=log", "--c_segment=/run/x", "/usr/bin/p", "a"));
    assert_string_equal(settings.pool, "log");
    assert_string_equal(settings.program, "p");
    assert_string_equal(settings.segment_path, "/run/x");
    settings_release(&settings);
}

static void test_disabled_instrumentations(void **state)
{
    struct settings settings;

    (void)state;
    assert_true(DERIVE(&settings, "--disabled_instrumentations=sqlite3,crash", "p"));
    assert_int_equal(settings.disabled_hooks, SEGMENT_DISABLED_SQLITE | SEGMENT_DISABLED_CRASH);
    settings_release(&settings);
    assert_true(DERIVE(&settings, "--disabled_instrumentations=*", "p"));
    assert_int_equal(settings.disabled_hooks, 63);
    settings_release(&settings);
}

static void test_derive_survives_every_allocation_failure(void **state)
{
    struct settings settings;
    bool is_good = false;

    (void)state;
    for (long n = 0; !is_good; n++) {
        long live_before = mem_live();

        assert_true(n < 100);
        mem_fail_at(n);
        is_good = DERIVE(&settings, "p");
        mem_fail_at(-1);
        if (is_good)
            settings_release(&settings);
        assert_int_equal(mem_live(), live_before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SETTINGS_TEST(name) cmocka_unit_test_setup(name, surroundings_clear)
        SETTINGS_TEST(test_endpoint_rules_of_the_specification),
        SETTINGS_TEST(test_an_endpoint_without_scheme_is_none_of_http),
        SETTINGS_TEST(test_endpoint_rules_of_grpc),
        SETTINGS_TEST(test_each_signal_has_its_own_protocol_and_tls),
        SETTINGS_TEST(test_signal_wins_over_general),
        SETTINGS_TEST(test_limits_follow_the_order_of_precedence),
        SETTINGS_TEST(test_batch_is_clamped_to_its_queue),
        SETTINGS_TEST(test_exporters_are_a_set),
        SETTINGS_TEST(test_samplers),
        SETTINGS_TEST(test_propagators_keep_their_order),
        SETTINGS_TEST(test_id_generator),
        SETTINGS_TEST(test_pool_is_named_after_the_worker),
        SETTINGS_TEST(test_disabled_instrumentations),
        SETTINGS_TEST(test_derive_survives_every_allocation_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
