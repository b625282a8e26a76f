/* Log records: written straight into the ring, with the ids of the span that is current. */
#include "otel/log.h"
#include "otel/semconv.h"
#include "record/attribute_item.h"
#include "record/context_state.h"
#include "record/hook_entry.h"
#include "record/stack.h"
#include "record/thread.h"
#include "segment/count.h"
#include "segment/ring.h"

#include <string.h>

#define SEVERITY_MAX 24

/* A record to be. */
struct log_source {
    enum record_scope scope;
    enum otel_severity severity;
    struct otel_str body;                   /* empty: none */
    struct otel_str event_name;             /* empty: none */
    const struct otel_attribute *exception; /* come first: a program's own win */
    size_t exception_count;
    const uint64_t *frames;
    size_t frame_count;
    const struct otel_attribute *attributes;
    size_t count;
};

/* The record as it grows in the ring. */
struct log_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t used;
    bool has_cut;
};

static size_t text_bytes(struct otel_str text)
{
    return record_item_bytes(
        text.length < RECORD_VALUE_BYTES_MAX ? text.length : RECORD_VALUE_BYTES_MAX, 0);
}

/* At least what the items take; the ring's limit where that is more. */
static size_t attributes_bytes(const struct otel_attribute *attributes, size_t count)
{
    size_t bytes = 0;

    for (size_t i = 0; i < count && bytes < RECORD_BYTES_MAX; i++) {
        const struct otel_attribute *attribute = &attributes[i];

        bytes += attribute->key.length;
        bytes += attribute->type == OTEL_VALUE_STRING ? text_bytes(attribute->value.string)
                                                      : record_item_bytes(sizeof(int64_t), 0);
        bytes += sizeof(uint64_t); /* the key may need one more of padding */
    }
    return bytes;
}

static size_t source_bytes(const struct log_source *source)
{
    size_t bytes = sizeof(struct record_log) + text_bytes(source->body) +
                   text_bytes(source->event_name) +
                   attributes_bytes(source->exception, source->exception_count) +
                   record_item_bytes(source->frame_count * sizeof(uint64_t), 0) +
                   attributes_bytes(source->attributes, source->count);

    return bytes < RECORD_BYTES_MAX ? bytes & ~(size_t)7 : RECORD_BYTES_MAX;
}

static bool writer_put(struct log_writer *writer, const struct record_item_source *item)
{
    size_t grown = record_item_put(writer->bytes, writer->capacity, writer->used, item);

    if (grown)
        writer->used = grown;
    else
        writer->has_cut = true;
    return grown != 0;
}

static void writer_put_text(struct log_writer *writer, enum record_item_kind kind,
                            struct otel_str text)
{
    struct attribute_item item;

    if (text.length == 0)
        return;
    text_item_init(&item, kind, text, RECORD_VALUE_BYTES_MAX);
    writer->has_cut |= item.is_cut;
    (void)writer_put(writer, &item.source); /* the writer remembers */
}

/* Returns how many found no room. */
static uint32_t writer_put_attributes(struct log_writer *writer,
                                      const struct otel_attribute *attributes, size_t count)
{
    struct attribute_item item;
    uint32_t dropped = 0;

    for (size_t i = 0; i < count; i++) {
        if (!attribute_item_init(&item, RECORD_ITEM_ATTRIBUTE, &attributes[i],
                                 RECORD_VALUE_BYTES_MAX))
            continue;
        writer->has_cut |= item.is_cut;
        if (!writer_put(writer, &item.source))
            dropped++;
    }
    return dropped;
}

static void writer_put_stack(struct log_writer *writer, const struct log_source *source)
{
    const struct record_item_source stack = {
        .kind = RECORD_ITEM_STACK,
        .type = RECORD_VALUE_STACK,
        .value = source->frames,
        .value_length = (uint32_t)(source->frame_count * sizeof source->frames[0]),
    };

    if (source->frame_count)
        (void)writer_put(writer, &stack); /* the writer remembers */
}

static void log_fill(struct log_writer *writer, const struct log_source *source)
{
    const struct otel_context *context = &record_thread.current;
    struct record_log record = {
        .header = { .type = RECORD_LOG,
                    .version = RECORD_VERSION,
                    .scope = (uint8_t)source->scope },
        .time_ns = context_now_ns(context),
        .severity = source->severity <= SEVERITY_MAX ? (uint8_t)source->severity : 0,
        .trace_flags = context->trace_flags,
    };

    memcpy(record.trace_id, context->trace_id, sizeof record.trace_id);
    memcpy(record.span_id, context->span_id, sizeof record.span_id);
    writer->used = sizeof record;
    writer_put_text(writer, RECORD_ITEM_EVENT_NAME, source->event_name);
    writer_put_text(writer, RECORD_ITEM_BODY, source->body);
    record.dropped_attributes =
        writer_put_attributes(writer, source->exception, source->exception_count);
    writer_put_stack(writer, source);
    record.dropped_attributes += writer_put_attributes(writer, source->attributes, source->count);
    record.header.size = (uint32_t)writer->used;
    memcpy(writer->bytes, &record, sizeof record);
}

static void log_write(const struct log_source *source)
{
    struct log_writer writer = { .capacity = source_bytes(source) };
    struct segment_counters *counters = NULL;

    if (!record_process.segment || !record_config()->records_logs)
        return;
    if (!thread_enter()) {
        count_shared(&record_process.segment->header.no_slot_logs);
        return;
    }
    counters = &record_thread.slot->counters;
    count_own(&counters->logs_emitted);
    writer.bytes = ring_reserve(record_thread.slot, writer.capacity);
    if (writer.bytes) {
        log_fill(&writer, source);
        ring_commit(record_thread.slot, writer.used);
        if (writer.has_cut)
            count_own(&counters->values_cut);
    } else {
        count_own(&counters->logs_dropped);
    }
    thread_leave();
}

bool otel_log_is_enabled(enum otel_severity severity)
{
    return severity <= SEVERITY_MAX && record_is_on() && record_config()->records_logs;
}

void otel_log(enum otel_severity severity, struct otel_str body,
              const struct otel_attribute *attributes, size_t count)
{
    record_log(RECORD_SCOPE_APPLICATION, severity, body, attributes, count);
}

void record_log(enum record_scope scope, enum otel_severity severity, struct otel_str body,
                const struct otel_attribute *attributes, size_t count)
{
    const struct log_source source = {
        .scope = scope,
        .severity = severity,
        .body = body,
        .attributes = attributes,
        .count = count,
    };

    log_write(&source);
}

void otel_log_event(struct otel_str event_name, enum otel_severity severity, struct otel_str body,
                    const struct otel_attribute *attributes, size_t count)
{
    const struct log_source source = {
        .scope = RECORD_SCOPE_APPLICATION,
        .severity = severity,
        .body = body,
        .event_name = event_name,
        .attributes = attributes,
        .count = count,
    };

    log_write(&source);
}

void otel_log_exception(struct otel_str event_name, struct otel_str type, struct otel_str message,
                        const struct otel_attribute *attributes, size_t count)
{
    uint64_t frames[SEGMENT_STACK_FRAMES];
    struct otel_attribute exception[2] = {
        otel_attribute_string(OTEL_EXCEPTION_TYPE, type),
        otel_attribute_string(OTEL_EXCEPTION_MESSAGE, message),
    };
    struct log_source source = {
        .scope = RECORD_SCOPE_APPLICATION,
        .severity = OTEL_SEVERITY_ERROR,
        .event_name = event_name,
        .exception = exception,
        .exception_count = sizeof exception / sizeof exception[0],
        .frames = frames,
        .attributes = attributes,
        .count = count,
    };

    if (!record_is_on() || !record_config()->records_logs)
        return;
    source.frame_count = stack_capture(frames, SEGMENT_STACK_FRAMES, __builtin_return_address(0));
    log_write(&source);
}
