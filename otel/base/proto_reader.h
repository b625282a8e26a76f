/*
 * Protobuf, field by field, from bytes that nobody vouches for: no length is believed before it
 * is compared with what is there.
 *
 * Specification: protobuf.dev "Encoding".
 */
#ifndef OTEL_BASE_PROTO_READER_H
#define OTEL_BASE_PROTO_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proto_wire { PROTO_VARINT = 0, PROTO_FIXED64 = 1, PROTO_BYTES = 2, PROTO_FIXED32 = 5 };

struct proto_reader {
    const uint8_t *at;
    const uint8_t *end;
};

struct proto_field {
    unsigned number;
    enum proto_wire wire;
    uint64_t value; /* of the numeric wires; of PROTO_BYTES their length */
    const uint8_t *bytes;
};

static inline struct proto_reader proto_reader_of(const void *bytes, size_t length)
{
    return (struct proto_reader){ bytes, (const uint8_t *)bytes + length };
}

/* False at the end, and where the bytes make no sense: the rest is not looked at. */
bool proto_reader_next(struct proto_reader *reader, struct proto_field *out);

/* The content of a field of PROTO_BYTES, as a message. */
static inline struct proto_reader proto_field_reader(const struct proto_field *field)
{
    return proto_reader_of(field->bytes, (size_t)field->value);
}

#endif
