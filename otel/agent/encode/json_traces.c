#include "agent/encode/json_traces.h"

#include "agent/encode/json_records.h"
#include "base/json_run.h"
#include "otel/span.h"

/* Keys, ids, times and numbers of a span, without its name. */
enum { FIXED_BYTES = 256 };

static void text(struct json *json, const char *key, size_t key_length,
                 const struct record_view *item)
{
    json_key_raw(json, key, key_length);
    json_string(json, (const char *)item->value, item->value_length);
}
#define TEXT(json, literal, item) text(json, "\"" literal "\":", sizeof(literal) + 2, item)

static void write_events(struct json *json, const struct limited_record *record)
{
    JSON_KEY(json, "events");
    json_array_begin(json);
    for (uint32_t i = 0; i < record->event_count; i++) {
        const struct limited_child *event = &record->events[i];

        json_object_begin(json);
        JSON_KEY(json, "timeUnixNano");
        json_uint_text(json, (uint64_t)record_view_int(&event->item));
        JSON_KEY(json, "name");
        json_string(json, event->item.key, event->item.key_length);
        json_attribute_list(json, &record->child_attributes[event->first], event->count,
                            event->dropped, record->value_length);
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_links(struct json *json, const struct limited_record *record)
{
    JSON_KEY(json, "links");
    json_array_begin(json);
    for (uint32_t i = 0; i < record->link_count; i++) {
        const struct limited_child *link = &record->links[i];
        struct encoder_link parts;

        if (!encoder_link_read(&link->item, &parts))
            continue;
        json_object_begin(json);
        JSON_KEY(json, "traceId");
        json_hex(json, parts.trace_id, ENCODER_TRACE_ID_BYTES);
        JSON_KEY(json, "spanId");
        json_hex(json, parts.span_id, ENCODER_SPAN_ID_BYTES);
        json_attribute_list(json, &record->child_attributes[link->first], link->count,
                            link->dropped, record->value_length);
        JSON_KEY(json, "flags");
        json_uint(json, parts.flags);
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_children(struct json *json, const struct limited_record *record)
{
    if (record->event_count > 0)
        write_events(json, record);
    if (record->events_dropped > 0) {
        JSON_KEY(json, "droppedEventsCount");
        json_uint(json, record->events_dropped);
    }
    if (record->link_count > 0)
        write_links(json, record);
    if (record->links_dropped > 0) {
        JSON_KEY(json, "droppedLinksCount");
        json_uint(json, record->links_dropped);
    }
}

static void write_status(struct json *json, uint8_t code, const struct record_view *message)
{
    if (code != OTEL_SPAN_OK && code != OTEL_SPAN_ERROR)
        return;
    JSON_KEY(json, "status");
    json_object_begin(json);
    if (code == OTEL_SPAN_ERROR && message->value_length > 0)
        TEXT(json, "message", message);
    JSON_KEY(json, "code");
    json_uint(json, code);
    json_object_end(json);
}

/* {"traceId":"…","spanId":"…" */
static void write_ids(struct json *json, const struct record_span *span)
{
    char *to = json_run_begin(json, FIXED_BYTES);

    if (to == NULL)
        return;
    to = JSON_RUN(to, "{\"traceId\":\"");
    to = json_run_hex(to, span->trace_id, sizeof span->trace_id);
    to = JSON_RUN(to, "\",\"spanId\":\"");
    to = json_run_hex(to, span->span_id, sizeof span->span_id);
    to = JSON_RUN(to, "\"");
    json_wrote(json, to, true);
}

static void write_fixed(struct json *json, const struct limited_record *record)
{
    const struct record_span *span = (const struct record_span *)record->header;
    char *to = json_run_begin(json, FIXED_BYTES + JSON_RUN_ESCAPED * record->name.value_length);

    if (to == NULL)
        return;
    if (encoder_has_id(span->parent_span_id, sizeof span->parent_span_id)) {
        to = JSON_RUN(to, "\"parentSpanId\":\"");
        to = json_run_hex(to, span->parent_span_id, sizeof span->parent_span_id);
        to = JSON_RUN(to, "\",");
    }
    to = JSON_RUN(to, "\"flags\":");
    to = json_run_uint(to, encoder_span_flags(span));
    to = JSON_RUN(to, ",\"name\":\"");
    to = json_run_text(to, (const char *)record->name.value, record->name.value_length);
    to = JSON_RUN(to, "\",\"kind\":");
    to = json_run_uint(to, encoder_span_kind(span));
    to = JSON_RUN(to, ",\"startTimeUnixNano\":\"");
    to = json_run_uint(to, span->start_ns);
    to = JSON_RUN(to, "\",\"endTimeUnixNano\":\"");
    to = json_run_uint(to, encoder_end_ns(span->start_ns, span->end_ns));
    to = JSON_RUN(to, "\"");
    json_wrote(json, to, true);
}

static void write_span(struct json *json, const struct limited_record *record)
{
    const struct record_span *span = (const struct record_span *)record->header;

    write_ids(json, span);
    if (record->trace_state.value_length > 0)
        TEXT(json, "traceState", &record->trace_state);
    write_fixed(json, record);
    json_attribute_list(json, record->attributes, record->attribute_count,
                        record->attributes_dropped, record->value_length);
    write_children(json, record);
    write_status(json, span->status, &record->status_message);
    json_object_end(json);
}

void json_traces_encode(const struct encoder *encoder, const struct limits *limits,
                        const uint8_t *const *records, uint32_t count, struct buf *out)
{
    static const struct json_records_keys keys = { "\"resourceSpans\":", "\"scopeSpans\":",
                                                   "\"spans\":" };

    json_records_encode(encoder, limits, records, count, &keys, write_span, out);
}
