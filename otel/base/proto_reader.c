#include "base/proto_reader.h"

enum { VARINT_BITS = 64, FIELD_MAX = (1 << 29) - 1 };

static size_t left(const struct proto_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static bool read_varint(struct proto_reader *reader, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < VARINT_BITS && left(reader) > 0; shift += 7) {
        uint8_t byte = *reader->at++;

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool read_fixed(struct proto_reader *reader, unsigned size, uint64_t *out)
{
    uint64_t value = 0;

    if (left(reader) < size)
        return false;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)*reader->at++ << 8 * i;
    *out = value;
    return true;
}

static bool read_bytes(struct proto_reader *reader, struct proto_field *out)
{
    if (!read_varint(reader, &out->value) || out->value > left(reader))
        return false;
    out->bytes = reader->at;
    reader->at += out->value;
    return true;
}

bool proto_reader_next(struct proto_reader *reader, struct proto_field *out)
{
    uint64_t tag = 0;

    *out = (struct proto_field){ 0 };
    if (!read_varint(reader, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_MAX)
        return false;
    out->number = (unsigned)(tag >> 3);
    out->wire = (enum proto_wire)(tag & 7);
    switch (out->wire) {
    case PROTO_VARINT:
        return read_varint(reader, &out->value);
    case PROTO_FIXED64:
        return read_fixed(reader, 8, &out->value);
    case PROTO_BYTES:
        return read_bytes(reader, out);
    case PROTO_FIXED32:
        return read_fixed(reader, 4, &out->value);
    }
    return false; /* groups are no longer written by anybody */
}
