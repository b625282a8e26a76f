/*
 * Runs: several fields written in one go, where the writer of proto.h is too slow field by field.
 * The lengths are known before, so that nothing moves; room is asked for once.
 */
#ifndef OTEL_AGENT_ENCODE_PROTO_RUN_H
#define OTEL_AGENT_ENCODE_PROTO_RUN_H

#include "base/buf.h"
#include "base/proto_reader.h"

#include <string.h>

/* Most bytes of a number, of a tag, and of what stands before a field's bytes. */
enum {
    PROTO_VARINT_MAX = 10,
    PROTO_TAG_MAX = 5,
    PROTO_HEAD_MAX = PROTO_TAG_MAX + PROTO_VARINT_MAX
};

/* Where the next `size` bytes go; NULL when there is no room for them: `out` has failed then. */
static inline char *proto_run_begin(struct buf *out, size_t size)
{
    return buf_reserve(out, size) ? out->data + out->length : NULL;
}

static inline void proto_run_end(struct buf *out, const char *to)
{
    out->length = (size_t)(to - out->data);
}

static inline size_t proto_varint_size(uint64_t value)
{
    size_t size = 1;

    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

static inline char *proto_run_varint(char *to, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        *to++ = (char)(value | 0x80);
    *to++ = (char)value;
    return to;
}

static inline char *proto_run_tag(char *to, unsigned field, enum proto_wire type)
{
    return proto_run_varint(to, (uint64_t)field << 3 | type);
}

/* Tag, length and content of a field. */
static inline char *proto_run_bytes(char *to, unsigned field, const void *bytes, size_t length)
{
    to = proto_run_varint(proto_run_tag(to, field, PROTO_BYTES), length);
    memcpy(to, bytes, length);
    return to + length;
}

/* The size of such a field, whose number is below 16. */
static inline size_t proto_bytes_size(size_t length)
{
    return 1 + proto_varint_size(length) + length;
}

/* Text that is UTF-8 without a look at its characters. */
static inline bool proto_is_ascii(const char *text, size_t length)
{
    uint64_t word, bits = 0;
    size_t at = 0;

    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        bits |= word;
    }
    for (; at < length; at++)
        bits |= (uint8_t)text[at];
    return (bits & UINT64_C(0x8080808080808080)) == 0;
}

#endif
