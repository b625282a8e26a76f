#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UINT64_DIGITS_MAX 20
#define DOUBLE_TEXT_SIZE 32
#define DOUBLE_DIGITS_SURE 15 /* so many always survive text -> double -> text */
#define DOUBLE_DIGITS_MAX 17  /* so many always survive double -> text -> double */

/* Most of what is written are single characters: the room that is there is used in place. */
static void put_char(struct json *json, char character)
{
    struct buf *out = json->out;

    if (out->length < out->capacity && !out->has_failed)
        out->data[out->length++] = character;
    else
        buf_add(out, &character, 1);
}

/* A value follows: a comma where one came before it. */
static void begin_value(struct json *json)
{
    if (json->needs_comma)
        put_char(json, ',');
    json->needs_comma = true;
}

void json_object_begin(struct json *json)
{
    begin_value(json);
    put_char(json, '{');
    json->needs_comma = false;
}

void json_object_end(struct json *json)
{
    put_char(json, '}');
    json->needs_comma = true;
}

void json_array_begin(struct json *json)
{
    begin_value(json);
    put_char(json, '[');
    json->needs_comma = false;
}

void json_array_end(struct json *json)
{
    put_char(json, ']');
    json->needs_comma = true;
}

void json_key_raw(struct json *json, const char *quoted, size_t length)
{
    begin_value(json);
    buf_add(json->out, quoted, length);
    json->needs_comma = false; /* its value is next */
}

void json_key(struct json *json, const char *key, size_t length)
{
    json_string(json, key, length);
    put_char(json, ':');
    json->needs_comma = false;
}

void json_string(struct json *json, const char *text, size_t length)
{
    begin_value(json);
    put_char(json, '"');
    json_escape(json->out, text, length);
    put_char(json, '"');
}

static void put_uint(struct json *json, uint64_t value)
{
    char digits[UINT64_DIGITS_MAX];
    size_t i = sizeof digits;

    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_add(json->out, digits + i, sizeof digits - i);
}

static void put_int(struct json *json, int64_t value)
{
    if (value < 0)
        put_char(json, '-');
    /* Negated as unsigned: INT64_MIN has no positive counterpart. */
    put_uint(json, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void json_uint(struct json *json, uint64_t value)
{
    begin_value(json);
    put_uint(json, value);
}

void json_int(struct json *json, int64_t value)
{
    begin_value(json);
    put_int(json, value);
}

void json_uint_text(struct json *json, uint64_t value)
{
    begin_value(json);
    put_char(json, '"');
    put_uint(json, value);
    put_char(json, '"');
}

void json_int_text(struct json *json, int64_t value)
{
    begin_value(json);
    put_char(json, '"');
    put_int(json, value);
    put_char(json, '"');
}

/* Shortest text that reads back as `value`, in whatever locale the program has set. */
static void put_finite(struct json *json, double value)
{
    char text[DOUBLE_TEXT_SIZE];
    /* Subnormal numbers have fewer digits than the sure ones. */
    int digits = fpclassify(value) == FP_SUBNORMAL ? 1 : DOUBLE_DIGITS_SURE;
    int length = snprintf(text, sizeof text, "%.*g", digits, value);

    while (digits < DOUBLE_DIGITS_MAX && strtod(text, NULL) != value)
        length = snprintf(text, sizeof text, "%.*g", ++digits, value);
    for (int i = 0; i < length; i++)
        if (!strchr("+-0123456789e", text[i]))
            text[i] = '.'; /* the locale's decimal sign */
    buf_add(json->out, text, (size_t)length);
}

void json_double(struct json *json, double value)
{
    begin_value(json);
    if (isnan(value))
        buf_add_text(json->out, "\"NaN\"");
    else if (isinf(value))
        buf_add_text(json->out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        put_finite(json, value);
}

void json_bool(struct json *json, bool value)
{
    begin_value(json);
    buf_add_text(json->out, value ? "true" : "false");
}

void json_null(struct json *json)
{
    begin_value(json);
    buf_add_text(json->out, "null");
}

void json_hex(struct json *json, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";

    begin_value(json);
    put_char(json, '"');
    if (length <= SIZE_MAX / 2 && buf_reserve(json->out, 2 * length)) {
        char *to = json->out->data + json->out->length;

        for (size_t i = 0; i < length; i++) {
            *to++ = digits[bytes[i] >> 4];
            *to++ = digits[bytes[i] & 0xF];
        }
        json->out->length += 2 * length;
    }
    put_char(json, '"');
}

void json_base64(struct json *json, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    begin_value(json);
    put_char(json, '"');
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t three = (uint32_t)bytes[i] << 16;

        if (left > 1)
            three |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            three |= bytes[i + 2];

        const char four[4] = { digits[three >> 18], digits[(three >> 12) & 63],
                               left > 1 ? digits[(three >> 6) & 63] : '=',
                               left > 2 ? digits[three & 63] : '=' };

        buf_add(json->out, four, sizeof four);
    }
    put_char(json, '"');
}

void json_raw(struct json *json, const char *text, size_t length)
{
    begin_value(json);
    buf_add(json->out, text, length);
}
