#include "agent/config/config_print.h"

#include "agent/config/option_spec.h"

#include <inttypes.h>
#include <string.h>

/* --- values ------------------------------------------------------------------------------------
 */

void config_print_text(FILE *out, const char *text, size_t length)
{
    (void)fputc('"', out);
    for (const char *end = text + length; text < end; text++) {
        if (*text == '"' || *text == '\\')
            (void)fprintf(out, "\\%c", *text);
        else if ((unsigned char)*text < ' ')
            (void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)*text);
        else
            (void)fprintf(out, *text == '$' ? "$$" : "%c", *text);
    }
    (void)fputs("\"\n", out);
}

/* A secret is where it was before: in the variable of the option. */
static void option_print(FILE *out, const struct option_spec *spec, const char *text)
{
    char variable[OPTION_VARIABLE_SIZE];

    if (!config_is_secret(spec->name, text)) {
        config_print_text(out, text, strlen(text));
        return;
    }
    option_variable(spec, "otel_", variable);
    (void)fprintf(out, "${%s}\n", variable);
}

/* The spec of a signal's own option, or of the general one where that alone is set. */
static const struct option_spec *otlp_spec(const struct options *options,
                                           enum settings_signal signal, unsigned part)
{
    static const enum option_id FIRST[SIGNAL_COUNT] = {
        [SIGNAL_TRACES] = OPTION_EXPORTER_OTLP_TRACES_ENDPOINT,
        [SIGNAL_METRICS] = OPTION_EXPORTER_OTLP_METRICS_ENDPOINT,
        [SIGNAL_LOGS] = OPTION_EXPORTER_OTLP_LOGS_ENDPOINT,
    };
    enum option_id own = (enum option_id)((unsigned)FIRST[signal] + part);

    return option_spec(options->values[own].is_set
                           ? own
                           : (enum option_id)((unsigned)OPTION_EXPORTER_OTLP_ENDPOINT + part));
}

/* --- exporters ---------------------------------------------------------------------------------
 */

#define FIELD "            "

static void field_print(FILE *out, const char *key, const char *text)
{
    if (!*text)
        return;
    (void)fprintf(out, FIELD "%s: ", key);
    config_print_text(out, text, strlen(text));
}

static void otlp_print(const struct options *options, const struct settings *settings,
                       enum settings_signal signal, FILE *out)
{
    static const char *const COMPRESSIONS[] = {
        [COMPRESSION_NONE] = "none", [COMPRESSION_GZIP] = "gzip", [COMPRESSION_DEFLATE] = "deflate"
    };
    const struct settings_otlp *otlp = &settings->otlp[signal];

    (void)fprintf(out, "          %s:\n" FIELD "endpoint: ",
                  otlp->protocol == PROTOCOL_GRPC ? "otlp_grpc" : "otlp_http");
    option_print(out, otlp_spec(options, signal, 0), otlp->endpoint);
    if (otlp->protocol == PROTOCOL_HTTP_JSON)
        field_print(out, "encoding", "json");
    if (*otlp->headers) {
        (void)fprintf(out, FIELD "headers_list: ");
        option_print(out, otlp_spec(options, signal, 2), otlp->headers);
    }
    field_print(out, "compression", COMPRESSIONS[otlp->compression]);
    (void)fprintf(out, FIELD "timeout: %" PRIu32 "\n", otlp->timeout_ms);
    if (!*otlp->certificate && !*otlp->client_certificate && !*otlp->client_key)
        return;
    (void)fprintf(out, FIELD "tls:\n");
    field_print(out, "  ca_file", otlp->certificate);
    field_print(out, "  cert_file", otlp->client_certificate);
    field_print(out, "  key_file", otlp->client_key);
}

static void exporter_print(const struct options *options, const struct settings *settings,
                           enum settings_signal signal, uint32_t exporter, FILE *out)
{
    char path[4096];

    if (exporter == EXPORTER_OTLP) {
        otlp_print(options, settings, signal, out);
    } else if (exporter == EXPORTER_CONSOLE) {
        (void)fprintf(out, "          console:\n");
    } else if (exporter == EXPORTER_OTLP_FILE || exporter == EXPORTER_OTLP_STDOUT) {
        static const char *const NAMES[SIGNAL_COUNT] = { "traces", "metrics", "logs" };

        (void)fprintf(out, "          otlp_file/development:\n");
        /* A folder that has no slash in front is c_file_dir's, below. */
        (void)snprintf(path, sizeof path, "file://%s%s/%s.json",
                       settings->file_dir[0] == '/' ? "" : "/",
                       settings->file_dir[0] == '/' ? settings->file_dir : "", NAMES[signal]);
        field_print(out, "output_stream", exporter == EXPORTER_OTLP_STDOUT ? "stdout" : path);
    } else if (signal == SIGNAL_TRACES) {
        (void)fprintf(out, "          zipkin:\n" FIELD "endpoint: ");
        option_print(out, option_spec(OPTION_EXPORTER_ZIPKIN_ENDPOINT), settings->zipkin.endpoint);
        (void)fprintf(out, FIELD "timeout: %" PRIu32 "\n", settings->zipkin.timeout_ms);
    } else {
        (void)fprintf(out, "          prometheus/development:\n");
        field_print(out, "host", settings->prometheus.host);
        (void)fprintf(out, FIELD "port: %u\n", settings->prometheus.port);
        field_print(out, "translation_strategy",
                    settings->prometheus.has_units ? "UnderscoreEscapingWithSuffixes"
                                                   : "UnderscoreEscapingWithoutSuffixes");
    }
}

static void reader_print(const struct settings *settings, uint32_t exporter, FILE *out)
{
    if (exporter == EXPORTER_PROMETHEUS)
        (void)fprintf(out, "    - pull:\n");
    else
        (void)fprintf(
            out, "    - periodic:\n        interval: %" PRIu32 "\n        timeout: %" PRIu32 "\n",
            settings->metric_interval_ms, settings->metric_timeout_ms);
    config_print_cardinality(settings, out);
    (void)fprintf(out, "        exporter:\n");
}

static void processors_print(const struct options *options, const struct settings *settings,
                             enum settings_signal signal, FILE *out)
{
    const struct settings_batch *batch =
        signal == SIGNAL_TRACES ? &settings->span_batch : &settings->log_batch;
    uint32_t exporters = settings->exporters[signal];

    (void)fprintf(out, "  %s:%s\n", signal == SIGNAL_METRICS ? "readers" : "processors",
                  exporters ? "" : " []");
    for (uint32_t bit = 1; bit <= EXPORTER_ZIPKIN; bit <<= 1) {
        if (!(exporters & bit))
            continue;
        if (signal != SIGNAL_METRICS)
            (void)fprintf(out,
                          "    - batch:\n        schedule_delay: %" PRIu32
                          "\n        export_timeout: %" PRIu32 "\n        max_queue_size: %" PRIu32
                          "\n        max_export_batch_size: %" PRIu32 "\n        exporter:\n",
                          batch->schedule_delay_ms, batch->export_timeout_ms, batch->queue_size_max,
                          batch->batch_size_max);
        else
            reader_print(settings, bit, out);
        exporter_print(options, settings, signal, bit, out);
    }
}

/* --- limits and samplers -----------------------------------------------------------------------
 */

static void limit_print(FILE *out, const char *key, uint32_t limit)
{
    if (limit != SETTINGS_NO_LIMIT)
        (void)fprintf(out, "    %s: %" PRIu32 "\n", key, limit);
}

static void sampler_print(FILE *out, const char *key, const struct settings_sampler_rule *rule)
{
    (void)fprintf(out, "        %s:\n", key);
    if (rule->sampler == SAMPLER_RATIO)
        (void)fprintf(out, "          trace_id_ratio_based:\n            ratio: %.17g\n",
                      rule->ratio);
    else
        (void)fprintf(out, "          %s:\n",
                      rule->sampler == SAMPLER_ALWAYS_ON ? "always_on" : "always_off");
}

static void tracer_provider_print(const struct options *options, const struct settings *settings,
                                  FILE *out)
{
    const struct settings_limits *limits = &settings->limits;

    (void)fprintf(out, "tracer_provider:\n");
    processors_print(options, settings, SIGNAL_TRACES, out);
    (void)fprintf(out, "  limits:\n");
    limit_print(out, "attribute_value_length_limit", limits->span_attribute_value_length);
    limit_print(out, "attribute_count_limit", limits->span_attribute_count);
    limit_print(out, "event_count_limit", limits->span_event_count);
    limit_print(out, "link_count_limit", limits->span_link_count);
    limit_print(out, "event_attribute_count_limit", limits->event_attribute_count);
    limit_print(out, "link_attribute_count_limit", limits->link_attribute_count);
    (void)fprintf(out, "  sampler:\n    parent_based:\n");
    sampler_print(out, "root", &settings->samplers[PARENT_NONE]);
    sampler_print(out, "remote_parent_sampled", &settings->samplers[PARENT_REMOTE_SAMPLED]);
    sampler_print(out, "remote_parent_not_sampled", &settings->samplers[PARENT_REMOTE_NOT_SAMPLED]);
    sampler_print(out, "local_parent_sampled", &settings->samplers[PARENT_LOCAL_SAMPLED]);
    sampler_print(out, "local_parent_not_sampled", &settings->samplers[PARENT_LOCAL_NOT_SAMPLED]);
}

/* --- what the schema has no key for ------------------------------------------------------------
 */

/* Said by the sections above, with the values that came of them. */
static bool is_said(enum option_id id)
{
    static const char *const BEGINNINGS[] = {
        "config_file",
        "sdk_disabled",
        "service_name",
        "resource_attributes",
        "traces_exporter",
        "metrics_exporter",
        "logs_exporter",
        "bsp_",
        "blrp_",
        "metric_export_",
        "traces_sampler",
        "propagators",
        "attribute_",
        "span_",
        "event_",
        "link_",
        "logrecord_",
        "log_level",
        "exporter_zipkin_",
        "exporter_prometheus_",
        "experimental_disable_prometheus_",
        "tracer_provider",
        "meter_provider",
    };
    const char *name = option_name(id);

    for (size_t i = 0; i < sizeof BEGINNINGS / sizeof BEGINNINGS[0]; i++)
        if (strncmp(name, BEGINNINGS[i], strlen(BEGINNINGS[i])) == 0)
            return true;
    return id >= OPTION_EXPORTER_OTLP_ENDPOINT && id <= OPTION_EXPORTER_OTLP_LOGS_INSECURE;
}

static bool is_bare(enum option_type type)
{
    return type == OPTION_TYPE_BOOL || type == OPTION_TYPE_PYTHON_BOOL || type == OPTION_TYPE_INT ||
           type == OPTION_TYPE_DURATION || type == OPTION_TYPE_TIMEOUT || type == OPTION_TYPE_RATIO;
}

/* The detectors always: a file that names none has none. */
static void distribution_print(const struct options *options, const struct settings *settings,
                               FILE *out)
{
    (void)fprintf(out, "distribution:\n  otel-instrument:\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum option_id id = (enum option_id)i;
        const struct option_spec *spec = option_spec(id);
        const struct option_value *value = &options->values[id];

        if (is_said(id) || (!value->is_set && id != OPTION_DETECTORS))
            continue;
        if (id == OPTION_C_FILE_DIR && settings->file_dir[0] == '/')
            continue;
        (void)fprintf(out, "    %s: ", spec->name);
        if (is_bare(spec->type))
            (void)fprintf(out, "%s\n", value->text);
        else
            option_print(out, spec, value->text);
    }
}

bool config_print_yaml(const struct options *options, const struct settings *settings, FILE *out)
{
    static const char *const LEVELS[] = { [LEVEL_ERROR] = "error",
                                          [LEVEL_WARN] = "warn",
                                          [LEVEL_INFO] = "info",
                                          [LEVEL_DEBUG] = "debug" };

    (void)fprintf(out, "file_format: \"1.1\"\ndisabled: %s\nlog_level: %s\n",
                  settings->is_disabled ? "true" : "false", LEVELS[settings->log_level]);
    config_print_resource(options, settings, out);
    if (settings->propagators[0]) {
        (void)fprintf(out, "propagator:\n  composite_list: ");
        config_print_text(out, options->values[OPTION_PROPAGATORS].text,
                          strlen(options->values[OPTION_PROPAGATORS].text));
    }
    tracer_provider_print(options, settings, out);
    (void)fprintf(out, "meter_provider:\n");
    processors_print(options, settings, SIGNAL_METRICS, out);
    config_print_views(settings, out);
    (void)fprintf(out, "logger_provider:\n");
    processors_print(options, settings, SIGNAL_LOGS, out);
    (void)fprintf(out, "  limits:\n");
    limit_print(out, "attribute_value_length_limit", settings->limits.log_attribute_value_length);
    limit_print(out, "attribute_count_limit", settings->limits.log_attribute_count);
    distribution_print(options, settings, out);
    return fflush(out) == 0 && !ferror(out);
}
