#include "agent/encode/json_records.h"

#include "agent/encode/record_groups.h"

void json_records_encode(const struct encoder *encoder, const struct limits *limits,
                         const uint8_t *const *records, uint32_t count,
                         const struct json_records_keys *keys, json_record_fn write,
                         struct buf *out)
{
    struct record_groups groups = {
        .encoder = encoder, .limits = limits, .records = records, .count = count
    };
    struct json json = json_writer(out);
    const struct limited_record *record;
    uint8_t scope;

    json_envelope_begin(encoder, &json, keys->signal, keys->scopes);
    while (record_groups_scope(&groups, &scope)) {
        json_scope_begin(encoder, &json, scope, keys->items);
        while ((record = record_groups_next(&groups)) != NULL)
            write(&json, record);
        json_scope_end(&json);
    }
    json_envelope_end(&json);
}
