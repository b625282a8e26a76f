#include "agent/encode/json_records.h"

static uint8_t scope_of(const uint8_t *record)
{
    return ((const struct record_header *)record)->scope;
}

void json_records_encode(const struct encoder *encoder, const struct limits *limits,
                         const uint8_t *const *records, uint32_t count,
                         const struct json_records_keys *keys, json_record_fn write,
                         struct buf *out)
{
    struct json json = json_writer(out);
    bool is_done[UINT8_MAX + 1] = { false };

    json_envelope_begin(encoder, &json, keys->signal, keys->scopes);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t scope = scope_of(records[i]);

        if (is_done[scope])
            continue;
        is_done[scope] = true;
        json_scope_begin(encoder, &json, scope, keys->items);
        for (uint32_t j = i; j < count; j++) {
            if (scope_of(records[j]) != scope)
                continue;
            limits_apply(limits, records[j], encoder->room);
            write(encoder, &json, encoder->room);
        }
        json_scope_end(&json);
    }
    json_envelope_end(&json);
}
