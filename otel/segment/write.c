#include "segment/write.h"
#include "base/utf8.h"

#include <string.h>

size_t record_item_put(uint8_t *record, size_t capacity, size_t used,
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
    if (item->value_length)
        memcpy(to + sizeof header, item->value, item->value_length);
    if (item->key_length)
        memcpy(to + sizeof header + item->value_length, item->key, item->key_length);
    return used + bytes;
}

size_t record_text_fit(const char *text, size_t length, size_t limit)
{
    return utf8_fit(text, length, limit);
}
