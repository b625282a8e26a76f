/*
 * "key=value,key=value" with percent-encoding: the list syntax that OTEL_RESOURCE_ATTRIBUTES and
 * the OTLP headers share (W3C Baggage without properties). White space around a member, a key
 * and a value does not count; empty members are passed over.
 */
#ifndef OTEL_BASE_PAIR_LIST_H
#define OTEL_BASE_PAIR_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct pair {
    const char *key; /* as it stands in the list, not decoded */
    size_t key_length;
    const char *value;
    size_t value_length;
};

enum pair_list_status {
    PAIR_LIST_END = 0,
    PAIR_LIST_PAIR,
    PAIR_LIST_BAD, /* a member without "=" or without a key: *out is the member, as a value */
};

/* The next member; *cursor is the list's text at first. */
enum pair_list_status pair_list_next(const char **cursor, struct pair *out);

/* Decodes %XX; `out` has room for `length` bytes. False for a "%" without two hex digits. */
bool pair_decode(const char *text, size_t length, char *out, size_t *out_length);

#endif
