/*
 * Attributes, scope and resource in OTLP JSON: what its three signals have in common.
 *
 * Specification: opentelemetry-proto docs/specification.md "JSON Protobuf Encoding".
 */
#ifndef OTEL_AGENT_ENCODE_JSON_ATTRIBUTE_H
#define OTEL_AGENT_ENCODE_JSON_ATTRIBUTE_H

#include "agent/encode/encoder.h"
#include "base/json.h"

/* {"key":…,"value":{…}}; value_length: of each element of a string list, in characters. */
void json_attribute(struct json *json, const struct record_view *item, uint32_t value_length);

/* "attributes":[…],"droppedAttributesCount":n; each only where there is something to say. */
void json_attribute_list(struct json *json, const struct record_view *items, uint32_t count,
                         uint32_t dropped, uint32_t value_length);

/* "attributes":[…] of a whole set; nothing for an empty one. */
void json_attribute_set(struct json *json, const uint8_t *set);

void json_attribute_resource(const uint8_t *set, struct buf *out);

/* {"resource":…,"schemaUrl":…,"scopeX":[ and its end; the key is `"scopeSpans":` and such. */
void json_envelope_begin(const struct encoder *encoder, struct json *json, const char *signal_key,
                         const char *scopes_key);
void json_envelope_end(struct json *json);

/* {"scope":{…},"schemaUrl":…,"spans":[ and its end. */
void json_scope_begin(const struct encoder *encoder, struct json *json, uint8_t scope,
                      const char *items_key);
void json_scope_end(struct json *json);

#endif
