#include "agent/pipeline/destination.h"

#include "agent/encode/console.h"
#include "agent/encode/json_logs.h"
#include "agent/encode/json_metrics.h"
#include "agent/encode/json_traces.h"
#include "agent/encode/proto_logs.h"
#include "agent/encode/proto_metrics.h"
#include "agent/encode/proto_traces.h"
#include "agent/report.h"
#include "agent/send/file.h"
#include "agent/send/grpc_sink.h"
#include "agent/send/http_sink.h"
#include "agent/send/stdout.h"
#include "agent/version.h"

#include <stdio.h>
#include <unistd.h>

enum { DESTINATION_PATH_BYTES = 4096 };

/* One way to write a signal. */
struct destination_format {
    encode_records_fn records; /* traces and logs */
    encode_metrics_fn metrics;
};

struct destination_signal {
    const char *file_name;
    const char *otlp_types[PROTOCOL_COUNT];
    const char *file_type, *console_type;
    struct destination_format json, proto, console;
};

static const struct destination_signal SIGNALS[SIGNAL_COUNT] = {
    [SIGNAL_TRACES] = {
        .file_name = "traces.json",
        .otlp_types = { [PROTOCOL_HTTP_JSON] = "otlp_http_json_span_exporter",
                        [PROTOCOL_HTTP_PROTOBUF] = "otlp_http_span_exporter",
                        [PROTOCOL_GRPC] = "otlp_grpc_span_exporter" },
        .file_type = "otlp_file_span_exporter",
        .console_type = "console_span_exporter",
        .json = { .records = json_traces_encode },
        .proto = { .records = proto_traces_encode },
        .console = { .records = console_traces_encode },
    },
    [SIGNAL_METRICS] = {
        .file_name = "metrics.json",
        .otlp_types = { [PROTOCOL_HTTP_JSON] = "otlp_http_json_metric_exporter",
                        [PROTOCOL_HTTP_PROTOBUF] = "otlp_http_metric_exporter",
                        [PROTOCOL_GRPC] = "otlp_grpc_metric_exporter" },
        .file_type = "otlp_file_metric_exporter",
        .console_type = "console_metric_exporter",
        .json = { .metrics = json_metrics_encode },
        .proto = { .metrics = proto_metrics_encode },
        .console = { .metrics = console_metrics_encode },
    },
    [SIGNAL_LOGS] = {
        .file_name = "logs.json",
        .otlp_types = { [PROTOCOL_HTTP_JSON] = "otlp_http_json_log_exporter",
                        [PROTOCOL_HTTP_PROTOBUF] = "otlp_http_log_exporter",
                        [PROTOCOL_GRPC] = "otlp_grpc_log_exporter" },
        .file_type = "otlp_file_log_exporter",
        .console_type = "console_log_exporter",
        .json = { .records = json_logs_encode },
        .proto = { .records = proto_logs_encode },
        .console = { .records = console_logs_encode },
    },
};

static enum pack_format pack_format_of(enum settings_compression compression)
{
    switch (compression) {
    case COMPRESSION_NONE:
        break;
    case COMPRESSION_GZIP:
        return PACK_GZIP;
    case COMPRESSION_DEFLATE:
        return PACK_DEFLATE;
    }
    return PACK_NONE;
}

static struct sink *otlp_create(const struct settings_otlp *otlp, uint32_t timeout_ms,
                                struct http *http)
{
    const struct http_options options = {
        .url = otlp->endpoint,
        .headers = otlp->headers,
        .certificate = otlp->certificate,
        .client_certificate = otlp->client_certificate,
        .client_key = otlp->client_key,
        .content_type =
            otlp->protocol == PROTOCOL_HTTP_JSON ? "application/json" : "application/x-protobuf",
        .user_agent = "OTel-OTLP-Exporter-C/" AGENT_VERSION,
        .compression = pack_format_of(otlp->compression),
        .timeout_ms = timeout_ms,
    };
    unsigned bad_headers = 0;
    struct sink *sink = otlp->protocol == PROTOCOL_GRPC
                            ? grpc_sink_create(http, &options, &bad_headers)
                            : http_sink_create(http, &options, &bad_headers);

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
    const struct destination_signal *ways = &SIGNALS[signal];
    const struct settings_otlp *otlp = &settings->otlp[signal];
    const struct destination_format *format =
        otlp->protocol == PROTOCOL_HTTP_JSON ? &ways->json : &ways->proto;
    uint32_t exporters = settings->is_disabled ? 0 : settings->exporters[signal];
    uint32_t limit_ms = timeout_ms(settings, signal);
    struct destination all[DESTINATIONS_MAX] = {
        { .type = ways->otlp_types[otlp->protocol],
          .encode_records = format->records,
          .encode_metrics = format->metrics },
        { .type = ways->file_type,
          .encode_records = ways->json.records,
          .encode_metrics = ways->json.metrics },
        { .type = ways->console_type,
          .encode_records = ways->console.records,
          .encode_metrics = ways->console.metrics,
          .is_immediate = true },
    };
    unsigned count = 0;

    if (exporters & EXPORTER_OTLP)
        all[0].sink = otlp_create(otlp, limit_ms, http);
    if (exporters & EXPORTER_OTLP_FILE)
        all[1].sink = file_create(settings->file_dir, ways->file_name);
    if (exporters & EXPORTER_CONSOLE)
        all[2].sink = stdout_sink_create(STDOUT_FILENO);
    for (unsigned i = 0; i < DESTINATIONS_MAX; i++) {
        if (all[i].sink == NULL)
            continue;
        all[i].timeout_ms = limit_ms;
        out[count++] = all[i];
    }
    return count;
}
