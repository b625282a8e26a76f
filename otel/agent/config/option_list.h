/*
 * Every option of the launcher, once. Parsing, environment variables, --help and the
 * documentation (--help=markdown) all come from this list.
 *
 * X(ID, name, type, default, minimum, maximum, accepted, help)
 *   name      the option is --name; its variable is OTEL_NAME. Of the PYTHON types the variables
 *             are OTEL_PYTHON_NAME and OTEL_C_NAME, and --python_name is accepted too
 *   accepted  of CHOICE and CHOICES: the values, "|" between; their place is what settings.c reads.
 *             "a=b" are two names of one value
 *   default   parsed as a value is; "" is "not set"
 *
 * Names, types and defaults: specification configuration/sdk-environment-variables.md and
 * protocol/exporter.md. The one difference is the protocol, http/json.
 */
#ifndef OTEL_AGENT_OPTION_LIST_H
#define OTEL_AGENT_OPTION_LIST_H

#define OPTION_INT_MAX INT64_C(2147483647)

#define OPTION_SAMPLERS                                                                            \
    "always_on|always_off|traceidratio|parentbased_always_on|parentbased_always_off|"              \
    "parentbased_traceidratio"
/* In the order of enum segment_propagator, from 1. */
#define OPTION_PROPAGATOR_NAMES "tracecontext|baggage|b3|b3multi|jaeger|xray|ottrace|none"
#define OPTION_EXPORTERS "otlp|console|otlp_file|otlp/stdout|none" /* and each signal's own */
#define OPTION_TRACE_EXPORTERS OPTION_EXPORTERS "|zipkin"
#define OPTION_METRIC_EXPORTERS OPTION_EXPORTERS "|prometheus"
/* Ours, and Python's names of what does the same there. */
#define OPTION_INSTRUMENTATIONS                                                                    \
    "fcgi=flask=django=fastapi=starlette=falcon=pyramid=tornado=wsgi=asgi|"                        \
    "sqlite3=dbapi=sqlalchemy|curl=requests=urllib=urllib3=httpx=aiohttp-client|"                  \
    "stderr=logging|syslog=logging|crash|*"
#define OPTION_DETECTOR_NAMES                                                                      \
    "otel|service_instance=service|host|os|process|container=containerid|*|none"

/* The settings of one OTLP destination: general and per signal. */
#define OPTION_OTLP(X, ID, name, default_endpoint, default_protocol, default_timeout,              \
                    default_compression, default_insecure, of, endpoint_note)                      \
    X(ID##_ENDPOINT, name "_endpoint", ENDPOINT, default_endpoint, 0, 0, "",                       \
      "Where " of " go" endpoint_note)                                                             \
    X(ID##_PROTOCOL, name "_protocol", CHOICE, default_protocol, 0, 0,                             \
      "http/json|http/protobuf|grpc", "Protocol for " of)                                          \
    X(ID##_HEADERS, name "_headers", TEXT, "", 0, 0, "",                                           \
      "Headers for " of ": key=value,key=value, percent-encoded")                                  \
    X(ID##_TIMEOUT, name "_timeout", TIMEOUT, default_timeout, 0, OPTION_INT_MAX, "",              \
      "Milliseconds that one attempt to send " of " may take; 0: no limit")                        \
    X(ID##_COMPRESSION, name "_compression", CHOICE, default_compression, 0, 0,                    \
      "none|gzip|deflate", "Compression of " of)                                                   \
    X(ID##_CERTIFICATE, name "_certificate", TEXT, "", 0, 0, "",                                   \
      "File of the PEM certificates that are trusted for " of)                                     \
    X(ID##_CLIENT_CERTIFICATE, name "_client_certificate", TEXT, "", 0, 0, "",                     \
      "File of the PEM certificates that we show for " of)                                         \
    X(ID##_CLIENT_KEY, name "_client_key", TEXT, "", 0, 0, "",                                     \
      "File of the PEM key to the client certificate for " of)                                     \
    X(ID##_INSECURE, name "_insecure", BOOL, default_insecure, 0, 0, "",                           \
      "true: no TLS for " of " where grpc's endpoint does not say http:// or https://")

#define OPTION_BATCH(X, ID, name, default_delay, of)                                               \
    X(ID##_SCHEDULE_DELAY, name "_schedule_delay", DURATION, default_delay, 0, OPTION_INT_MAX, "", \
      "Milliseconds between two exports of " of)                                                   \
    X(ID##_EXPORT_TIMEOUT, name "_export_timeout", TIMEOUT, "30000", 0, OPTION_INT_MAX, "",        \
      "Milliseconds that an export of " of " may take; 0: no limit")                               \
    X(ID##_MAX_QUEUE_SIZE, name "_max_queue_size", INT, "2048", 1, OPTION_INT_MAX, "",             \
      "Most " of " that wait; more are dropped and counted")                                       \
    X(ID##_MAX_EXPORT_BATCH_SIZE, name "_max_export_batch_size", INT, "512", 1, OPTION_INT_MAX,    \
      "", "Most " of " in one export; at most the queue's size")

#define OPTION_LIMIT(X, ID, name, default_count, of)                                               \
    X(ID, name, INT, default_count, 0, OPTION_INT_MAX, "", "Most " of)

/* Of an exporter that is no more. */
#define OPTION_JAEGER(X, ID, name)                                                                 \
    X(EXPORTER_JAEGER_##ID, "exporter_jaeger_" name, TEXT, "", 0, 0, "",                           \
      "Has no effect: Jaeger takes OTLP, see exporter_otlp_endpoint")

#define OPTION_LIST(X)                                                                             \
    X(LOG_LEVEL, "log_level", CHOICE, "info", 0, 0, "error|warn|info|debug",                       \
      "Least important message of the launcher itself that is shown")                              \
    X(CONFIG_FILE, "config_file", TEXT, "", 0, 0, "",                                              \
      "File of declarative configuration (YAML); with it, variables count only where it refers "   \
      "to them, and what it does not name is off")                                                 \
    X(SDK_DISABLED, "sdk_disabled", BOOL, "false", 0, 0, "",                                       \
      "true: no telemetry; the trace context is still passed on")                                  \
    X(SERVICE_NAME, "service_name", TEXT, "", 0, 0, "",                                            \
      "service.name of the resource; default unknown_service:PROGRAM")                             \
    X(RESOURCE_ATTRIBUTES, "resource_attributes", TEXT, "", 0, 0, "",                              \
      "Attributes of the resource: key=value,key=value, percent-encoded")                          \
    X(DETECTORS, "experimental_resource_detectors", CHOICES,                                       \
      "service_instance,host,os,process,container,otel", 0, 0, OPTION_DETECTOR_NAMES,              \
      "What finds attributes of the resource; a later one wins. otel (resource_attributes) is "    \
      "the last where it is not named, service_instance is always there; * for all")               \
    X(TRACES_EXPORTER, "traces_exporter", CHOICES, "otlp", 0, 0, OPTION_TRACE_EXPORTERS,           \
      "Where spans go; several with a comma between")                                              \
    X(METRICS_EXPORTER, "metrics_exporter", CHOICES, "otlp", 0, 0, OPTION_METRIC_EXPORTERS,        \
      "Where metrics go; several with a comma between")                                            \
    X(LOGS_EXPORTER, "logs_exporter", CHOICES, "otlp", 0, 0, OPTION_EXPORTERS,                     \
      "Where log records go; several with a comma between")                                        \
    OPTION_OTLP(X, EXPORTER_OTLP, "exporter_otlp", "http://localhost:4318", "http/json", "10000",  \
                "none", "false", "all signals",                                                    \
                "; http appends /v1/traces, /v1/metrics or /v1/logs; grpc's default is "           \
                "http://localhost:4317")                                                           \
    OPTION_OTLP(X, EXPORTER_OTLP_TRACES, "exporter_otlp_traces", "", "", "", "", "",               \
                "traces alone", "; http takes it as it is")                                        \
    OPTION_OTLP(X, EXPORTER_OTLP_METRICS, "exporter_otlp_metrics", "", "", "", "", "",             \
                "metrics alone", "; http takes it as it is")                                       \
    OPTION_OTLP(X, EXPORTER_OTLP_LOGS, "exporter_otlp_logs", "", "", "", "", "", "logs alone",     \
                "; http takes it as it is")                                                        \
    X(EXPORTER_ZIPKIN_ENDPOINT, "exporter_zipkin_endpoint", ENDPOINT,                              \
      "http://localhost:9411/api/v2/spans", 0, 0, "", "Where zipkin's spans go, as it is")         \
    X(EXPORTER_ZIPKIN_TIMEOUT, "exporter_zipkin_timeout", TIMEOUT, "10000", 0, OPTION_INT_MAX, "", \
      "Milliseconds that one attempt to send to zipkin may take; 0: no limit")                     \
    X(EXPORTER_PROMETHEUS_HOST, "exporter_prometheus_host", TEXT, "localhost", 0, 0, "",           \
      "Address on which prometheus' metrics can be fetched")                                       \
    X(EXPORTER_PROMETHEUS_PORT, "exporter_prometheus_port", INT, "9464", 0, 65535, "",             \
      "Port of prometheus' metrics; the next free one where it is taken; 0: any")                  \
    X(PROMETHEUS_NO_UNITS, "experimental_disable_prometheus_unit_normalization", PYTHON_BOOL,      \
      "false", 0, 0, "", "true: no units in the names of prometheus' metrics")                     \
    OPTION_JAEGER(X, AGENT_HOST, "agent_host")                                                     \
    OPTION_JAEGER(X, AGENT_PORT, "agent_port")                                                     \
    OPTION_JAEGER(X, AGENT_SPLIT_OVERSIZED_BATCHES, "agent_split_oversized_batches")               \
    OPTION_JAEGER(X, CERTIFICATE, "certificate")                                                   \
    OPTION_JAEGER(X, ENDPOINT, "endpoint")                                                         \
    OPTION_JAEGER(X, GRPC_INSECURE, "grpc_insecure")                                               \
    OPTION_JAEGER(X, PASSWORD, "password")                                                         \
    OPTION_JAEGER(X, TIMEOUT, "timeout")                                                           \
    OPTION_JAEGER(X, USER, "user")                                                                 \
    OPTION_BATCH(X, BSP, "bsp", "5000", "spans")                                                   \
    OPTION_BATCH(X, BLRP, "blrp", "1000", "log records")                                           \
    X(METRIC_EXPORT_INTERVAL, "metric_export_interval", DURATION, "60000", 1, OPTION_INT_MAX, "",  \
      "Milliseconds from one export of metrics to the next")                                       \
    X(METRIC_EXPORT_TIMEOUT, "metric_export_timeout", TIMEOUT, "30000", 0, OPTION_INT_MAX, "",     \
      "Milliseconds that an export of metrics may take; 0: no limit")                              \
    X(EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE,                                                \
      "exporter_otlp_metrics_temporality_preference", CHOICE, "cumulative", 0, 0,                  \
      "cumulative|delta|lowmemory",                                                                \
      "What a point of otlp and otlp_file counts from: the stream's start, or the last export")    \
    X(EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION,                                         \
      "exporter_otlp_metrics_default_histogram_aggregation", CHOICE, "explicit_bucket_histogram",  \
      0, 0, "explicit_bucket_histogram|base2_exponential_bucket_histogram",                        \
      "What histograms become for otlp and otlp_file, where no view says it")                      \
    X(METRICS_EXEMPLAR_FILTER, "metrics_exemplar_filter", CHOICE, "trace_based", 0, 0,             \
      "trace_based|always_on|always_off",                                                          \
      "Which measurements may become examples of their point: those of sampled traces, all, none") \
    OPTION_LIMIT(X, ATTRIBUTE_VALUE_LENGTH_LIMIT, "attribute_value_length_limit", "",              \
                 "characters of a text attribute, where nothing more specific is set")             \
    OPTION_LIMIT(X, ATTRIBUTE_COUNT_LIMIT, "attribute_count_limit", "",                            \
                 "attributes, where nothing more specific is set; default 128")                    \
    OPTION_LIMIT(X, SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, "span_attribute_value_length_limit", "",    \
                 "characters of a span's text attribute")                                          \
    OPTION_LIMIT(X, SPAN_ATTRIBUTE_COUNT_LIMIT, "span_attribute_count_limit", "",                  \
                 "attributes of a span; default 128")                                              \
    OPTION_LIMIT(X, SPAN_EVENT_COUNT_LIMIT, "span_event_count_limit", "128", "events of a span")   \
    OPTION_LIMIT(X, SPAN_LINK_COUNT_LIMIT, "span_link_count_limit", "128", "links of a span")      \
    OPTION_LIMIT(X, EVENT_ATTRIBUTE_COUNT_LIMIT, "event_attribute_count_limit", "",                \
                 "attributes of a span's event; default 128")                                      \
    OPTION_LIMIT(X, LINK_ATTRIBUTE_COUNT_LIMIT, "link_attribute_count_limit", "",                  \
                 "attributes of a span's link; default 128")                                       \
    OPTION_LIMIT(X, LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT,                                        \
                 "logrecord_attribute_value_length_limit", "",                                     \
                 "characters of a log record's text attribute")                                    \
    OPTION_LIMIT(X, LOGRECORD_ATTRIBUTE_COUNT_LIMIT, "logrecord_attribute_count_limit", "",        \
                 "attributes of a log record; default 128")                                        \
    X(TRACES_SAMPLER, "traces_sampler", CHOICE, "parentbased_always_on", 0, 0, OPTION_SAMPLERS,    \
      "Which traces are kept")                                                                     \
    X(TRACES_SAMPLER_ARG, "traces_sampler_arg", RATIO, "1", 0, 1, "",                              \
      "Part of the traces that the ratio samplers keep")                                           \
    X(ID_GENERATOR, "id_generator", PYTHON_CHOICE, "random", 0, 0, "random|xray",                  \
      "How trace ids are made; xray: they begin with the second of their making")                  \
    X(PROPAGATORS, "propagators", CHOICES, "tracecontext,baggage", 0, 0, OPTION_PROPAGATOR_NAMES,  \
      "Formats in which the trace context is taken over (the last valid one wins) and passed on")  \
    X(LOGGING, "logging_auto_instrumentation_enabled", PYTHON_BOOL, "false", 0, 0, "",             \
      "true: what the program writes to stderr and syslog becomes log records")                    \
    X(DISABLED, "disabled_instrumentations", PYTHON_CHOICES, "", 0, 0, OPTION_INSTRUMENTATIONS,    \
      "Instrumentations that stay off; several with a comma between, * for all")                   \
    X(TRACER_PROVIDER, "tracer_provider", PYTHON_CHOICE, "sdk", 0, 0,                              \
      "sdk=sdk_tracer_provider|noop=default_tracer_provider", "noop: no spans are made")           \
    X(METER_PROVIDER, "meter_provider", PYTHON_CHOICE, "sdk", 0, 0,                                \
      "sdk=sdk_meter_provider|noop=default_meter_provider", "noop: no metrics are made")           \
    X(CONTEXT, "context", PYTHON_CHOICE, "thread_local", 0, 0, "thread_local=contextvars_context", \
      "Where the current span is kept: there is one place")                                        \
    X(CONFIGURATOR, "configurator", PYTHON_CHOICE, "default", 0, 0,                                \
      "default=configurator=sdk_configurator", "What builds the pipeline: there is one")           \
    X(DISTRO, "distro", PYTHON_CHOICE, "otel-instrument", 0, 0,                                    \
      "otel-instrument=default=distro|none",                                                       \
      "What the resource names as telemetry.distro.name; none: no such attribute")                 \
    X(TRACER_CONFIGURATOR, "tracer_configurator", PYTHON_CHOICE, "default", 0, 0, "default",       \
      "Which tracers are on: the default is all")                                                  \
    X(METER_CONFIGURATOR, "meter_configurator", PYTHON_CHOICE, "default", 0, 0, "default",         \
      "Which meters are on: the default is all")                                                   \
    X(LOGGER_CONFIGURATOR, "logger_configurator", PYTHON_CHOICE, "default", 0, 0, "default",       \
      "Which loggers are on: the default is all")                                                  \
    X(SELF_METRICS, "sdk_internal_metrics_enabled", PYTHON_BOOL, "true", 0, 0, "",                 \
      "false: no otel.sdk.* metrics of the launcher itself")                                       \
    X(STABILITY, "semconv_stability_opt_in", CHOICES, "", 0, 0,                                    \
      "http|http/dup|database|database/dup|code|code/dup|rpc|rpc/dup",                             \
      "Which conventions are sent: always the stable ones, never the old beside them")             \
    X(EXCEPTION_SIGNAL, "semconv_exception_signal_opt_in", CHOICE, "logs", 0, 0, "logs|logs/dup",  \
      "What an exception becomes: always a log record, never an event of its span beside it")      \
    X(REQUEST_HEADERS, "instrumentation_http_capture_headers_server_request", TEXT, "", 0, 0, "",  \
      "Request headers that become attributes; several with a comma between")                      \
    X(RESPONSE_HEADERS, "instrumentation_http_capture_headers_server_response", TEXT, "", 0, 0,    \
      "", "Response headers that become attributes; several with a comma between")                 \
    X(SANITIZE_FIELDS, "instrumentation_http_capture_headers_sanitize_fields", TEXT, "", 0, 0, "", \
      "Of captured headers, those whose value is [REDACTED]: names, or extended regular "          \
      "expressions of how a name begins; several with a comma between")                            \
    X(KNOWN_METHODS, "instrumentation_http_known_methods", TEXT,                                   \
      "GET,HEAD,POST,PUT,DELETE,CONNECT,OPTIONS,TRACE,PATCH,QUERY", 0, 0, "",                      \
      "Request methods that are told by their name, the others as _OTHER; the list is taken for "  \
      "this one")                                                                                  \
    X(C_POOL, "c_pool", TEXT, "", 0, 0, "",                                                        \
      "Name of the pool (resource attribute fcgi.pool); default the worker program's name")        \
    X(C_SEGMENT, "c_segment", TEXT, "", 0, 0, "",                                                  \
      "File of the shared memory; a launcher started again with the same one goes on with a pool " \
      "that lives. Default a fresh file in /dev/shm")                                              \
    X(C_FILE_DIR, "c_file_dir", TEXT, ".", 0, 0, "",                                               \
      "Folder of the exporter otlp_file: traces.json, metrics.json, logs.json")                    \
    X(C_RUN_DIR, "c_run_dir", TEXT, "", 0, 0, "",                                                  \
      "Folder where prometheus leaves POOL.prometheus.json: its address, for file_sd_configs")     \
    X(C_SPOOL_DIR, "c_spool_dir", TEXT, "", 0, 0, "",                                              \
      "Folder where spans and log records wait in POOL.spool while the receiver takes none, also " \
      "over a restart; made where it is not there. Default: they wait in memory, and not for "     \
      "long")                                                                                      \
    X(C_SPOOL_MAX_BYTES, "c_spool_max_bytes", INT, "1073741824", 4194304, INT64_C(1) << 40, "",    \
      "What may wait in that folder, in bytes; the oldest go first")                               \
    X(C_SPOOL_MAX_AGE_S, "c_spool_max_age_s", INT, "86400", 1, OPTION_INT_MAX, "",                 \
      "How long it may wait there, in seconds")                                                    \
    X(C_HOST_METRICS, "c_host_metrics", BOOL, "false", 0, 0, "",                                   \
      "true: system.* metrics of the machine; from one launcher only")                             \
    X(C_BACK_ENDS, "c_back_ends", TEXT, "", 0, 0, "",                                              \
      "Back ends that the status page shows: name=url,name=url; asked whether they answer. "       \
      "url|url where people reach one by another address")

#endif
