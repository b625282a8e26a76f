#include "agent/encode/console.h"

#include "base/clock.h"
#include "base/json.h"
#include "otel/span.h"

#include <string.h>
#include <time.h>

static void put_time(struct buf *out, uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / CLOCK_NS_PER_S);
    char text[32] = "";
    struct tm parts;

    if (gmtime_r(&seconds, &parts) != NULL)
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    buf_add_format(out, "%s.%06uZ", text, (unsigned)(time_ns % CLOCK_NS_PER_S / 1000));
}

static void put_hex(struct buf *out, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buf_add_format(out, "%02x", bytes[i]);
}

static void put_number(struct buf *out, struct aggregate_number number)
{
    struct json json = json_writer(out);

    if (number.is_double)
        json_double(&json, number.value.real);
    else
        json_int(&json, number.value.integer);
}

static void put_list(struct buf *out, const struct record_view *item)
{
    struct json json = json_writer(out);
    uint32_t offset = 0, length;
    const char *text;

    json_array_begin(&json);
    while (record_string_next(item, &offset, &text, &length))
        json_string(&json, text, length);
    json_array_end(&json);
}

static void put_value(struct buf *out, const struct record_view *item);

static void put_elements(struct buf *out, const struct record_view *item)
{
    struct record_view element;
    uint32_t offset = 0;

    buf_add_text(out, "[");
    while (record_element_next(item, &offset, &element)) {
        buf_add_text(out, offset > element.value_length ? "," : "");
        put_value(out, &element);
    }
    buf_add_text(out, "]");
}

static void put_value(struct buf *out, const struct record_view *item)
{
    switch (item->type) {
    case RECORD_VALUE_STRING:
        json_escape(out, (const char *)item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOL:
        buf_add_text(out, record_view_int(item) != 0 ? "true" : "false");
        break;
    case RECORD_VALUE_INT:
        put_number(out, aggregate_int(record_view_int(item)));
        break;
    case RECORD_VALUE_DOUBLE:
        put_number(out, aggregate_double(record_view_double(item)));
        break;
    case RECORD_VALUE_STRINGS:
        put_list(out, item);
        break;
    case RECORD_VALUE_STACK:
    case RECORD_VALUE_BYTES:
        put_hex(out, item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES:
        put_elements(out, item);
        break;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
}

static void put_attribute(struct buf *out, const char *before, const struct record_view *item)
{
    buf_add_text(out, before);
    json_escape(out, item->key, item->key_length);
    buf_add_text(out, "=");
    put_value(out, item);
}

static void put_attributes(struct buf *out, const char *before, const struct record_view *items,
                           uint32_t count, uint32_t dropped)
{
    for (uint32_t i = 0; i < count; i++)
        put_attribute(out, before, &items[i]);
    if (dropped > 0)
        buf_add_format(out, "%s(%u attributes dropped)", before, dropped);
}

void console_resource(const uint8_t *set, struct buf *out)
{
    struct record_view item;
    size_t offset = 0;

    while (attributes_next(set, &offset, &item))
        put_attribute(out, " ", &item);
}

static void put_head(const struct encoder *encoder, const char *signal, struct buf *out)
{
    buf_add_text(out, signal);
    buf_add_text(out, " of");
    buf_add(out, encoder->resource_text.data, encoder->resource_text.length);
    buf_add_text(out, "\n");
}

static void put_ids(struct buf *out, const uint8_t *trace_id, const uint8_t *span_id)
{
    buf_add_text(out, " trace=");
    put_hex(out, trace_id, sizeof((struct record_span *)0)->trace_id);
    buf_add_text(out, " span=");
    put_hex(out, span_id, sizeof((struct record_span *)0)->span_id);
}

static void put_span(struct buf *out, const struct limited_record *record)
{
    static const char *const kinds[] = { "UNSPECIFIED", "INTERNAL", "SERVER",
                                         "CLIENT",      "PRODUCER", "CONSUMER" };
    const struct record_span *span = (const struct record_span *)record->header;
    uint64_t took_ns = encoder_end_ns(span->start_ns, span->end_ns) - span->start_ns;

    buf_add_text(out, "  ");
    put_time(out, span->start_ns);
    buf_add_format(out, " %s ", span->kind <= OTEL_SPAN_CONSUMER ? kinds[span->kind] : kinds[0]);
    json_escape(out, (const char *)record->name.value, record->name.value_length);
    buf_add_format(out, " %.3f ms", (double)took_ns / (double)CLOCK_NS_PER_MS);
    put_ids(out, span->trace_id, span->span_id);
    if (encoder_has_id(span->parent_span_id, sizeof span->parent_span_id)) {
        buf_add_text(out, " parent=");
        put_hex(out, span->parent_span_id, sizeof span->parent_span_id);
    }
    if (span->status == OTEL_SPAN_ERROR) {
        buf_add_text(out, " Error ");
        json_escape(out, (const char *)record->status_message.value,
                    record->status_message.value_length);
    }
    put_attributes(out, "\n    ", record->attributes, record->attribute_count,
                   record->attributes_dropped);
    for (uint32_t i = 0; i < record->event_count; i++) {
        const struct limited_child *event = &record->events[i];

        buf_add_text(out, "\n    event ");
        json_escape(out, event->item.key, event->item.key_length);
        put_attributes(out, "\n      ", &record->child_attributes[event->first], event->count,
                       event->dropped);
    }
    for (uint32_t i = 0; i < record->link_count; i++) {
        buf_add_text(out, "\n    link ");
        put_hex(out, record->links[i].item.value, record->links[i].item.value_length);
    }
    buf_add_text(out, "\n");
}

static void put_log(struct buf *out, const struct limited_record *record)
{
    const struct record_log *log = (const struct record_log *)record->header;

    buf_add_text(out, "  ");
    put_time(out, log->time_ns);
    buf_add_format(out, " %s ", encoder_severity_text(log->severity));
    json_escape(out, (const char *)record->body.value, record->body.value_length);
    if (record->event_name.value_length > 0) {
        buf_add_text(out, " event=");
        json_escape(out, (const char *)record->event_name.value, record->event_name.value_length);
    }
    if (encoder_has_id(log->trace_id, sizeof log->trace_id))
        put_ids(out, log->trace_id, log->span_id);
    put_attributes(out, "\n    ", record->attributes, record->attribute_count,
                   record->attributes_dropped);
    buf_add_text(out, "\n");
}

void console_traces_encode(const struct encoder *encoder, const struct limits *limits,
                           const uint8_t *const *records, uint32_t count, struct buf *out)
{
    put_head(encoder, "spans", out);
    for (uint32_t i = 0; i < count; i++) {
        limits_apply(limits, records[i], encoder->room);
        put_span(out, encoder->room);
    }
}

void console_logs_encode(const struct encoder *encoder, const struct limits *limits,
                         const uint8_t *const *records, uint32_t count, struct buf *out)
{
    put_head(encoder, "log records", out);
    for (uint32_t i = 0; i < count; i++) {
        limits_apply(limits, records[i], encoder->room);
        put_log(out, encoder->room);
    }
}

static void put_spread(struct buf *out, const struct instrument *instrument, uint64_t count,
                       double sum, double min, double max)
{
    buf_add_format(out, "count=%llu sum=%g", (unsigned long long)count, sum);
    if (!instrument->has_no_min_max)
        buf_add_format(out, " min=%g max=%g", min, max);
}

static void put_base2(struct buf *out, const struct instrument *instrument,
                      const struct base2 *base2)
{
    put_spread(out, instrument, base2->count, base2->sum, base2->min, base2->max);
    buf_add_format(out, " scale=%d zero=%llu positive=%u negative=%u", base2->scale,
                   (unsigned long long)base2->zero_count, base2->positive.used,
                   base2->negative.used);
}

static void put_exemplars(struct buf *out, const struct stream *stream)
{
    const struct exemplar *exemplar;
    struct record_view item;
    uint32_t place = 0;

    while ((exemplar = meter_exemplar_next(stream, &place)) != NULL) {
        size_t offset = 0;

        buf_add_text(out, "\n    exemplar ");
        put_number(out, exemplar->value);
        if (encoder_has_id(exemplar->trace_id, sizeof exemplar->trace_id))
            put_ids(out, exemplar->trace_id, exemplar->span_id);
        while (exemplar->filtered != NULL && attributes_next(exemplar->filtered, &offset, &item))
            put_attribute(out, " ", &item);
    }
}

static void put_point(struct buf *out, const struct stream *stream)
{
    const struct instrument *instrument = stream->instrument;
    const struct aggregate_histogram *histogram = NULL;
    struct record_view item;
    size_t offset = 0;

    buf_add_format(out, "  %s ", instrument->name);
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
    case AGGREGATE_LAST_VALUE:
        put_number(out, meter_number(stream));
        break;
    case AGGREGATE_HISTOGRAM:
        histogram = meter_value(stream)->histogram;
        put_spread(out, instrument, histogram->count, histogram->sum, histogram->min,
                   histogram->max);
        break;
    case AGGREGATE_BASE2:
        put_base2(out, instrument, meter_value(stream)->base2);
        break;
    case AGGREGATE_DROP: /* has no streams */
        break;
    }
    buf_add_format(out, " %s", instrument->unit);
    while (attributes_next(stream->attributes, &offset, &item))
        put_attribute(out, " ", &item);
    put_exemplars(out, stream);
    buf_add_text(out, "\n");
}

uint32_t console_metrics_encode(const struct encoder *encoder, const struct meter *meter,
                                struct metric_cursor *cursor, size_t enough, struct buf *out)
{
    uint32_t points = 0;

    while (out->length <= enough && metric_cursor_seek(cursor, meter)) {
        if (points == 0)
            put_head(encoder, "metrics", out);
        put_point(out, cursor->stream);
        metric_cursor_step(cursor);
        points++;
    }
    return points;
}
