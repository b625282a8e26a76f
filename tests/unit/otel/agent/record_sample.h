/* Records by hand, for the tests of what the launcher makes of them. */
#ifndef TESTS_RECORD_SAMPLE_H
#define TESTS_RECORD_SAMPLE_H

#include "otel/attribute.h"
#include "segment/check.h"
#include "segment/write.h"

#include <assert.h>
#include <string.h>

struct sample {
    size_t used;
    _Alignas(8) uint8_t record[RECORD_BYTES_MAX];
};

static inline void sample_begin(struct sample *sample, const void *fixed, size_t size)
{
    memcpy(sample->record, fixed, size);
    sample->used = size;
    ((struct record_header *)sample->record)->size = (uint32_t)size;
}

static inline void sample_put(struct sample *sample, enum record_item_kind kind,
                              enum record_value_type type, struct otel_key key, const void *value,
                              size_t length)
{
    size_t used = record_item_put(sample->record, sizeof sample->record, sample->used,
                                  &(struct record_item_source){
                                      .kind = (uint8_t)kind,
                                      .type = (uint8_t)type,
                                      .key_id = key.id,
                                      .key = key.text,
                                      .key_length = key.id ? 0 : key.length,
                                      .value = value,
                                      .value_length = (uint32_t)length,
                                  });
    assert(used > 0);
    sample->used = used;
    ((struct record_header *)sample->record)->size = (uint32_t)used;
}

#define SAMPLE_NO_KEY ((struct otel_key){ 0 })

static inline void sample_text(struct sample *sample, enum record_item_kind kind,
                               struct otel_key key, const char *text)
{
    sample_put(sample, kind, RECORD_VALUE_STRING, key, text, strlen(text));
}

static inline void sample_int(struct sample *sample, enum record_item_kind kind,
                              struct otel_key key, int64_t value)
{
    sample_put(sample, kind, RECORD_VALUE_INT, key, &value, sizeof value);
}

static inline void sample_bool(struct sample *sample, enum record_item_kind kind,
                               struct otel_key key, int64_t value)
{
    sample_put(sample, kind, RECORD_VALUE_BOOL, key, &value, sizeof value);
}

static inline void sample_double(struct sample *sample, enum record_item_kind kind,
                                 struct otel_key key, double value)
{
    sample_put(sample, kind, RECORD_VALUE_DOUBLE, key, &value, sizeof value);
}

/* A list of strings, NULL behind the last. */
static inline void sample_list(struct sample *sample, enum record_item_kind kind,
                               struct otel_key key, const char *const *texts)
{
    uint8_t bytes[RECORD_VALUE_BYTES_MAX];
    size_t used = 0;

    for (; *texts != NULL; texts++) {
        uint32_t length = (uint32_t)strlen(*texts);
        memcpy(bytes + used, &length, sizeof length);
        memcpy(bytes + used + sizeof length, *texts, length);
        used += sizeof length + length;
    }
    sample_put(sample, kind, RECORD_VALUE_STRINGS, key, bytes, used);
}

/* The ids of the W3C example: 0af7651916cd43dd8448eb211c80319c, b7ad6b7169203331. */
#define SAMPLE_TRACE_ID                                                                            \
    {                                                                                              \
        0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31,  \
            0x9c                                                                                   \
    }
#define SAMPLE_SPAN_ID                                                                             \
    {                                                                                              \
        0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31                                             \
    }
#define SAMPLE_PARENT_ID                                                                           \
    {                                                                                              \
        0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7                                             \
    }
#define SAMPLE_START_NS UINT64_C(1700000000000000001) /* 2023-11-14T22:13:20Z and 1 ns */

static inline void sample_span(struct sample *sample, enum record_scope scope, const char *name)
{
    struct record_span span = {
        .header = { .type = RECORD_SPAN, .version = RECORD_VERSION, .scope = (uint8_t)scope },
        .trace_id = SAMPLE_TRACE_ID,
        .span_id = SAMPLE_SPAN_ID,
        .start_ns = SAMPLE_START_NS,
        .end_ns = SAMPLE_START_NS + 1234567,
        .kind = 2,
        .trace_flags = 3,
    };

    sample_begin(sample, &span, sizeof span);
    sample_text(sample, RECORD_ITEM_NAME, SAMPLE_NO_KEY, name);
}

static inline void sample_log(struct sample *sample, enum record_scope scope, const char *body)
{
    struct record_log record = {
        .header = { .type = RECORD_LOG, .version = RECORD_VERSION, .scope = (uint8_t)scope },
        .trace_id = SAMPLE_TRACE_ID,
        .span_id = SAMPLE_SPAN_ID,
        .time_ns = SAMPLE_START_NS,
        .severity = 9,
        .trace_flags = 1,
    };

    sample_begin(sample, &record, sizeof record);
    sample_text(sample, RECORD_ITEM_BODY, SAMPLE_NO_KEY, body);
}

static inline void sample_measurement(struct sample *sample, uint16_t instrument, int64_t value)
{
    struct record_measurement record = {
        .header = { .type = RECORD_MEASUREMENT, .version = RECORD_VERSION },
        .time_ns = SAMPLE_START_NS,
        .instrument = instrument,
        .value.integer = value,
    };

    sample_begin(sample, &record, sizeof record);
}

static inline void sample_value_double(struct sample *sample, double value)
{
    struct record_measurement *record = (struct record_measurement *)sample->record;

    record->is_double = 1;
    record->value.real = value;
}

#endif
