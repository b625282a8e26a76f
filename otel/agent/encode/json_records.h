/*
 * The frame round spans and log records alike: resource, then one group per scope. Both signals
 * come as records; only what stands for one of them differs.
 */
#ifndef OTEL_AGENT_ENCODE_JSON_RECORDS_H
#define OTEL_AGENT_ENCODE_JSON_RECORDS_H

#include "agent/encode/json_attribute.h"

typedef void (*json_record_fn)(struct json *json, const struct limited_record *record);

struct json_records_keys { /* quoted, with their colon */
    const char *signal;
    const char *scopes;
    const char *items;
};

void json_records_encode(const struct encoder *encoder, const struct limits *limits,
                         const uint8_t *const *records, uint32_t count,
                         const struct json_records_keys *keys, json_record_fn write,
                         struct buf *out);

#endif
