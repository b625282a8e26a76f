#include "agent/destination.h"

#include "agent/encode/console.h"
#include "agent/encode/json_logs.h"
#include "agent/encode/json_metrics.h"
#include "agent/encode/json_traces.h"
#include "agent/report.h"
#include "agent/send/file.h"
#include "agent/send/stdout.h"
#include "agent/version.h"

#include <stdio.h>
#include <unistd.h>

enum { DESTINATION_PATH_BYTES = 4096 };

struct destination_signal {
    const char *file_name;
    const char *types[DESTINATIONS_MAX]; /* otlp, otlp_file, console */
    encode_records_fn json_records, console_records;
    encode_metrics_fn json_metrics, console_metrics;
};

static const struct destination_signal SIGNALS[SIGNAL_COUNT] = {
    [SIGNAL_TRACES] = {
        .file_name = "traces.json",
        .types = { "otlp_http_json_span_exporter", "otlp_file_span_exporter",
                   "console_span_exporter" },
        .json_records = json_traces_encode,
        .console_records = console_traces_encode,
    },
    [SIGNAL_METRICS] = {
        .file_name = "metrics.json",
        .types = { "otlp_http_json_metric_exporter", "otlp_file_metric_exporter",
                   "console_metric_exporter" },
        .json_metrics = json_metrics_encode,
        .console_metrics = console_metrics_encode,
    },
    [SIGNAL_LOGS] = {
        .file_name = "logs.json",
        .types = { "otlp_http_json_log_exporter", "otlp_file_log_exporter",
                   "console_log_exporter" },
        .json_records = json_logs_encode,
        .console_records = console_logs_encode,
    },
};

static struct sink *otlp_create(const struct settings_otlp *otlp, struct http *http)
{
    unsigned bad_headers = 0;
    struct sink *sink = http_sink_create(http,
                                         &(struct http_options){
                                             .url = otlp->endpoint,
                                             .headers = otlp->headers,
                                             .certificate = otlp->certificate,
                                             .content_type = "application/json",
                                             .user_agent = "OTel-OTLP-Exporter-C/" AGENT_VERSION,
                                             .has_gzip = otlp->compression == COMPRESSION_GZIP,
                                         },
                                         &bad_headers);

    /* Their values may be secrets: only how many. */
    if (bad_headers > 0)
        report_warn("%u of the headers for %s cannot be read and are left out; they are "
                    "key=value,key=value with percent-encoded values",
                    bad_headers, otlp->endpoint);
    if (sink == NULL)
        report_error("the endpoint \"%s\" cannot be used; it must be http://host:port/path",
                     otlp->endpoint);
    return sink;
}

static struct sink *file_create(const char *folder, const char *file_name)
{
    char path[DESTINATION_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, file_name);
    struct sink *sink = NULL;

    if (length > 0 && (size_t)length < sizeof path)
        sink = file_sink_create(path, FILE_SIZE_MAX);
    if (sink == NULL)
        report_error("the file %s in \"%s\" cannot be used: the path is too long, or there is "
                     "no memory",
                     file_name, folder);
    return sink;
}

static uint32_t shorter_timeout(uint32_t left_ms, uint32_t right_ms)
{
    if (left_ms == 0 || right_ms == 0)
        return left_ms + right_ms;
    return left_ms < right_ms ? left_ms : right_ms;
}

/* The processor's and the exporter's: both bound an attempt. */
static uint32_t timeout_ms(const struct settings *settings, enum settings_signal signal)
{
    const uint32_t processors_ms[SIGNAL_COUNT] = {
        [SIGNAL_TRACES] = settings->span_batch.export_timeout_ms,
        [SIGNAL_METRICS] = settings->metric_timeout_ms,
        [SIGNAL_LOGS] = settings->log_batch.export_timeout_ms,
    };

    return shorter_timeout(processors_ms[signal], settings->otlp[signal].timeout_ms);
}

unsigned destinations_create(const struct settings *settings, enum settings_signal signal,
                             struct http *http, struct destination out[DESTINATIONS_MAX])
{
    const struct destination_signal *names = &SIGNALS[signal];
    uint32_t exporters = settings->is_disabled ? 0 : settings->exporters[signal];
    struct destination all[DESTINATIONS_MAX] = {
        { names->types[0], names->json_records, names->json_metrics, .is_immediate = false },
        { names->types[1], names->json_records, names->json_metrics, .is_immediate = false },
        { names->types[2], names->console_records, names->console_metrics, .is_immediate = true },
    };
    unsigned count = 0;

    if (exporters & EXPORTER_OTLP)
        all[0].sink = otlp_create(&settings->otlp[signal], http);
    if (exporters & EXPORTER_OTLP_FILE)
        all[1].sink = file_create(settings->file_dir, names->file_name);
    if (exporters & EXPORTER_CONSOLE)
        all[2].sink = stdout_sink_create(STDOUT_FILENO);
    for (unsigned i = 0; i < DESTINATIONS_MAX; i++) {
        if (all[i].sink == NULL)
            continue;
        all[i].timeout_ms = timeout_ms(settings, signal);
        out[count++] = all[i];
    }
    return count;
}
