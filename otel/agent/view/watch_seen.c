#include "agent/view/watch_seen.h"

#include "otel/semconv.h"
#include "otel/span.h"
#include "segment/check.h"
#include "segment/write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_SHOWN_BYTES = 160 /* of one attribute */ };

static void text_set(char *field, size_t field_size, const char *text, size_t length)
{
    size_t kept = record_text_fit(text, length, field_size - 1);

    memcpy(field, text, kept);
    memset(field + kept, 0, field_size - kept);
}

static void view_text_set(char *field, size_t field_size, const struct record_view *item)
{
    if (item->type == RECORD_VALUE_STRING)
        text_set(field, field_size, (const char *)item->value, item->value_length);
}

/* --- attributes ------------------------------------------------------------------------------- */

static size_t value_text(const struct record_view *item, char out[VALUE_SHOWN_BYTES])
{
    const char *text = NULL;
    uint32_t offset = 0;
    uint32_t length = 0;
    int written = 0;

    switch (item->type) {
    case RECORD_VALUE_STRING:
        text = (const char *)item->value;
        length = item->value_length;
        break;
    case RECORD_VALUE_STRINGS: /* the first of them */
        (void)record_string_next(item, &offset, &text, &length);
        break;
    case RECORD_VALUE_BOOL:
        text = record_view_int(item) ? "true" : "false";
        length = (uint32_t)strlen(text);
        break;
    case RECORD_VALUE_INT:
        written = snprintf(out, VALUE_SHOWN_BYTES, "%" PRId64, record_view_int(item));
        break;
    case RECORD_VALUE_DOUBLE:
        written = snprintf(out, VALUE_SHOWN_BYTES, "%.6g", record_view_double(item));
        break;
    case RECORD_VALUE_STACK:
    case RECORD_VALUE_BYTES:
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES:
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
    if (text == NULL)
        return written > 0 ? (size_t)written : 0;
    length = (uint32_t)record_text_fit(text, length, VALUE_SHOWN_BYTES);
    memcpy(out, text, length);
    return length;
}

/* Keys that say again what the page shows elsewhere. */
static bool is_said_elsewhere(const struct record_view *item)
{
    return item->key_id == OTEL_HTTP_REQUEST_METHOD.id || item->key_id == OTEL_HTTP_ROUTE.id ||
           item->key_id == OTEL_HTTP_RESPONSE_STATUS_CODE.id || item->key_id == OTEL_URL_PATH.id ||
           item->key_id == OTEL_URL_SCHEME.id || item->key_id == OTEL_NETWORK_PEER_ADDRESS.id ||
           item->key_id == OTEL_NETWORK_PEER_PORT.id || item->key_id == OTEL_SERVER_ADDRESS.id ||
           item->key_id == OTEL_SERVER_PORT.id || item->key_id == OTEL_DB_QUERY_SUMMARY.id ||
           item->key_id == OTEL_NETWORK_PROTOCOL_VERSION.id;
}

/* Appends "key=value" and a line's end, whole or not at all. */
static void attribute_add(char *field, size_t field_size, const struct record_view *item)
{
    char value[VALUE_SHOWN_BYTES];
    size_t used = strnlen(field, field_size);
    size_t length;

    if (is_said_elsewhere(item))
        return;
    length = value_text(item, value);
    if (used + item->key_length + 1 + length + 2 > field_size)
        return;
    memcpy(field + used, item->key, item->key_length);
    used += item->key_length;
    field[used++] = '=';
    for (size_t i = 0; i < length; i++)
        field[used++] = (unsigned char)value[i] < ' ' ? ' ' : value[i];
    field[used] = '\n';
}

/* --- the request ------------------------------------------------------------------------------ */

static void request_item_take(struct segment_seen *seen, const struct record_view *item)
{
    if (item->kind != RECORD_ITEM_ATTRIBUTE)
        return;
    if (item->key_id == OTEL_HTTP_REQUEST_METHOD.id)
        view_text_set(seen->method, sizeof seen->method, item);
    else if (item->key_id == OTEL_HTTP_ROUTE.id)
        view_text_set(seen->route, sizeof seen->route, item);
    else if (item->key_id == OTEL_URL_PATH.id)
        view_text_set(seen->path, sizeof seen->path, item);
    else if (item->key_id == OTEL_HTTP_RESPONSE_STATUS_CODE.id && item->type == RECORD_VALUE_INT)
        seen->status_code = (uint32_t)record_view_int(item);
    attribute_add(seen->attributes, sizeof seen->attributes, item);
}

static uint64_t span_duration(const struct record_span *span)
{
    return span->end_ns > span->start_ns ? span->end_ns - span->start_ns : 0;
}

void watch_seen_begin(struct segment_seen *seen, const uint8_t *record, size_t size)
{
    const struct record_span *span = (const void *)record;
    struct record_view item;
    size_t offset = 0;

    (void)size; /* the record's own, which was checked */
    memset(seen, 0, sizeof *seen);
    seen->start_ns = span->start_ns;
    seen->duration_ns = span_duration(span);
    seen->is_error = span->status == OTEL_SPAN_ERROR;
    seen->is_crash = (span->flags & RECORD_SPAN_ENDED_BY_LAUNCHER) != 0;
    memcpy(seen->trace_id, span->trace_id, sizeof seen->trace_id);
    while (record_item_next(record, &offset, &item))
        request_item_take(seen, &item);
}

static void span_add(struct segment_seen *seen, const struct record_span *span)
{
    struct segment_seen_span *out;
    struct record_view item;
    size_t offset = 0;

    /* One of another request of the same trace: a client may send many under one. */
    if (span->kind == OTEL_SPAN_SERVER || span->start_ns + 1 < seen->start_ns ||
        span->start_ns > seen->start_ns + seen->duration_ns)
        return;
    if (seen->spans_total < UINT16_MAX)
        seen->spans_total++;
    if (seen->span_count == SEGMENT_SEEN_SPANS)
        return;
    out = &seen->spans[seen->span_count++];
    out->start_ns = span->start_ns;
    out->duration_ns = span_duration(span);
    out->kind = span->kind;
    out->status = span->status;
    while (record_item_next((const uint8_t *)span, &offset, &item)) {
        if (item.kind == RECORD_ITEM_NAME)
            view_text_set(out->name, sizeof out->name, &item);
        else if (item.kind == RECORD_ITEM_ATTRIBUTE)
            attribute_add(out->attributes, sizeof out->attributes, &item);
    }
}

/* True for an item that tells of an exception. */
static bool exception_take(struct segment_seen *seen, const struct record_view *item)
{
    if (item->key_id == OTEL_EXCEPTION_TYPE.id)
        view_text_set(seen->exception_type, sizeof seen->exception_type, item);
    else if (item->key_id == OTEL_EXCEPTION_MESSAGE.id)
        view_text_set(seen->exception_message, sizeof seen->exception_message, item);
    else if (item->key_id == OTEL_EXCEPTION_STACKTRACE.id)
        view_text_set(seen->exception_stack, sizeof seen->exception_stack, item);
    else
        return false;
    return true;
}

static void log_add(struct segment_seen *seen, const struct record_log *log)
{
    struct segment_seen_log line = { .time_ns = log->time_ns, .severity = log->severity };
    struct record_view item;
    size_t offset = 0;
    char event[64] = "";

    if (log->time_ns + 1 < seen->start_ns)
        return;
    while (record_item_next((const uint8_t *)log, &offset, &item)) {
        if (item.kind == RECORD_ITEM_BODY)
            view_text_set(line.text, sizeof line.text, &item);
        else if (item.kind == RECORD_ITEM_EVENT_NAME)
            view_text_set(event, sizeof event, &item);
        else if (item.kind == RECORD_ITEM_ATTRIBUTE)
            (void)exception_take(seen, &item);
    }
    if (line.text[0] == '\0')
        text_set(line.text, sizeof line.text, event, strlen(event));
    if (seen->logs_total < UINT16_MAX)
        seen->logs_total++;
    if (seen->log_count < SEGMENT_SEEN_LOGS)
        seen->logs[seen->log_count++] = line;
}

void watch_seen_add(struct segment_seen *seen, const uint8_t *record, size_t size)
{
    const struct record_header *header = (const void *)record;
    const struct record_span *span = (const void *)record;

    (void)size;
    if (memcmp(span->trace_id, seen->trace_id, sizeof seen->trace_id) != 0)
        return;
    if (header->type == RECORD_SPAN)
        span_add(seen, span);
    else
        log_add(seen, (const void *)record);
}

void watch_seen_end(struct segment_seen *seen)
{
    for (size_t i = 1; i < seen->span_count; i++) {
        struct segment_seen_span span = seen->spans[i];
        size_t at = i;

        for (; at > 0 && seen->spans[at - 1].start_ns > span.start_ns; at--)
            seen->spans[at] = seen->spans[at - 1];
        seen->spans[at] = span;
    }
    for (size_t i = 1; i < seen->log_count; i++) {
        struct segment_seen_log line = seen->logs[i];
        size_t at = i;

        for (; at > 0 && seen->logs[at - 1].time_ns > line.time_ns; at--)
            seen->logs[at] = seen->logs[at - 1];
        seen->logs[at] = line;
    }
}
