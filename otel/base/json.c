#include "base/json.h"
#include "base/json_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOUBLE_TEXT_SIZE 32
#define DOUBLE_DIGITS_SURE 15 /* so many always survive text -> double -> text */
#define DOUBLE_DIGITS_MAX 17  /* so many always survive double -> text -> double */

static void put_char(struct json *json, char character)
{
    buf_add(json->out, &character, 1);
}

/* A value follows: a comma where one came before it. */
static void begin_value(struct json *json)
{
    if (json->needs_comma)
        put_char(json, ',');
    json->needs_comma = true;
}

void json_put_grown(struct json *json, const char *text, size_t length, bool needs_comma)
{
    begin_value(json);
    buf_add(json->out, text, length);
    json->needs_comma = needs_comma;
}

void json_key(struct json *json, const char *key, size_t length)
{
    json_string(json, key, length);
    put_char(json, ':');
    json->needs_comma = false;
}

void json_uint(struct json *json, uint64_t value)
{
    char text[JSON_RUN_NUMBER];

    json_put(json, text, (size_t)(json_run_uint(text, value) - text), true);
}

void json_int(struct json *json, int64_t value)
{
    char text[JSON_RUN_NUMBER];

    json_put(json, text, (size_t)(json_run_int(text, value) - text), true);
}

void json_uint_text(struct json *json, uint64_t value)
{
    char text[JSON_RUN_NUMBER + 2] = "\"";
    char *end = JSON_RUN(json_run_uint(text + 1, value), "\"");

    json_put(json, text, (size_t)(end - text), true);
}

void json_int_text(struct json *json, int64_t value)
{
    char text[JSON_RUN_NUMBER + 2] = "\"";
    char *end = JSON_RUN(json_run_int(text + 1, value), "\"");

    json_put(json, text, (size_t)(end - text), true);
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
    begin_value(json);
    put_char(json, '"');
    if (length <= SIZE_MAX / 2 && buf_reserve(json->out, 2 * length)) {
        (void)json_run_hex(json->out->data + json->out->length, bytes, length);
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
