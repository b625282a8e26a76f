/*
 * Attributes, scope and resource in OTLP protobuf: what its three signals have in common. The
 * numbers of these fields are the same in all three.
 *
 * Specification: opentelemetry-proto common.proto, resource.proto.
 */
#ifndef OTEL_AGENT_ENCODE_PROTO_ATTRIBUTE_H
#define OTEL_AGENT_ENCODE_PROTO_ATTRIBUTE_H

#include "agent/encode/encoder.h"
#include "agent/encode/proto.h"

/* A repeated KeyValue; value_length: of each element of a string list, in characters. */
void proto_attribute_list(struct buf *out, unsigned field, const struct record_view *items,
                          uint32_t count, uint32_t value_length);

/* The same of a whole set. */
void proto_attribute_set(struct buf *out, unsigned field, const uint8_t *set);

/* An AnyValue that holds a string. */
void proto_string_value(struct buf *out, unsigned field, const char *text, size_t length);

/* The content of a Resource. */
void proto_resource(const uint8_t *set, struct buf *out);

/* ResourceSpans, ResourceMetrics or ResourceLogs of a request, up to its scopes and behind. */
struct proto_message proto_envelope_begin(const struct encoder *encoder, struct buf *out);
void proto_envelope_end(struct buf *out, struct proto_message envelope);

/* ScopeSpans, ScopeMetrics or ScopeLogs, up to its items and behind. */
struct proto_message proto_scope_begin(const struct encoder *encoder, struct buf *out,
                                       uint8_t scope);
void proto_scope_end(struct buf *out, struct proto_message scope);

/* An item of a scope: a Span, Metric or LogRecord. */
enum { PROTO_SCOPE_ITEM = 2 };

#endif
