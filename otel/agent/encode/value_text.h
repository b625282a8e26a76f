/*
 * Attribute values as text, for the formats that know nothing else: strings as they are, numbers
 * and booleans as in JSON, lists as a JSON array.
 *
 * Specification: common/README.md "Attribute"; common/mapping-to-non-otlp.md.
 */
#ifndef OTEL_AGENT_ENCODE_VALUE_TEXT_H
#define OTEL_AGENT_ENCODE_VALUE_TEXT_H

#include "agent/encode/encoder.h"
#include "base/json.h"

struct value_text { /* lies in the item or in the scratch, until that is used again */
    const char *text;
    size_t length;
};

/* value_length: characters of each element of a list. A scratch that has failed gives "". */
struct value_text value_text(const struct record_view *item, uint32_t value_length,
                             struct buf *scratch);

/* The value in JSON with its own type. */
void value_json(const struct record_view *item, uint32_t value_length, struct json *json);

#endif
