/*
 * The resource: one set of attributes that every batch carries. Later sources win per key, also
 * with an empty value: SDK, the launcher's early ones, OTEL_RESOURCE_ATTRIBUTES, the launcher's
 * late ones, OTEL_SERVICE_NAME.
 *
 * Specification: resource/sdk.md "Merge", "Specifying resource information via an environment
 * variable"; semantic conventions "service".
 */
#ifndef OTEL_AGENT_SDK_RESOURCE_H
#define OTEL_AGENT_SDK_RESOURCE_H

#include "agent/sdk/attributes.h"

/* An attribute that has another type than text. */
struct resource_item {
    char *key;
    uint8_t type;   /* enum record_value_type */
    uint8_t *value; /* as a record has it */
    uint32_t value_length;
};

void resource_items_destroy(struct resource_item *items, size_t count);

struct resource_options {
    const struct otel_attribute *own; /* of the launcher */
    size_t own_count;
    size_t early_count;     /* of them, those that `attributes` wins over; the rest wins over it */
    const char *attributes; /* "key=value,key=value", percent-encoded; "" : none */
    const struct resource_item *items; /* they win over `attributes` */
    size_t item_count;
    const char *service_name; /* "": not set */
    const char *pool;         /* fcgi.pool; "": none */
    const char *version;      /* telemetry.sdk.version */
};

enum resource_status {
    RESOURCE_OK = 0,
    RESOURCE_BAD_TEXT, /* options.attributes could not be read: all of it is left out */
    RESOURCE_TOO_LONG, /* it does not fit: left out as well */
};

/* `out` is a canonical set whatever is returned. */
enum resource_status resource_make(const struct resource_options *options, struct attributes *out);

#endif
