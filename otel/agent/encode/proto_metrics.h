/* A collection of metrics as OTLP ExportMetricsServiceRequests in protobuf. */
#ifndef OTEL_AGENT_ENCODE_PROTO_METRICS_H
#define OTEL_AGENT_ENCODE_PROTO_METRICS_H

#include "agent/encode/metric_cursor.h"

/* An encode_metrics_fn. */
uint32_t proto_metrics_encode(const struct encoder *encoder, const struct meter *meter,
                              struct metric_cursor *cursor, size_t enough, struct buf *out);

#endif
