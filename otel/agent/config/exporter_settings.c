#include "agent/config/exporter_settings.h"

#include "agent/config/options.h"
#include "agent/report.h"
#include "base/mem.h"

#include <string.h>

/* Console and metrics: what somebody watches must not take a minute to appear. Not by a file, whose
 * schema has one default for all. */
enum { CONSOLE_INTERVAL_MS = 10000 };

#define ZIPKIN_ENDPOINT "http://localhost:9411/api/v2/spans"

static const struct option_value *value(const struct options *options, enum option_id id)
{
    return &options->values[id];
}

static uint32_t chosen(const struct options *options, enum settings_signal signal)
{
    static const enum option_id ids[SIGNAL_COUNT] = {
        [SIGNAL_TRACES] = OPTION_TRACES_EXPORTER,
        [SIGNAL_METRICS] = OPTION_METRICS_EXPORTER,
        [SIGNAL_LOGS] = OPTION_LOGS_EXPORTER,
    };
    uint32_t bits = value(options, ids[signal])->bits;

    if ((signal == SIGNAL_TRACES && value(options, OPTION_TRACER_PROVIDER)->integer != 0) ||
        (signal == SIGNAL_METRICS && value(options, OPTION_METER_PROVIDER)->integer != 0))
        return 0;
    if ((bits & EXPORTER_NONE) != 0 && bits != EXPORTER_NONE)
        report_warn("--%s %s: none beside others is left out", option_name(ids[signal]),
                    value(options, ids[signal])->text);
    return bits & ~(uint32_t)EXPORTER_NONE;
}

/* The nine of an exporter that other launchers accept, too, and do nothing with. */
static void jaeger_warn(const struct options *options)
{
    for (int id = OPTION_EXPORTER_JAEGER_AGENT_HOST; id <= OPTION_EXPORTER_JAEGER_USER; id++) {
        if (!value(options, (enum option_id)id)->is_set)
            continue;
        report_warn("--%s, and all exporter_jaeger_ options, have no effect: Jaeger takes OTLP; "
                    "use --exporter_otlp_endpoint http://HOST:4318",
                    option_name((enum option_id)id));
        return;
    }
}
_Static_assert(OPTION_EXPORTER_JAEGER_USER == OPTION_EXPORTER_JAEGER_AGENT_HOST + 8,
               "jaeger_warn counts on the order of the list");

static char *zipkin_endpoint(const struct options *options)
{
    const char *url = value(options, OPTION_EXPORTER_ZIPKIN_ENDPOINT)->text;

    if (strstr(url, "://") == NULL) {
        report_warn("--%s %s: it needs http://HOST:PORT or https://HOST:PORT; the default "
                    "applies: " ZIPKIN_ENDPOINT,
                    option_name(OPTION_EXPORTER_ZIPKIN_ENDPOINT), url);
        url = ZIPKIN_ENDPOINT;
    }
    return mem_strdup(url);
}

bool exporter_settings_derive(const struct options *options, struct settings *out)
{
    struct settings_prometheus *prometheus = &out->prometheus;

    for (int signal = 0; signal < SIGNAL_COUNT && !out->is_disabled; signal++)
        out->exporters[signal] = chosen(options, (enum settings_signal)signal);
    jaeger_warn(options);
    if (out->exporters[SIGNAL_METRICS] == EXPORTER_CONSOLE && !options->file &&
        !value(options, OPTION_METRIC_EXPORT_INTERVAL)->is_set)
        out->metric_interval_ms = CONSOLE_INTERVAL_MS;
    out->zipkin.timeout_ms = (uint32_t)value(options, OPTION_EXPORTER_ZIPKIN_TIMEOUT)->integer;
    out->zipkin.endpoint = zipkin_endpoint(options);
    prometheus->port = (uint16_t)value(options, OPTION_EXPORTER_PROMETHEUS_PORT)->integer;
    prometheus->has_units = value(options, OPTION_PROMETHEUS_NO_UNITS)->integer == 0;
    prometheus->host = mem_strdup(value(options, OPTION_EXPORTER_PROMETHEUS_HOST)->text);
    prometheus->run_dir = mem_strdup(value(options, OPTION_C_RUN_DIR)->text);
    out->spool = (struct settings_spool){
        .folder = mem_strdup(value(options, OPTION_C_SPOOL_DIR)->text),
        .max_bytes = (uint64_t)value(options, OPTION_C_SPOOL_MAX_BYTES)->integer,
        .max_age_ms = (uint64_t)value(options, OPTION_C_SPOOL_MAX_AGE_S)->integer * 1000,
    };
    return out->zipkin.endpoint && prometheus->host && prometheus->run_dir && out->spool.folder;
}
