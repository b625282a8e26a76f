/*
 * Appending items to a record under construction, wherever it lies. Used by the recorder and by
 * the launcher where it writes records of its own.
 */
#ifndef OTEL_SEGMENT_WRITE_H
#define OTEL_SEGMENT_WRITE_H

#include "segment/record.h"

#include <stddef.h>

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

/*
 * Writes the item behind the first `used` bytes and returns the new number of bytes used, or 0
 * when it does not fit in `capacity` (nothing has been written then). header.size is left alone.
 */
size_t record_item_put(uint8_t *record, size_t capacity, size_t used,
                       const struct record_item_source *item);

/* Bytes of text that can be kept under a limit without cutting a UTF-8 character. */
size_t record_text_fit(const char *text, size_t length, size_t limit);

#endif
