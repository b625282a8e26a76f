/*
 * The segment without a launcher: makes one with everything switched on, and drains its rings as
 * a launcher would, with the crashes and deaths that were noted. For tests of the worker's side,
 * and for looking at what a program records.
 *
 *   segment_tool make PATH [stderr] [sampled-out] [header=NAME]
 *   segment_tool drain PATH          one JSON object a line for each record
 */
#include "base/buf.h"
#include "base/json.h"
#include "otel/attribute.h"
#include "segment/check.h"
#include "segment/map.h"
#include "segment/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(const char *path, int count, char **words)
{
    struct segment *segment = segment_create(path, "test");
    struct segment_config *config;

    if (!segment)
        return EXIT_FAILURE;
    config = &segment->header.config;
    config->records_traces = config->records_metrics = config->records_logs = 1;
    config->propagators[0] = SEGMENT_PROPAGATOR_TRACECONTEXT;
    config->propagators[1] = SEGMENT_PROPAGATOR_BAGGAGE;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "stderr") == 0)
            config->captures_stderr = 1;
        else if (strcmp(words[i], "sampled-out") == 0)
            for (int parent = 0; parent < SEGMENT_PARENT_COUNT; parent++)
                config->sampling.rules[parent].sampler = SEGMENT_SAMPLER_ALWAYS_OFF;
        else if (strcmp(words[i], "curl-disabled") == 0)
            config->disabled = SEGMENT_DISABLED_CURL;
        else if (strncmp(words[i], "header=", 7) == 0)
            snprintf(config->response_headers, sizeof(config->response_headers), "%s",
                     words[i] + 7);
    }
    segment_unmap(segment);
    return EXIT_SUCCESS;
}

static void value_print(struct json *json, const struct record_view *item)
{
    switch (item->type) {
    case RECORD_VALUE_STRING:
        json_string(json, (const char *)item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOL:
    case RECORD_VALUE_INT:
        json_int(json, record_view_int(item));
        break;
    case RECORD_VALUE_DOUBLE:
        json_double(json, record_view_double(item));
        break;
    case RECORD_VALUE_STRINGS: {
        uint32_t offset = 0;
        const char *text;
        uint32_t length;

        json_array_begin(json);
        while (record_string_next(item, &offset, &text, &length))
            json_string(json, text, length);
        json_array_end(json);
        break;
    }
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES: /* only the launcher makes these */
        break;
    case RECORD_VALUE_STACK:
        json_uint(json, item->value_length / sizeof(uint64_t));
        break;
    case RECORD_VALUE_BYTES:
        json_hex(json, item->value, item->value_length);
        break;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
}

static void ids_print(struct json *json, const uint8_t trace_id[16], const uint8_t span_id[8])
{
    JSON_KEY(json, "trace");
    json_hex(json, trace_id, 16);
    JSON_KEY(json, "span");
    json_hex(json, span_id, 8);
}

/* What the fixed part holds; returns its size. */
static size_t fixed_print(struct json *json, const uint8_t *record)
{
    const struct record_header *header = (const void *)record;
    const struct record_span *span = (const void *)record;
    const struct record_log *log = (const void *)record;
    const struct record_measurement *measurement = (const void *)record;

    JSON_KEY(json, "scope");
    json_uint(json, header->scope);
    JSON_KEY(json, "type");
    switch ((enum record_type)header->type) {
    case RECORD_SPAN:
        json_string(json, "span", 4);
        ids_print(json, span->trace_id, span->span_id);
        JSON_KEY(json, "parent");
        json_hex(json, span->parent_span_id, 8);
        JSON_KEY(json, "kind");
        json_uint(json, span->kind);
        JSON_KEY(json, "status");
        json_uint(json, span->status);
        JSON_KEY(json, "duration_ns");
        json_uint(json, span->end_ns - span->start_ns);
        return sizeof(*span);
    case RECORD_LOG:
        json_string(json, "log", 3);
        ids_print(json, log->trace_id, log->span_id);
        JSON_KEY(json, "severity");
        json_uint(json, log->severity);
        return sizeof(*log);
    case RECORD_MEASUREMENT:
        json_string(json, "measurement", 11);
        ids_print(json, measurement->trace_id, measurement->span_id);
        JSON_KEY(json, "instrument");
        json_uint(json, measurement->instrument);
        return sizeof(*measurement);
    case RECORD_PAD:
    case RECORD_TYPE_COUNT:
        break;
    }
    json_null(json);
    return header->size;
}

static void record_print(struct buf *line, const uint8_t *record)
{
    static const char *const KINDS[RECORD_ITEM_KIND_COUNT] = {
        [RECORD_ITEM_NAME] = "name",
        [RECORD_ITEM_TRACE_STATE] = "tracestate",
        [RECORD_ITEM_STATUS_MESSAGE] = "message",
        [RECORD_ITEM_LINK] = "link",
        [RECORD_ITEM_BODY] = "body",
        [RECORD_ITEM_EVENT_NAME] = "event_name",
        [RECORD_ITEM_STACK] = "stack",
    };
    struct json json = json_writer(line);
    struct record_view item;
    size_t offset = 0;

    buf_clear(line);
    json_object_begin(&json);
    fixed_print(&json, record);
    while (record_item_next(record, &offset, &item)) {
        if (item.key_length > 0)
            json_key(&json, item.key, item.key_length);
        else
            json_key(&json, KINDS[item.kind], strlen(KINDS[item.kind]));
        value_print(&json, &item);
    }
    json_object_end(&json);
    printf("%.*s\n", (int)line->length, line->data);
}

/* What the handler of a fatal signal left. */
static void crash_print(struct buf *line, const struct segment_crash *crash)
{
    struct json json = json_writer(line);

    buf_clear(line);
    json_object_begin(&json);
    JSON_KEY(&json, "type");
    json_string(&json, "crash", 5);
    JSON_KEY(&json, "signal");
    json_int(&json, crash->signal);
    JSON_KEY(&json, "address");
    json_uint(&json, crash->address);
    JSON_KEY(&json, "frames");
    json_uint(&json, crash->frame_count);
    json_object_end(&json);
    printf("%.*s\n", (int)line->length, line->data);
}

static void deaths_print(struct buf *line, const struct segment_header *header)
{
    for (uint32_t i = 0; i < SEGMENT_DEATH_COUNT && i < header->death_count; i++) {
        struct json json = json_writer(line);

        buf_clear(line);
        json_object_begin(&json);
        JSON_KEY(&json, "type");
        json_string(&json, "death", 5);
        JSON_KEY(&json, "pid");
        json_int(&json, header->deaths[i].pid);
        JSON_KEY(&json, "status");
        json_int(&json, header->deaths[i].status);
        json_object_end(&json);
        printf("%.*s\n", (int)line->length, line->data);
    }
}

static int drain(const char *path)
{
    struct segment *segment = segment_map(path, SEGMENT_READ_WRITE);
    static uint8_t record[RECORD_BYTES_MAX] __attribute__((aligned(8)));
    struct buf line;
    size_t size;

    if (!segment)
        return EXIT_FAILURE;
    buf_init(&line, 1 << 20);
    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &segment->slots[i];

        while (ring_read(slot, record, &size) == RING_RECORD) {
            record_print(&line, record);
            ring_release(slot, size);
        }
        if (atomic_exchange(&slot->crash.is_set, 0))
            crash_print(&line, &slot->crash);
    }
    deaths_print(&line, &segment->header);
    buf_release(&line);
    segment_unmap(segment);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    int status = EXIT_FAILURE;

    if (argc >= 3 && strcmp(argv[1], "make") == 0)
        status = make(argv[2], argc - 3, argv + 3);
    else if (argc == 3 && strcmp(argv[1], "drain") == 0)
        status = drain(argv[2]);
    else
        fprintf(stderr, "usage: segment_tool make|drain PATH [stderr] [sampled-out]\n");
    if (status != EXIT_SUCCESS && errno)
        perror(argc > 2 ? argv[2] : "segment_tool");
    return status;
}
