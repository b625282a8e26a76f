#include "fake_segment.h"
#include "segment/map.h"
#include "segment/method.h"
#include "segment/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct segment_sampling fake_sampling(enum segment_sampler root, uint64_t bound,
                                      bool is_parent_based)
{
    struct segment_sampling sampling;

    for (int parent = 0; parent < SEGMENT_PARENT_COUNT; parent++)
        sampling.rules[parent] =
            (struct segment_sampler_rule){ .sampler = (uint8_t)root, .bound = bound };
    for (int parent = SEGMENT_PARENT_REMOTE_SAMPLED;
         is_parent_based && parent < SEGMENT_PARENT_COUNT; parent++)
        sampling.rules[parent].sampler =
            parent == SEGMENT_PARENT_REMOTE_SAMPLED || parent == SEGMENT_PARENT_LOCAL_SAMPLED
                ? SEGMENT_SAMPLER_ALWAYS_ON
                : SEGMENT_SAMPLER_ALWAYS_OFF;
    return sampling;
}

struct segment *fake_segment_create(void)
{
    char folder[] = "/tmp/fake_segment.XXXXXX";
    char path[sizeof folder + 16];
    struct segment *segment = NULL;

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/segment", folder);
    segment = segment_create(path, "test");
    assert_non_null(segment);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    segment->header.config = (struct segment_config){
        .records_traces = true,
        .records_metrics = true,
        .records_logs = true,
        .propagators = { SEGMENT_PROPAGATOR_TRACECONTEXT, SEGMENT_PROPAGATOR_BAGGAGE },
        .sampling = fake_sampling(SEGMENT_SAMPLER_ALWAYS_ON, 0, true),
    };
    assert_int_equal(segment_methods_set(&segment->header.config, SEGMENT_METHODS_DEFAULT), 0);
    return segment;
}

void fake_segment_destroy(struct segment *segment)
{
    segment_unmap(segment);
}

bool fake_segment_take(struct segment *segment, uint8_t *record)
{
    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        size_t size = 0;
        enum ring_read result = ring_read(&segment->slots[i], record, &size);

        assert_int_not_equal(result, RING_CORRUPT);
        if (result == RING_RECORD) {
            ring_release(&segment->slots[i], size);
            return true;
        }
    }
    return false;
}

bool fake_segment_take_type(struct segment *segment, enum record_type type, uint8_t *record)
{
    while (fake_segment_take(segment, record))
        if (((const struct record_header *)(const void *)record)->type == type)
            return true;
    return false;
}

bool fake_record_find(const uint8_t *record, enum record_item_kind kind, const char *key,
                      struct record_view *out)
{
    struct record_view item;
    size_t offset = 0;
    bool is_found = false;

    while (record_item_check(record, &offset, &item)) {
        if (item.kind != kind || (key && (strlen(key) != item.key_length ||
                                          memcmp(key, item.key, item.key_length) != 0)))
            continue;
        *out = item;
        is_found = true;
    }
    return is_found;
}

void fake_record_assert_text(const uint8_t *record, enum record_item_kind kind, const char *key,
                             const char *expected)
{
    struct record_view item;
    char text[RECORD_VALUE_BYTES_MAX + 1];

    if (!fake_record_find(record, kind, key, &item))
        fail_msg("no item of kind %d, key %s", kind, key ? key : "-");
    assert_int_equal(item.type, RECORD_VALUE_STRING);
    assert_true(item.value_length < sizeof text);
    memcpy(text, item.value, item.value_length);
    text[item.value_length] = '\0';
    assert_string_equal(text, expected);
}

void fake_record_assert_int(const uint8_t *record, const char *key, int64_t expected)
{
    struct record_view item;

    if (!fake_record_find(record, RECORD_ITEM_ATTRIBUTE, key, &item))
        fail_msg("no attribute %s", key);
    assert_int_equal(item.type, RECORD_VALUE_INT);
    assert_int_equal(record_view_int(&item), expected);
}

void fake_record_assert_none(const uint8_t *record, enum record_item_kind kind, const char *key)
{
    struct record_view item;

    if (fake_record_find(record, kind, key, &item))
        fail_msg("an item of kind %d, key %s that should not be", kind, key ? key : "-");
}

uint64_t fake_segment_count(const struct segment *segment, size_t counter_offset)
{
    uint64_t sum = 0;

    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const char *counters = (const char *)&segment->slots[i].counters;

        sum += atomic_load((const _Atomic uint64_t *)(const void *)(counters + counter_offset));
    }
    return sum;
}
