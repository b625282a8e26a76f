/*
 * Spans as Zipkin's JSON, version 2: one array a body. What Zipkin has no place for (scope,
 * status, counts of what was dropped, the resource) becomes tags; trace state and links have no
 * place at all and are left out.
 *
 * Specification: trace/sdk_exporters/zipkin.md; common/mapping-to-non-otlp.md.
 */
#ifndef OTEL_AGENT_ENCODE_ZIPKIN_JSON_H
#define OTEL_AGENT_ENCODE_ZIPKIN_JSON_H

#include "agent/encode/encoder.h"

void zipkin_json_encode(const struct encoder *encoder, const struct limits *limits,
                        const uint8_t *const *records, uint32_t count, struct buf *out);

#endif
