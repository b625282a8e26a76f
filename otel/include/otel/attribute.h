/*
 * Keys, values and attributes: the small plain types that spans, log records and measurements
 * share. Everything here is passed by value and borrows its text; the recorder copies what it
 * keeps, so a caller's buffers may die right after the call.
 *
 * Specification: common/README.md "Attribute"; names of keys: semconv.h.
 */
#ifndef OTEL_ATTRIBUTE_H
#define OTEL_ATTRIBUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OTEL_API __attribute__((visibility("default")))

/* Borrowed text: length in bytes, no terminator needed. { NULL, 0 } is empty. */
struct otel_str {
    const char *data;
    size_t length;
};

#define OTEL_STR(literal) ((struct otel_str){ "" literal, sizeof(literal) - 1 })

static inline struct otel_str otel_str(const char *text)
{
    return (struct otel_str){ text, text ? strlen(text) : 0 };
}

/*
 * An attribute key. Well-known keys (semconv.h) have an id and travel as two bytes; any other
 * key has id 0 and travels as text.
 */
struct otel_key {
    const char *text;
    uint16_t length;
    uint16_t id;
};

#define OTEL_KEY(literal) ((struct otel_key){ "" literal, sizeof(literal) - 1, 0 })

enum otel_value_type {
    OTEL_VALUE_STRING = 0,
    OTEL_VALUE_BOOL,
    OTEL_VALUE_INT,
    OTEL_VALUE_DOUBLE,
};

struct otel_attribute {
    struct otel_key key;
    enum otel_value_type type;
    union {
        struct otel_str string;
        bool boolean;
        int64_t integer;
        double real;
    } value;
};

static inline struct otel_attribute otel_attribute_string(struct otel_key key,
                                                          struct otel_str value)
{
    return (struct otel_attribute){ key, OTEL_VALUE_STRING, { .string = value } };
}

static inline struct otel_attribute otel_attribute_int(struct otel_key key, int64_t value)
{
    return (struct otel_attribute){ key, OTEL_VALUE_INT, { .integer = value } };
}

static inline struct otel_attribute otel_attribute_double(struct otel_key key, double value)
{
    return (struct otel_attribute){ key, OTEL_VALUE_DOUBLE, { .real = value } };
}

static inline struct otel_attribute otel_attribute_bool(struct otel_key key, bool value)
{
    return (struct otel_attribute){ key, OTEL_VALUE_BOOL, { .boolean = value } };
}

#endif
