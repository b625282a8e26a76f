#include "agent/pipeline/destination.h"

#include "agent/encode/console.h"
#include "agent/encode/json_logs.h"
#include "agent/encode/json_metrics.h"
#include "agent/encode/json_traces.h"
#include "agent/encode/prometheus_text.h"
#include "agent/encode/proto_logs.h"
#include "agent/encode/proto_metrics.h"
#include "agent/encode/proto_traces.h"
#include "agent/encode/zipkin_json.h"
#include "agent/report.h"
#include "agent/send/file.h"
#include "agent/send/grpc_sink.h"
#include "agent/send/http_sink.h"
#include "agent/send/stdout.h"
#include "agent/version.h"

#include <stdio.h>
#include <unistd.h>

enum { DESTINATION_PATH_BYTES = 4096 };

/* For whom a destination is made. */
struct destination_request {
    const struct settings *settings;
    enum settings_signal signal;
    struct http *http;
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

static uint32_t shorter_timeout(uint32_t left_ms, uint32_t right_ms)
{
    if (left_ms == 0 || right_ms == 0)
        return left_ms + right_ms;
    return left_ms < right_ms ? left_ms : right_ms;
}

/* The processor's and the exporter's: both bound an attempt. */
static uint32_t timeout_ms(const struct destination_request *request, uint32_t exporter_ms)
{
    const struct settings *settings = request->settings;
    const uint32_t processors_ms[SIGNAL_COUNT] = {
        [SIGNAL_TRACES] = settings->span_batch.export_timeout_ms,
        [SIGNAL_METRICS] = settings->metric_timeout_ms,
        [SIGNAL_LOGS] = settings->log_batch.export_timeout_ms,
    };

    return shorter_timeout(processors_ms[request->signal], exporter_ms);
}

/* --- one for each way to send: fills sink or listen; nothing, reported, when it cannot be ------
 */

static void otlp_open(const struct destination_request *request, struct destination *out)
{
    const struct settings_otlp *otlp = &request->settings->otlp[request->signal];
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
        .timeout_ms = timeout_ms(request, otlp->timeout_ms),
    };
    unsigned bad_headers = 0;

    out->timeout_ms = options.timeout_ms;
    out->sink = otlp->protocol == PROTOCOL_GRPC
                    ? grpc_sink_create(request->http, &options, &bad_headers)
                    : http_sink_create(request->http, &options, &bad_headers);
    /* Their values may be secrets: only how many. */
    if (bad_headers > 0)
        report_warn("%u of the headers for %s cannot be read and are left out; they are "
                    "key=value,key=value with percent-encoded values",
                    bad_headers, otlp->endpoint);
    if (out->sink == NULL)
        report_error("the endpoint \"%s\" cannot be used; it must be http://host:port/path",
                     otlp->endpoint);
}

static void zipkin_open(const struct destination_request *request, struct destination *out)
{
    const struct settings_zipkin *zipkin = &request->settings->zipkin;
    const struct http_options options = {
        .url = zipkin->endpoint,
        .headers = "",
        .certificate = "",
        .client_certificate = "",
        .client_key = "",
        .content_type = "application/json",
        .user_agent = "OTel-Zipkin-Exporter-C/" AGENT_VERSION,
    };
    unsigned bad_headers = 0;

    out->timeout_ms = timeout_ms(request, zipkin->timeout_ms);
    out->sink = http_sink_create(request->http, &options, &bad_headers);
    if (out->sink == NULL)
        report_error("the endpoint \"%s\" cannot be used; it must be http://host:port/path",
                     zipkin->endpoint);
}

static void file_open(const struct destination_request *request, struct destination *out)
{
    static const char *const names[SIGNAL_COUNT] = { "traces.json", "metrics.json", "logs.json" };
    const char *folder = request->settings->file_dir, *name = names[request->signal];
    char path[DESTINATION_PATH_BYTES];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);

    if (length > 0 && (size_t)length < sizeof path)
        out->sink = file_sink_create(path, FILE_SIZE_MAX);
    if (out->sink == NULL)
        report_error("the file %s in \"%s\" cannot be used: the path is too long, or there is "
                     "no memory",
                     name, folder);
}

static void console_open(const struct destination_request *request, struct destination *out)
{
    (void)request;
    out->sink = stdout_sink_create(STDOUT_FILENO, "");
    out->is_immediate = true; /* the specification's simple processor */
    out->is_plain = true;     /* OTLP's options for metrics are not its own */
}

static void stdout_open(const struct destination_request *request, struct destination *out)
{
    (void)request;
    out->sink = stdout_sink_create(STDOUT_FILENO, "\n");
}

static void prometheus_open(const struct destination_request *request, struct destination *out)
{
    const struct settings_prometheus *prometheus = &request->settings->prometheus;
    const char *reason;

    out->is_plain = true; /* as the specification wants it */
    out->listen = listen_create(prometheus->host, prometheus->port, &reason);
    if (out->listen == NULL)
        report_error("nobody can fetch metrics: cannot listen on %s, port %u: %s; set "
                     "--exporter_prometheus_host to an address of this machine, or the port to a "
                     "free one",
                     prometheus->host, prometheus->port, reason);
}

/* --- the table -------------------------------------------------------------------------------- */

/* The books follow the first of a signal. */
enum { NO_PROTOCOL = PROTOCOL_COUNT }; /* of a way that has only one */

static const struct destination_way {
    enum settings_signal signal;
    enum settings_exporter exporter;
    unsigned protocol; /* enum settings_protocol, or NO_PROTOCOL */
    const char *type;  /* otel.component.type */
    struct destination_format format;
    void (*open)(const struct destination_request *request, struct destination *out);
} WAYS[] = {
#define RECORDS(encode)                                                                            \
    {                                                                                              \
        .records = (encode)                                                                        \
    }
#define PAGE(encode)                                                                               \
    {                                                                                              \
        .page = (encode)                                                                           \
    }
#define METRICS(encode)                                                                            \
    {                                                                                              \
        .metrics = (encode)                                                                        \
    }
    { SIGNAL_TRACES, EXPORTER_OTLP, PROTOCOL_HTTP_JSON, "otlp_http_json_span_exporter",
      RECORDS(json_traces_encode), otlp_open },
    { SIGNAL_TRACES, EXPORTER_OTLP, PROTOCOL_HTTP_PROTOBUF, "otlp_http_span_exporter",
      RECORDS(proto_traces_encode), otlp_open },
    { SIGNAL_TRACES, EXPORTER_OTLP, PROTOCOL_GRPC, "otlp_grpc_span_exporter",
      RECORDS(proto_traces_encode), otlp_open },
    { SIGNAL_TRACES, EXPORTER_ZIPKIN, NO_PROTOCOL, "zipkin_http_span_exporter",
      RECORDS(zipkin_json_encode), zipkin_open },
    { SIGNAL_TRACES, EXPORTER_OTLP_FILE, NO_PROTOCOL, "otlp_file_span_exporter",
      RECORDS(json_traces_encode), file_open },
    { SIGNAL_TRACES, EXPORTER_OTLP_STDOUT, NO_PROTOCOL, "otlp_stdout_span_exporter",
      RECORDS(json_traces_encode), stdout_open },
    { SIGNAL_TRACES, EXPORTER_CONSOLE, NO_PROTOCOL, "console_span_exporter",
      RECORDS(console_traces_encode), console_open },
    { SIGNAL_METRICS, EXPORTER_OTLP, PROTOCOL_HTTP_JSON, "otlp_http_json_metric_exporter",
      METRICS(json_metrics_encode), otlp_open },
    { SIGNAL_METRICS, EXPORTER_OTLP, PROTOCOL_HTTP_PROTOBUF, "otlp_http_metric_exporter",
      METRICS(proto_metrics_encode), otlp_open },
    { SIGNAL_METRICS, EXPORTER_OTLP, PROTOCOL_GRPC, "otlp_grpc_metric_exporter",
      METRICS(proto_metrics_encode), otlp_open },
    { SIGNAL_METRICS, EXPORTER_OTLP_FILE, NO_PROTOCOL, "otlp_file_metric_exporter",
      METRICS(json_metrics_encode), file_open },
    { SIGNAL_METRICS, EXPORTER_OTLP_STDOUT, NO_PROTOCOL, "otlp_stdout_metric_exporter",
      METRICS(json_metrics_encode), stdout_open },
    { SIGNAL_METRICS, EXPORTER_CONSOLE, NO_PROTOCOL, "console_metric_exporter",
      METRICS(console_metrics_encode), console_open },
    { SIGNAL_METRICS, EXPORTER_PROMETHEUS, NO_PROTOCOL, "prometheus_http_text_metric_exporter",
      PAGE(prometheus_text_encode), prometheus_open },
    { SIGNAL_LOGS, EXPORTER_OTLP, PROTOCOL_HTTP_JSON, "otlp_http_json_log_exporter",
      RECORDS(json_logs_encode), otlp_open },
    { SIGNAL_LOGS, EXPORTER_OTLP, PROTOCOL_HTTP_PROTOBUF, "otlp_http_log_exporter",
      RECORDS(proto_logs_encode), otlp_open },
    { SIGNAL_LOGS, EXPORTER_OTLP, PROTOCOL_GRPC, "otlp_grpc_log_exporter",
      RECORDS(proto_logs_encode), otlp_open },
    { SIGNAL_LOGS, EXPORTER_OTLP_FILE, NO_PROTOCOL, "otlp_file_log_exporter",
      RECORDS(json_logs_encode), file_open },
    { SIGNAL_LOGS, EXPORTER_OTLP_STDOUT, NO_PROTOCOL, "otlp_stdout_log_exporter",
      RECORDS(json_logs_encode), stdout_open },
    { SIGNAL_LOGS, EXPORTER_CONSOLE, NO_PROTOCOL, "console_log_exporter",
      RECORDS(console_logs_encode), console_open },
#undef RECORDS
#undef METRICS
#undef PAGE
};

unsigned destinations_create(const struct settings *settings, enum settings_signal signal,
                             struct http *http, struct destination out[DESTINATIONS_MAX])
{
    const struct destination_request request = { settings, signal, http };
    unsigned count = 0;

    if (settings->is_disabled)
        return 0;
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0] && count < DESTINATIONS_MAX; i++) {
        const struct destination_way *way = &WAYS[i];

        if (way->signal != signal || (settings->exporters[signal] & way->exporter) == 0 ||
            (way->protocol != NO_PROTOCOL && way->protocol != settings->otlp[signal].protocol))
            continue;
        out[count] = (struct destination){ .type = way->type,
                                           .exporter = way->exporter,
                                           .format = way->format };
        way->open(&request, &out[count]);
        if (out[count].sink != NULL || out[count].listen != NULL)
            count++;
    }
    return count;
}
