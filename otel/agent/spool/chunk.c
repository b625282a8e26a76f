#include "agent/spool/chunk.h"

#include "segment/check.h"

#include <limits.h>

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

enum { LEVEL = 1 }; /* records repeat each other: more effort saves little */

bool chunk_gather(struct buf *out, const uint8_t *const *records, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_add(out, records[i], ((const struct record_header *)(const void *)records[i])->size);
    return !out->has_failed;
}

bool chunk_pack(const struct buf *gathered, struct buf *out)
{
    uLongf length = compressBound((uLong)gathered->length);

    if (gathered->length > CHUNK_BYTES_MAX || !buf_reserve(out, length) ||
        compress2((Bytef *)out->data + out->length, &length, (const Bytef *)gathered->data,
                  (uLong)gathered->length, LEVEL) != Z_OK)
        return false;
    out->length += length;
    return true;
}

/* The next record of what is left, or NULL. */
static const uint8_t *record_next(const uint8_t *bytes, size_t left, enum record_type type)
{
    const struct record_header *header = (const void *)bytes;

    if (left < sizeof *header || header->size > left || header->size > RECORD_BYTES_MAX ||
        header->type != type || !record_check(bytes, header->size))
        return NULL;
    return bytes;
}

uint32_t chunk_unpack(const void *packed, size_t length, enum record_type type, struct buf *room,
                      const uint8_t *records[CHUNK_RECORDS_MAX])
{
    uLongf bytes = CHUNK_BYTES_MAX;
    uint32_t count = 0;
    size_t offset = 0;

    buf_clear(room);
    if (length > ULONG_MAX || !buf_reserve(room, CHUNK_BYTES_MAX) ||
        uncompress((Bytef *)room->data, &bytes, packed, (uLong)length) != Z_OK)
        return 0;
    while (count < CHUNK_RECORDS_MAX) {
        const uint8_t *record =
            record_next((const uint8_t *)room->data + offset, bytes - offset, type);

        if (record == NULL)
            break;
        records[count++] = record;
        offset += ((const struct record_header *)(const void *)record)->size;
    }
    return count;
}
