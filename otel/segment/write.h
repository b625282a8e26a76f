/*
 * Appending items to a record under construction, wherever it lies. Used by the recorder and by
 * the launcher where it writes records of its own.
 */
#ifndef OTEL_SEGMENT_WRITE_H
#define OTEL_SEGMENT_WRITE_H

#include "segment/record.h"

#include <stddef.h>
#include <string.h>

/* An item to be: key_id 0 and key_length 0 where the kind has no key. */
struct record_item_source {
    uint8_t kind;
    uint8_t type;
    uint16_t key_id;
    const char *key;
    uint32_t key_length;
    const void *value;
    uint32_t value_length;
};

#define RECORD_ITEM_ALIGNMENT 8u

/* Bytes that an item takes, header and padding included. */
static inline size_t record_item_bytes(size_t value_length, size_t key_length)
{
    size_t bytes = sizeof(struct record_item) + value_length + key_length;

    return (bytes + RECORD_ITEM_ALIGNMENT - 1) & ~(size_t)(RECORD_ITEM_ALIGNMENT - 1);
}

/* Numbers and most short texts without a call: eight to sixteen bytes are two halves that overlap.
 */
static inline void record_value_copy(uint8_t *to, const uint8_t *value, size_t length)
{
    const size_t half = sizeof(uint64_t);

    if (length >= half && length <= 2 * half) {
        memcpy(to, value, half);
        memcpy(to + length - half, value + length - half, half);
    } else if (length) {
        memcpy(to, value, length);
    }
}

/*
 * Writes the item behind the first `used` bytes and returns the new number of bytes used, or 0
 * when it does not fit in `capacity` (nothing has been written then). header.size is left alone.
 */
static inline size_t record_item_put(uint8_t *record, size_t capacity, size_t used,
                                     const struct record_item_source *item)
{
    size_t bytes = record_item_bytes(item->value_length, item->key_length);
    uint8_t *to = record + used;

    if (used > capacity || bytes > capacity - used)
        return 0;

    const struct record_item header = {
        .size = (uint32_t)bytes,
        .kind = item->kind,
        .type = item->type,
        .key_id = item->key_id,
        .value_length = item->value_length,
        .key_length = item->key_length,
    };
    const uint64_t zeros = 0;

    /* The last eight bytes first: what value and key leave of them is padding. */
    memcpy(to + bytes - sizeof zeros, &zeros, sizeof zeros);
    memcpy(to, &header, sizeof header);
    record_value_copy(to + sizeof header, item->value, item->value_length);
    if (item->key_length)
        memcpy(to + sizeof header + item->value_length, item->key, item->key_length);
    return used + bytes;
}

/* Bytes of text that can be kept under a limit without cutting a UTF-8 character. */
size_t record_text_fit(const char *text, size_t length, size_t limit);

#endif
