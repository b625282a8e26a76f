#include "agent/encode/proto_traces.h"

#include "agent/encode/proto_records.h"
#include "otel/span.h"

enum span_field {
    SPAN_TRACE_ID = 1,
    SPAN_SPAN_ID = 2,
    SPAN_TRACE_STATE = 3,
    SPAN_PARENT_SPAN_ID = 4,
    SPAN_NAME = 5,
    SPAN_KIND = 6,
    SPAN_START = 7,
    SPAN_END = 8,
    SPAN_ATTRIBUTES = 9,
    SPAN_ATTRIBUTES_DROPPED = 10,
    SPAN_EVENTS = 11,
    SPAN_EVENTS_DROPPED = 12,
    SPAN_LINKS = 13,
    SPAN_LINKS_DROPPED = 14,
    SPAN_STATUS = 15,
    SPAN_FLAGS = 16,
};

enum { EVENT_TIME = 1, EVENT_NAME = 2, EVENT_ATTRIBUTES = 3, EVENT_ATTRIBUTES_DROPPED = 4 };

enum link_field {
    LINK_TRACE_ID = 1,
    LINK_SPAN_ID = 2,
    LINK_ATTRIBUTES = 4,
    LINK_ATTRIBUTES_DROPPED = 5,
    LINK_FLAGS = 6,
};

enum { STATUS_MESSAGE = 2, STATUS_CODE = 3 };

static void text(struct buf *out, unsigned field, const struct record_view *item)
{
    proto_string(out, field, (const char *)item->value, item->value_length);
}

static void write_events(struct buf *out, const struct limited_record *record)
{
    for (uint32_t i = 0; i < record->event_count; i++) {
        const struct limited_child *event = &record->events[i];
        struct proto_message message = proto_message_begin(out, SPAN_EVENTS, PROTO_SMALL);

        proto_fixed64(out, EVENT_TIME, (uint64_t)record_view_int(&event->item));
        proto_string(out, EVENT_NAME, event->item.key, event->item.key_length);
        proto_attribute_list(out, EVENT_ATTRIBUTES, &record->child_attributes[event->first],
                             event->count, record->value_length);
        proto_varint_nonzero(out, EVENT_ATTRIBUTES_DROPPED, event->dropped);
        proto_message_end(out, message);
    }
}

static void write_links(struct buf *out, const struct limited_record *record)
{
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct limited_child *link = &record->links[i];
        struct encoder_link parts;
        struct proto_message message;

        if (!encoder_link_read(&link->item, &parts))
            continue;
        message = proto_message_begin(out, SPAN_LINKS, PROTO_SMALL);
        proto_bytes(out, LINK_TRACE_ID, parts.trace_id, ENCODER_TRACE_ID_BYTES);
        proto_bytes(out, LINK_SPAN_ID, parts.span_id, ENCODER_SPAN_ID_BYTES);
        proto_attribute_list(out, LINK_ATTRIBUTES, &record->child_attributes[link->first],
                             link->count, record->value_length);
        proto_varint_nonzero(out, LINK_ATTRIBUTES_DROPPED, link->dropped);
        if (parts.flags != 0)
            proto_fixed32(out, LINK_FLAGS, parts.flags);
        proto_message_end(out, message);
    }
}

static void write_status(struct buf *out, uint8_t code, const struct record_view *message)
{
    struct proto_message status;

    if (code != OTEL_SPAN_OK && code != OTEL_SPAN_ERROR)
        return;
    status = proto_message_begin(out, SPAN_STATUS, PROTO_SMALL);
    if (code == OTEL_SPAN_ERROR && message->value_length > 0)
        text(out, STATUS_MESSAGE, message);
    proto_varint(out, STATUS_CODE, code);
    proto_message_end(out, status);
}

static void write_span(struct buf *out, const struct limited_record *record)
{
    const struct record_span *span = (const struct record_span *)record->header;

    proto_bytes(out, SPAN_TRACE_ID, span->trace_id, sizeof span->trace_id);
    proto_bytes(out, SPAN_SPAN_ID, span->span_id, sizeof span->span_id);
    if (record->trace_state.value_length > 0)
        text(out, SPAN_TRACE_STATE, &record->trace_state);
    if (encoder_has_id(span->parent_span_id, sizeof span->parent_span_id))
        proto_bytes(out, SPAN_PARENT_SPAN_ID, span->parent_span_id, sizeof span->parent_span_id);
    text(out, SPAN_NAME, &record->name);
    proto_varint_nonzero(out, SPAN_KIND, encoder_span_kind(span));
    proto_fixed64(out, SPAN_START, span->start_ns);
    proto_fixed64(out, SPAN_END, encoder_end_ns(span->start_ns, span->end_ns));
    proto_attribute_list(out, SPAN_ATTRIBUTES, record->attributes, record->attribute_count,
                         record->value_length);
    proto_varint_nonzero(out, SPAN_ATTRIBUTES_DROPPED, record->attributes_dropped);
    write_events(out, record);
    proto_varint_nonzero(out, SPAN_EVENTS_DROPPED, record->events_dropped);
    write_links(out, record);
    proto_varint_nonzero(out, SPAN_LINKS_DROPPED, record->links_dropped);
    write_status(out, span->status, &record->status_message);
    proto_fixed32(out, SPAN_FLAGS, encoder_span_flags(span));
}

void proto_traces_encode(const struct encoder *encoder, const struct limits *limits,
                         const uint8_t *const *records, uint32_t count, struct buf *out)
{
    proto_records_encode(encoder, limits, records, count, write_span, out);
}
