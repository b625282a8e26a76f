/*
 * Everything that can be set, after parsing: options.c fills it from its table, the rest of the
 * launcher reads it. Texts are owned by the settings and never NULL.
 */
#ifndef OTEL_AGENT_SETTINGS_H
#define OTEL_AGENT_SETTINGS_H

#include "agent/sdk/resource.h"
#include "agent/sdk/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum settings_signal { SIGNAL_TRACES = 0, SIGNAL_METRICS, SIGNAL_LOGS, SIGNAL_COUNT };

/* Bits, several at once: the places of their names among the option's accepted values. */
enum settings_exporter {
    EXPORTER_OTLP = 1 << 0,
    EXPORTER_CONSOLE = 1 << 1,
    EXPORTER_OTLP_FILE = 1 << 2,   /* OTLP JSON lines to files of file_dir */
    EXPORTER_OTLP_STDOUT = 1 << 3, /* and to standard output */
    EXPORTER_NONE = 1 << 4,        /* never in settings.exporters */
    EXPORTER_ZIPKIN = 1 << 5,      /* of traces */
    EXPORTER_PROMETHEUS = 1 << 5,  /* of metrics */
};

/* In the order of their options' accepted values. */
enum settings_protocol {
    PROTOCOL_HTTP_JSON = 0,
    PROTOCOL_HTTP_PROTOBUF,
    PROTOCOL_GRPC,
    PROTOCOL_COUNT
};
enum settings_compression { COMPRESSION_NONE = 0, COMPRESSION_GZIP, COMPRESSION_DEFLATE };
enum settings_log_level { LEVEL_ERROR = 0, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG };
enum settings_sampler { SAMPLER_ALWAYS_ON = 0, SAMPLER_ALWAYS_OFF, SAMPLER_RATIO };

/* Whose child a span is; in the order of enum segment_parent. */
enum settings_parent {
    PARENT_NONE = 0,
    PARENT_REMOTE_SAMPLED,
    PARENT_REMOTE_NOT_SAMPLED,
    PARENT_LOCAL_SAMPLED,
    PARENT_LOCAL_NOT_SAMPLED,
    PARENT_COUNT
};

struct settings_sampler_rule {
    enum settings_sampler sampler;
    double ratio; /* of SAMPLER_RATIO: 0 to 1 */
};

/* In the order of OPTION_DETECTOR_NAMES. */
enum settings_detector {
    DETECTOR_OTEL = 0, /* resource_attributes, service_name */
    DETECTOR_SERVICE_INSTANCE,
    DETECTOR_HOST,
    DETECTOR_OS,
    DETECTOR_PROCESS,
    DETECTOR_CONTAINER,
    DETECTOR_COUNT
};
/* In the order of their options' accepted values. */
enum settings_temporality { TEMPORALITY_CUMULATIVE = 0, TEMPORALITY_DELTA, TEMPORALITY_LOWMEMORY };
enum settings_histogram { HISTOGRAM_EXPLICIT = 0, HISTOGRAM_BASE2 };
enum settings_exemplars { EXEMPLARS_TRACE_BASED = 0, EXEMPLARS_ALWAYS_ON, EXEMPLARS_ALWAYS_OFF };

/* One destination: the per-signal form of a setting wins over the general one. */
struct settings_otlp {
    char *endpoint;    /* the whole URL, path included: specification protocol/exporter.md */
    char *headers;     /* "key=value,key=value" as given; percent-encoded */
    char *certificate; /* files of PEM; empty: not set */
    char *client_certificate;
    char *client_key;
    enum settings_protocol protocol;
    enum settings_compression compression;
    uint32_t timeout_ms; /* one attempt; 0: none */
};

struct settings_zipkin {
    char *endpoint;
    uint32_t timeout_ms; /* one attempt; 0: none */
};

struct settings_prometheus {
    char *host; /* where to listen */
    uint16_t port;
    bool has_units; /* in the names of metrics */
    char *run_dir;  /* where the address is written down; empty: nowhere */
};

struct settings_spool {
    char *folder; /* empty: nothing is kept on disk */
    uint64_t max_bytes;
    uint64_t max_age_ms;
};

struct settings_batch { /* BSP and BLRP */
    uint32_t schedule_delay_ms;
    uint32_t export_timeout_ms;
    uint32_t queue_size_max;
    uint32_t batch_size_max; /* at most queue_size_max */
};

#define SETTINGS_NO_LIMIT UINT32_MAX
#define SETTINGS_PROPAGATORS_SIZE 8 /* all there are, and the end */

struct settings_limits { /* after the precedence rule: specific, general, default */
    uint32_t span_attribute_count;
    uint32_t span_attribute_value_length; /* characters; SETTINGS_NO_LIMIT: none */
    uint32_t span_event_count;
    uint32_t span_link_count;
    uint32_t event_attribute_count;
    uint32_t link_attribute_count;
    uint32_t log_attribute_count;
    uint32_t log_attribute_value_length;
};

struct settings {
    bool is_disabled; /* OTEL_SDK_DISABLED */
    enum settings_log_level log_level;
    char *service_name;        /* empty: not set; sdk/resource.h knows what applies then */
    char *resource_attributes; /* "key=value,key=value" as given */
    struct resource_item *resource_items; /* owned: those that are no text */
    size_t resource_item_count;
    enum settings_detector detectors[DETECTOR_COUNT]; /* in order: a later one wins */
    size_t detector_count;
    bool has_distro;         /* telemetry.distro.* in the resource */
    bool omits_self_metrics; /* otel.sdk.* */
    char *command;           /* of the worker program, as it was given */
    char *program;           /* name of the worker program: process.executable.name */
    char *pool;              /* name of the pool: resource attribute fcgi.pool */
    char *segment_path;
    char *file_dir; /* of EXPORTER_OTLP_FILE: traces.json, metrics.json, logs.json */
    uint32_t exporters[SIGNAL_COUNT]; /* enum settings_exporter, or-ed; 0: none */
    struct settings_otlp otlp[SIGNAL_COUNT];
    struct settings_zipkin zipkin;
    struct settings_prometheus prometheus;
    struct settings_spool spool;
    struct settings_batch span_batch;
    struct settings_batch log_batch;
    uint32_t metric_interval_ms;
    uint32_t metric_timeout_ms;
    enum settings_temporality metric_temporality; /* of otlp and otlp_file; others: cumulative */
    enum settings_histogram metric_histogram;     /* of the same: what histograms become */
    enum settings_exemplars metric_exemplars;
    uint32_t metric_cardinality[SDK_INSTRUMENT_KIND_COUNT]; /* 0: the default, 2000 */
    struct sdk_view *views; /* owned; sdk_view_problem finds none in them */
    size_t view_count;
    struct settings_limits limits;
    bool has_xray_ids;
    struct settings_sampler_rule samplers[PARENT_COUNT]; /* the same, unless it asks the parent */
    uint8_t propagators[SETTINGS_PROPAGATORS_SIZE]; /* enum segment_propagator, in order; 0: end */
    uint32_t disabled_hooks;                        /* enum segment_disabled */
    bool captures_stderr;
    bool has_host_metrics; /* system.*: one launcher of a machine */
    char *request_headers; /* lower case, comma between, "=" behind one whose value is secret */
    char *response_headers;
    char *known_methods; /* comma between */
};

struct options;

/*
 * Makes the settings of the options: specific over general, endpoints completed, ranges that
 * belong together. False, reported, when the program cannot be started like this; *out is empty
 * then. settings_release is legal on empty settings.
 */
bool settings_derive(const struct options *options, struct settings *out);
void settings_release(struct settings *settings);

#endif
