/*
 * A streaming JSON writer: no tree, no allocation but the buffer's. Text leaves as ASCII:
 * non-ASCII as lower-case \uXXXX (beyond the BMP as a surrogate pair), invalid UTF-8 as \ufffd,
 * DEL as \u007f, "/" as it is, exactly as Python's json.dumps escapes. The caller keeps the
 * nesting right; commas come by themselves.
 */
#ifndef OTEL_BASE_JSON_H
#define OTEL_BASE_JSON_H

#include "base/buf.h"

struct json {
    struct buf *out;
    bool needs_comma;
};

static inline struct json json_writer(struct buf *out)
{
    return (struct json){ out, false };
}

void json_object_begin(struct json *json);
void json_object_end(struct json *json);
void json_array_begin(struct json *json);
void json_array_end(struct json *json);

/* `literal` is written as it stands: a key that needs no escaping. */
#define JSON_KEY(json, literal) json_key_raw((json), "\"" literal "\":", sizeof(literal) + 2)
void json_key_raw(struct json *json, const char *quoted, size_t length);
void json_key(struct json *json, const char *key, size_t length); /* escaped */

void json_string(struct json *json, const char *text, size_t length);
void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);
void json_int_text(struct json *json, int64_t value); /* "123": OTLP's 64-bit integers */
void json_uint_text(struct json *json, uint64_t value);
void json_double(struct json *json,
                 double value); /* shortest that reads back the same; NaN and
                                   infinities as "NaN", "Infinity", "-Infinity" */
void json_bool(struct json *json, bool value);
void json_null(struct json *json);
void json_hex(struct json *json, const uint8_t *bytes, size_t length); /* "0af7…" */
void json_base64(struct json *json, const uint8_t *bytes, size_t length);
void json_raw(struct json *json, const char *text, size_t length); /* a value already written */

/* The escaper alone, without quotes. */
void json_escape(struct buf *out, const char *text, size_t length);

#endif
