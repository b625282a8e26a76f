/*
 * Which of Prometheus' text formats a reader wants, by what its Accept header says (RFC 9110
 * 12.5.1). Names are always escaped with underscores.
 *
 * Specification: metrics/sdk_exporters/prometheus.md "Content Negotiation".
 */
#ifndef OTEL_AGENT_ENCODE_PROMETHEUS_FORMAT_H
#define OTEL_AGENT_ENCODE_PROMETHEUS_FORMAT_H

#include <stdbool.h>

/* X(ID, type, version, content type of the answer): the first serves who has no wish. */
#define PROMETHEUS_FORMATS(X)                                                                      \
    X(TEXT, "text/plain", "0.0.4", "text/plain; version=0.0.4; charset=utf-8")                     \
    X(TEXT_1, "text/plain", "1.0.0",                                                               \
      "text/plain; version=1.0.0; escaping=underscores; charset=utf-8")                            \
    X(OPENMETRICS, "application/openmetrics-text", "1.0.0",                                        \
      "application/openmetrics-text; version=1.0.0; escaping=underscores; charset=utf-8")          \
    X(OPENMETRICS_0, "application/openmetrics-text", "0.0.1",                                      \
      "application/openmetrics-text; version=0.0.1; charset=utf-8")

#define PROMETHEUS_FORMAT_ID(id, type, version, content_type) PROMETHEUS_##id,
enum prometheus_format { PROMETHEUS_FORMATS(PROMETHEUS_FORMAT_ID) PROMETHEUS_FORMAT_COUNT };
#undef PROMETHEUS_FORMAT_ID

/* The format of the greatest weight, the first of equals; TEXT when none of ours is named. */
enum prometheus_format prometheus_format_choose(const char *accept);

const char *prometheus_content_type(enum prometheus_format format);

static inline bool prometheus_is_openmetrics(enum prometheus_format format)
{
    return format == PROMETHEUS_OPENMETRICS || format == PROMETHEUS_OPENMETRICS_0;
}

#endif
