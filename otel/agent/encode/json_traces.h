/* Spans as an OTLP ExportTraceServiceRequest in JSON. */
#ifndef OTEL_AGENT_ENCODE_JSON_TRACES_H
#define OTEL_AGENT_ENCODE_JSON_TRACES_H

#include "agent/encode/encoder.h"

/* An encode_records_fn. */
void json_traces_encode(const struct encoder *encoder, const struct limits *limits,
                        const uint8_t *const *records, uint32_t count, struct buf *out);

#endif
