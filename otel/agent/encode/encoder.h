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

enum { ENCODER_KEYS = 128, ENCODER_KEY_BYTES = 64 };

struct encoder {
    const char *version;      /* of the scopes */
    struct buf resource_json; /* {"attributes":[…]} */
    struct buf resource_text; /* key=value, separated by spaces */
    struct limited_record *room;
    /* {"key":"http.route","value":{ of each well-known key, by its id; length 0: none */
    struct encoder_key {
        uint8_t length;
        char text[ENCODER_KEY_BYTES - 1];
    } keys[ENCODER_KEYS];
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

/* True for an id that is not all zero. */
bool encoder_has_id(const uint8_t *id, size_t size);

#endif
