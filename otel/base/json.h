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

/*
 * The writer's own parts, here because an answer has hundreds of values: where the length is
 * known to the compiler, a key or a bracket is a store or two.
 *
 * json_room gives the place for `length` bytes of a value, behind the comma that it may need, or
 * NULL where they are to be added piece by piece; json_wrote says up to where it was filled.
 */
static inline char *json_room(struct json *json, size_t length)
{
    struct buf *out = json->out;
    char *to = NULL;

    if (length >= buf_room(out))
        return NULL;
    to = out->data + out->length;
    *to = ','; /* overwritten where none is needed: cheaper than to ask */
    return to + json->needs_comma;
}

static inline void json_wrote(struct json *json, const char *end, bool needs_comma)
{
    json->out->length = (size_t)(end - json->out->data);
    json->needs_comma = needs_comma;
}

void json_put_grown(struct json *json, const char *text, size_t length, bool needs_comma);

/* needs_comma: whether what comes next does. */
static inline void json_put(struct json *json, const char *text, size_t length, bool needs_comma)
{
    char *to = json_room(json, length);

    if (to == NULL) {
        json_put_grown(json, text, length, needs_comma);
        return;
    }
    memcpy(to, text, length);
    json_wrote(json, to + length, needs_comma);
}

static inline void json_object_begin(struct json *json)
{
    json_put(json, "{", 1, false);
}

static inline void json_array_begin(struct json *json)
{
    json_put(json, "[", 1, false);
}

static inline void json_object_end(struct json *json)
{
    buf_add(json->out, "}", 1);
    json->needs_comma = true;
}

static inline void json_array_end(struct json *json)
{
    buf_add(json->out, "]", 1);
    json->needs_comma = true;
}

/* `literal` is written as it stands: a key that needs no escaping. */
#define JSON_KEY(json, literal) json_key_raw((json), "\"" literal "\":", sizeof(literal) + 2)
static inline void json_key_raw(struct json *json, const char *quoted, size_t length)
{
    json_put(json, quoted, length, false); /* its value is next */
}
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

/* A value that is written already. */
static inline void json_raw(struct json *json, const char *text, size_t length)
{
    json_put(json, text, length, true);
}

/* The escaper alone, without quotes. */
void json_escape(struct buf *out, const char *text, size_t length);

#endif
