/* Metric points as an OTLP ExportMetricsServiceRequest in JSON. */
#ifndef OTEL_AGENT_ENCODE_JSON_METRICS_H
#define OTEL_AGENT_ENCODE_JSON_METRICS_H

#include "agent/encode/metric_cursor.h"

/* An encode_metrics_fn. */
uint32_t json_metrics_encode(const struct encoder *encoder, const struct meter *meter,
                             struct metric_cursor *cursor, size_t enough, struct buf *out);

#endif
