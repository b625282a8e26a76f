/*
 * What encoders share: the resource, rendered once, and room to take a record apart in. One file
 * per signal and format; a further format is a file beside these.
 */
#ifndef OTEL_AGENT_ENCODE_ENCODER_H
#define OTEL_AGENT_ENCODE_ENCODER_H

#include "agent/sdk/attributes.h"
#include "agent/sdk/limits.h"
#include "base/buf.h"

#define ENCODER_SCHEMA_URL "https://opentelemetry.io/schemas/1.44.0"

enum { ENCODER_KEY_BYTES = 64 }; /* a well-known key and what stands around it */

enum {
    ENCODER_TRACE_ID_BYTES = 16,
    ENCODER_SPAN_ID_BYTES = 8,
    ENCODER_STACK_BYTES = 19 * SEGMENT_STACK_FRAMES + 1,
};

struct encoder {
    const char *version;       /* of the scopes */
    uint8_t *resource;         /* the set itself, for formats that write each attribute anew */
    struct buf resource_json;  /* {"attributes":[…]} */
    struct buf resource_text;  /* key=value, separated by spaces */
    struct buf resource_proto; /* the content of a Resource message */
    struct limited_record *room;
};

/* version lives as long as the encoder. False when there is no memory; release it then too. */
bool encoder_init(struct encoder *encoder, const uint8_t *resource, const char *version);
void encoder_release(struct encoder *encoder);

/* Writes records of one signal; out->has_failed tells when they did not fit. */
typedef void (*encode_records_fn)(const struct encoder *encoder, const struct limits *limits,
                                  const uint8_t *const *records, uint32_t count, struct buf *out);

/* Name of the instrumentation scope. */
const char *encoder_scope_name(uint8_t scope);

/* The data model's short name of a severity number ("INFO2"); "" for 0 and what is none. */
const char *encoder_severity_text(uint8_t severity);

/* A time span's end that is not before its start, whatever the clocks did. */
static inline uint64_t encoder_end_ns(uint64_t start_ns, uint64_t end_ns)
{
    return end_ns > start_ns ? end_ns : start_ns;
}

/* opentelemetry.proto.trace.v1.Span: SpanKind, 0 for what is none, and SpanFlags. */
uint32_t encoder_span_kind(const struct record_span *span);
uint32_t encoder_span_flags(const struct record_span *span);

struct encoder_link {
    const uint8_t *trace_id;
    const uint8_t *span_id;
    uint8_t flags;
};

/* False for a link that is cut short. */
bool encoder_link_read(const struct record_view *item, struct encoder_link *out);

/* A stack that nobody has resolved: one address a line. Returns the text's length. */
size_t encoder_stack_text(const struct record_view *item, char out[ENCODER_STACK_BYTES]);

/* True for an id that is not all zero. */
bool encoder_has_id(const uint8_t *id, size_t size);

#endif
