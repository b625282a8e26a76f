#include "agent/encode/proto_records.h"

#include "agent/encode/record_groups.h"

void proto_records_encode(const struct encoder *encoder, const struct limits *limits,
                          const uint8_t *const *records, uint32_t count, proto_record_fn write,
                          struct buf *out)
{
    struct record_groups groups = {
        .encoder = encoder, .limits = limits, .records = records, .count = count
    };
    struct proto_message envelope = proto_envelope_begin(encoder, out), group, item;
    const struct limited_record *record;
    uint8_t scope;

    while (record_groups_scope(&groups, &scope)) {
        group = proto_scope_begin(encoder, out, scope);
        while ((record = record_groups_next(&groups)) != NULL) {
            item = proto_message_begin(out, PROTO_SCOPE_ITEM, PROTO_MEDIUM);
            write(out, record);
            proto_message_end(out, item);
        }
        proto_scope_end(out, group);
    }
    proto_envelope_end(out, envelope);
}
