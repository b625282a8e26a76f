/*
 * From single values to settings: which of two values wins, and what belongs together. The rules
 * are the specification's; the sections stand at each.
 */
#include "agent/config/settings.h"

#include "agent/config/config_file.h"
#include "agent/config/exporter_settings.h"
#include "agent/config/header_settings.h"
#include "agent/config/options.h"
#include "agent/config/resource_settings.h"
#include "agent/encode/encoder.h"
#include "agent/report.h"
#include "base/mem.h"
#include "segment/layout.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_COUNT_LIMIT = 128 };

static const struct option_value *value(const struct options *options, enum option_id id)
{
    return &options->values[id];
}

/* --- texts; NULL when there is no memory --------------------------------------------------- */

static char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *text_format(const char *format, ...)
{
    va_list arguments;
    char *out = NULL;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length >= 0)
        out = mem_alloc((size_t)length + 1);
    if (!out)
        return NULL;
    va_start(arguments, format);
    (void)vsnprintf(out, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return out;
}

/* Without the white space at the end; the beginning has none. */
static size_t text_length(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return length;
}

/* --- limits: specific set, general set, specific default, general default (common/README.md) -- */

static uint32_t limit_derive(const struct options *options, enum option_id specific,
                             enum option_id general, uint32_t otherwise)
{
    if (value(options, specific)->is_set)
        return (uint32_t)value(options, specific)->integer;
    if (value(options, general)->is_set)
        return (uint32_t)value(options, general)->integer;
    return otherwise;
}

static void limits_derive(const struct options *options, struct settings_limits *out)
{
    const enum option_id count = OPTION_ATTRIBUTE_COUNT_LIMIT;
    const enum option_id length = OPTION_ATTRIBUTE_VALUE_LENGTH_LIMIT;

    out->span_attribute_count =
        limit_derive(options, OPTION_SPAN_ATTRIBUTE_COUNT_LIMIT, count, DEFAULT_COUNT_LIMIT);
    out->span_attribute_value_length =
        limit_derive(options, OPTION_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, length, SETTINGS_NO_LIMIT);
    out->span_event_count = (uint32_t)value(options, OPTION_SPAN_EVENT_COUNT_LIMIT)->integer;
    out->span_link_count = (uint32_t)value(options, OPTION_SPAN_LINK_COUNT_LIMIT)->integer;
    out->event_attribute_count =
        limit_derive(options, OPTION_EVENT_ATTRIBUTE_COUNT_LIMIT, count, DEFAULT_COUNT_LIMIT);
    out->link_attribute_count =
        limit_derive(options, OPTION_LINK_ATTRIBUTE_COUNT_LIMIT, count, DEFAULT_COUNT_LIMIT);
    out->log_attribute_count =
        limit_derive(options, OPTION_LOGRECORD_ATTRIBUTE_COUNT_LIMIT, count, DEFAULT_COUNT_LIMIT);
    out->log_attribute_value_length = limit_derive(
        options, OPTION_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT, length, SETTINGS_NO_LIMIT);
}

/* A batch above the queue could never fill: the specification names no repair, so clamp. */
static void batch_derive(const struct options *options, enum option_id first,
                         struct settings_batch *out)
{
    out->schedule_delay_ms = (uint32_t)value(options, first)->integer;
    out->export_timeout_ms = (uint32_t)value(options, first + 1)->integer;
    out->queue_size_max = (uint32_t)value(options, first + 2)->integer;
    out->batch_size_max = (uint32_t)value(options, first + 3)->integer;
    if (out->batch_size_max > out->queue_size_max) {
        if (value(options, first + 3)->is_set)
            report_warn("--%s %u is above --%s; %u applies", option_name(first + 3),
                        out->batch_size_max, option_name(first + 2), out->queue_size_max);
        out->batch_size_max = out->queue_size_max;
    }
}

_Static_assert(OPTION_BSP_MAX_EXPORT_BATCH_SIZE == OPTION_BSP_SCHEDULE_DELAY + 3 &&
                   OPTION_BLRP_MAX_EXPORT_BATCH_SIZE == OPTION_BLRP_SCHEDULE_DELAY + 3,
               "batch_derive counts on the order of the list");

/* --- OTLP destinations: the signal's own value over the general one (protocol/exporter.md) ---- */

static const struct {
    enum option_id endpoint; /* the first of the block, in the order of OPTION_OTLP */
    const char *path;        /* of http */
    const char *method;      /* of grpc */
} SIGNALS[SIGNAL_COUNT] = {
    [SIGNAL_TRACES] = { OPTION_EXPORTER_OTLP_TRACES_ENDPOINT, "v1/traces",
                        "opentelemetry.proto.collector.trace.v1.TraceService/Export" },
    [SIGNAL_METRICS] = { OPTION_EXPORTER_OTLP_METRICS_ENDPOINT, "v1/metrics",
                         "opentelemetry.proto.collector.metrics.v1.MetricsService/Export" },
    [SIGNAL_LOGS] = { OPTION_EXPORTER_OTLP_LOGS_ENDPOINT, "v1/logs",
                      "opentelemetry.proto.collector.logs.v1.LogsService/Export" },
};

#define HTTP_ENDPOINT "http://localhost:4318"
#define GRPC_ENDPOINT "http://localhost:4317"
#define GRPC_PORT ":4317"

enum otlp_part { /* distance from the block's first option */
                 OTLP_ENDPOINT = 0,
                 OTLP_PROTOCOL,
                 OTLP_HEADERS,
                 OTLP_TIMEOUT,
                 OTLP_COMPRESSION,
                 OTLP_CERTIFICATE,
                 OTLP_CLIENT_CERTIFICATE,
                 OTLP_CLIENT_KEY,
                 OTLP_INSECURE,
};
_Static_assert(OPTION_EXPORTER_OTLP_INSECURE == OPTION_EXPORTER_OTLP_ENDPOINT + OTLP_INSECURE &&
                   OPTION_EXPORTER_OTLP_TIMEOUT == OPTION_EXPORTER_OTLP_ENDPOINT + OTLP_TIMEOUT,
               "otlp_pick counts on the order of the list");

static enum option_id otlp_pick(const struct options *options, enum settings_signal signal,
                                enum otlp_part part)
{
    int own = (int)SIGNALS[signal].endpoint + (int)part;
    int general = (int)OPTION_EXPORTER_OTLP_ENDPOINT + (int)part;

    return (enum option_id)(value(options, (enum option_id)own)->is_set ? own : general);
}

/* Length of "http://" or "https://" at the beginning; 0: there is none. */
static size_t scheme_length(const char *url)
{
    const char *end = strstr(url, "://");

    return end ? (size_t)(end - url) + 3 : 0;
}

/*
 * Of http. The general endpoint is a base to which the signal's path is appended; a signal's own
 * is taken as it is, and only an empty path becomes "/".
 */
static char *http_endpoint(const struct options *options, enum settings_signal signal)
{
    enum option_id id = otlp_pick(options, signal, OTLP_ENDPOINT);
    const char *url = value(options, id)->text;
    int length = (int)text_length(url);

    if (scheme_length(url) == 0) {
        report_warn("--%s %s: http needs http://HOST:PORT or https://HOST:PORT; the default "
                    "applies: " HTTP_ENDPOINT,
                    option_name(id), url);
        return text_format(HTTP_ENDPOINT "/%s", SIGNALS[signal].path);
    }
    if (id == OPTION_EXPORTER_OTLP_ENDPOINT)
        return text_format("%.*s%s%s", length, url, url[length - 1] == '/' ? "" : "/",
                           SIGNALS[signal].path);
    if (strchr(url + scheme_length(url), '/'))
        return text_format("%.*s", length, url);
    report_info("--%s %.*s/ has no path and is taken as it is; collectors take /%s",
                option_name(id), length, url, SIGNALS[signal].path);
    return text_format("%.*s/", length, url);
}

/* Of grpc: scheme, host and port count, and the method is the path. The scheme wins over the
 * option `insecure`, which speaks for an endpoint without one. */
static char *grpc_endpoint(const struct options *options, enum settings_signal signal)
{
    const struct option_value *given = value(options, otlp_pick(options, signal, OTLP_ENDPOINT));
    bool is_insecure = value(options, otlp_pick(options, signal, OTLP_INSECURE))->integer != 0;
    const char *url = given->is_set ? given->text : GRPC_ENDPOINT;
    const char *host = url + scheme_length(url);
    const char *scheme = host > url ? url : is_insecure ? "http://" : "https://";
    int host_length = (int)strcspn(host, "/ \t\r\n");
    const char *bracket = memchr(host, ']', (size_t)host_length); /* an IPv6 address has colons */
    bool has_port = strcspn(bracket ? bracket : host, ":") <
                    (size_t)(host_length - (bracket ? bracket - host : 0));

    return text_format("%.*s%.*s%s/%s", (int)scheme_length(scheme), scheme, host_length, host,
                       has_port ? "" : GRPC_PORT, SIGNALS[signal].method);
}

static bool otlp_derive(const struct options *options, enum settings_signal signal,
                        struct settings_otlp *out)
{
#define PICK(part) value(options, otlp_pick(options, signal, part))
    out->protocol = (enum settings_protocol)PICK(OTLP_PROTOCOL)->integer;
    out->timeout_ms = (uint32_t)PICK(OTLP_TIMEOUT)->integer;
    out->compression = (enum settings_compression)PICK(OTLP_COMPRESSION)->integer;
    out->endpoint = out->protocol == PROTOCOL_GRPC ? grpc_endpoint(options, signal)
                                                   : http_endpoint(options, signal);
    out->headers = mem_strdup(PICK(OTLP_HEADERS)->text);
    out->certificate = mem_strdup(PICK(OTLP_CERTIFICATE)->text);
    out->client_certificate = mem_strdup(PICK(OTLP_CLIENT_CERTIFICATE)->text);
    out->client_key = mem_strdup(PICK(OTLP_CLIENT_KEY)->text);
#undef PICK
    return out->endpoint && out->headers && out->certificate && out->client_certificate &&
           out->client_key;
}

/* --- single settings
 * ------------------------------------------------------------------------------- */

static void sampler_derive(const struct options *options, struct settings *out)
{
    static const struct {
        enum settings_sampler sampler;
        bool is_parent_based;
    } SAMPLERS[] = { /* in the order of OPTION_SAMPLERS */
                     { SAMPLER_ALWAYS_ON, false }, { SAMPLER_ALWAYS_OFF, false },
                     { SAMPLER_RATIO, false },     { SAMPLER_ALWAYS_ON, true },
                     { SAMPLER_ALWAYS_OFF, true }, { SAMPLER_RATIO, true }
    };
    const struct option_value *chosen = value(options, OPTION_TRACES_SAMPLER);

    const struct settings_sampler_rule root = {
        .sampler = SAMPLERS[chosen->integer].sampler,
        .ratio = value(options, OPTION_TRACES_SAMPLER_ARG)->real,
    };

    for (int parent = 0; parent < PARENT_COUNT; parent++)
        out->samplers[parent] = root;
    if (SAMPLERS[chosen->integer].is_parent_based) {
        out->samplers[PARENT_REMOTE_SAMPLED].sampler = SAMPLER_ALWAYS_ON;
        out->samplers[PARENT_REMOTE_NOT_SAMPLED].sampler = SAMPLER_ALWAYS_OFF;
        out->samplers[PARENT_LOCAL_SAMPLED].sampler = SAMPLER_ALWAYS_ON;
        out->samplers[PARENT_LOCAL_NOT_SAMPLED].sampler = SAMPLER_ALWAYS_OFF;
    }
    if (value(options, OPTION_TRACES_SAMPLER_ARG)->is_set && root.sampler != SAMPLER_RATIO)
        report_warn("--%s is not used: the sampler is not a ratio",
                    option_name(OPTION_TRACES_SAMPLER_ARG));
}

/* "none" beside another propagator says nothing. */
static void propagators_derive(const struct options *options, struct settings *out)
{
    const struct option_value *given = value(options, OPTION_PROPAGATORS);
    size_t count = 0;

    for (size_t i = 0; i < OPTION_CHOICES_MAX && given->order[i]; i++)
        if (given->order[i] < SEGMENT_PROPAGATOR_COUNT)
            out->propagators[count++] = given->order[i];
}

_Static_assert((int)SETTINGS_PROPAGATORS_SIZE == SEGMENT_PROPAGATOR_COUNT,
               "all propagators, and the end");

static uint32_t disabled_derive(const struct options *options)
{
    /* In the order of OPTION_INSTRUMENTATIONS; "*" is its last. */
    static const uint32_t HOOKS[] = { SEGMENT_DISABLED_FCGI,   SEGMENT_DISABLED_SQLITE,
                                      SEGMENT_DISABLED_CURL,   SEGMENT_DISABLED_STDERR,
                                      SEGMENT_DISABLED_SYSLOG, SEGMENT_DISABLED_CRASH };
    const size_t count = sizeof HOOKS / sizeof HOOKS[0];
    uint32_t bits = value(options, OPTION_DISABLED)->bits;
    uint32_t disabled = 0;

    for (size_t i = 0; i < count; i++)
        if ((bits & 1u << i) || (bits & 1u << count))
            disabled |= HOOKS[i];
    return disabled;
}

/* `spawn-fcgi … -- multiwatch … -- bin/board`: what stands behind the last "--" does the work. */
static const char *worker_command(char *const *program)
{
    const char *command = program[0];

    for (size_t i = 0; program[i]; i++)
        if (strcmp(program[i], "--") == 0 && program[i + 1])
            command = program[i + 1];
    return command;
}

static const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

/* The path as the program's processes need it: they may have another working directory. */
static char *path_absolute(const char *path)
{
    char folder[PATH_MAX];

    if (path[0] == '/')
        return mem_strdup(path);
    if (!getcwd(folder, sizeof folder))
        return NULL;
    return text_format("%s/%s", folder, path);
}

/* Without the option: a name of our own, which no other launcher will look for. */
static char *segment_path_derive(const struct options *options, const char *pool)
{
    const char *given = value(options, OPTION_C_SEGMENT)->text;
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char path[PATH_MAX];

    if (*given)
        return path_absolute(given);
    (void)snprintf(path, sizeof path, "%s/otel-%.64s-%ld.segment", folder, pool, (long)getpid());
    for (char *slash = path + strlen(folder) + 1; *slash; slash++)
        if (*slash == '/')
            *slash = '_';
    return mem_strdup(path);
}

static bool texts_derive(const struct options *options, struct settings *out)
{
    const char *command = worker_command(options->program);
    const char *program = path_name(command);
    const char *pool = value(options, OPTION_C_POOL)->text;

    out->command = mem_strdup(command);
    out->program = mem_strdup(program);
    out->pool = mem_strdup(*pool ? pool : program);
    out->service_name = mem_strdup(value(options, OPTION_SERVICE_NAME)->text);
    out->resource_attributes = mem_strdup(value(options, OPTION_RESOURCE_ATTRIBUTES)->text);
    out->file_dir = mem_strdup(value(options, OPTION_C_FILE_DIR)->text);
    out->segment_path = out->pool ? segment_path_derive(options, out->pool) : NULL;
    return out->command && out->program && out->pool && out->service_name &&
           out->resource_attributes && out->file_dir && out->segment_path;
}

/* What no option says; a sampler of the command line wins. */
static void file_derive(const struct options *options, struct settings *out)
{
    struct config_extras *extras = &options->file->extras;

    out->views = extras->views;
    out->view_count = extras->view_count;
    extras->views = NULL;
    extras->view_count = 0;
    memcpy(out->metric_cardinality, extras->cardinality, sizeof out->metric_cardinality);

    if (value(options, OPTION_RESOURCE_ATTRIBUTES)->origin != ORIGIN_OPTION) {
        out->resource_items = extras->resource_items;
        out->resource_item_count = extras->resource_item_count;
        extras->resource_items = NULL;
        extras->resource_item_count = 0;
    }

    if (extras->schema_url[0] && strcmp(extras->schema_url, ENCODER_SCHEMA_URL) != 0)
        report_warn("schema_url %s is not sent: the attributes are those of %s", extras->schema_url,
                    ENCODER_SCHEMA_URL);
    if (extras->has_samplers && !value(options, OPTION_TRACES_SAMPLER)->is_set)
        memcpy(out->samplers, extras->samplers, sizeof out->samplers);
}

bool settings_derive(const struct options *options, struct settings *out)
{
    bool is_good = false;

    memset(out, 0, sizeof *out);
    out->is_disabled = value(options, OPTION_SDK_DISABLED)->integer != 0;
    out->log_level = (enum settings_log_level)value(options, OPTION_LOG_LEVEL)->integer;
    out->metric_interval_ms = (uint32_t)value(options, OPTION_METRIC_EXPORT_INTERVAL)->integer;
    out->metric_timeout_ms = (uint32_t)value(options, OPTION_METRIC_EXPORT_TIMEOUT)->integer;
    out->has_xray_ids = value(options, OPTION_ID_GENERATOR)->integer != 0;
    propagators_derive(options, out);
    out->metric_temporality = (enum settings_temporality)value(
                                  options, OPTION_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE)
                                  ->integer;
    out->metric_histogram = (enum settings_histogram)value(
                                options, OPTION_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION)
                                ->integer;
    out->metric_exemplars =
        (enum settings_exemplars)value(options, OPTION_METRICS_EXEMPLAR_FILTER)->integer;
    out->captures_stderr = value(options, OPTION_LOGGING)->integer != 0;
    out->has_host_metrics = value(options, OPTION_C_HOST_METRICS)->integer != 0;
    out->disabled_hooks = disabled_derive(options);
    limits_derive(options, &out->limits);
    batch_derive(options, OPTION_BSP_SCHEDULE_DELAY, &out->span_batch);
    batch_derive(options, OPTION_BLRP_SCHEDULE_DELAY, &out->log_batch);
    sampler_derive(options, out);
    resource_settings_derive(options, out);
    if (options->file)
        file_derive(options, out);
    if (!texts_derive(options, out) || !header_settings_derive(options, out) ||
        !exporter_settings_derive(options, out))
        goto done;
    for (int signal = 0; signal < SIGNAL_COUNT; signal++)
        if (!otlp_derive(options, (enum settings_signal)signal, &out->otlp[signal]))
            goto done;
    is_good = true;
done:
    if (!is_good)
        settings_release(out);
    return is_good;
}

void settings_release(struct settings *settings)
{
    for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
        mem_free(settings->otlp[signal].endpoint);
        mem_free(settings->otlp[signal].headers);
        mem_free(settings->otlp[signal].certificate);
        mem_free(settings->otlp[signal].client_certificate);
        mem_free(settings->otlp[signal].client_key);
    }
    mem_free(settings->zipkin.endpoint);
    mem_free(settings->prometheus.host);
    mem_free(settings->prometheus.run_dir);
    mem_free(settings->spool.folder);
    sdk_views_destroy(settings->views, settings->view_count);
    resource_items_destroy(settings->resource_items, settings->resource_item_count);
    mem_free(settings->service_name);
    mem_free(settings->resource_attributes);
    mem_free(settings->command);
    mem_free(settings->program);
    mem_free(settings->pool);
    mem_free(settings->segment_path);
    mem_free(settings->file_dir);
    mem_free(settings->request_headers);
    mem_free(settings->response_headers);
    mem_free(settings->known_methods);
    memset(settings, 0, sizeof *settings);
}
