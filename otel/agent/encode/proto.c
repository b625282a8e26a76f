#include "agent/encode/proto.h"

#include "agent/encode/proto_run.h"
#include "base/utf8.h"

#include <string.h>

static char *put_fixed(char *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        *at++ = (char)(value >> 8 * i);
    return at;
}

void proto_varint(struct buf *out, unsigned field, uint64_t value)
{
    char *at = proto_run_begin(out, PROTO_HEAD_MAX);

    if (at != NULL)
        proto_run_end(out, proto_run_varint(proto_run_tag(at, field, PROTO_VARINT), value));
}

void proto_varint_nonzero(struct buf *out, unsigned field, uint64_t value)
{
    if (value != 0)
        proto_varint(out, field, value);
}

void proto_sint32(struct buf *out, unsigned field, int32_t value)
{
    proto_varint(out, field, (uint32_t)value << 1 ^ (value < 0 ? UINT32_MAX : 0));
}

void proto_fixed32(struct buf *out, unsigned field, uint32_t value)
{
    char *at = proto_run_begin(out, PROTO_HEAD_MAX);

    if (at != NULL)
        proto_run_end(out, put_fixed(proto_run_tag(at, field, PROTO_FIXED32), value, sizeof value));
}

void proto_fixed64(struct buf *out, unsigned field, uint64_t value)
{
    char *at = proto_run_begin(out, PROTO_HEAD_MAX);

    if (at != NULL)
        proto_run_end(out, put_fixed(proto_run_tag(at, field, PROTO_FIXED64), value, sizeof value));
}

static uint64_t double_bits(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void proto_double(struct buf *out, unsigned field, double value)
{
    proto_fixed64(out, field, double_bits(value));
}

void proto_bytes(struct buf *out, unsigned field, const void *bytes, size_t length)
{
    char *at =
        length < SIZE_MAX - PROTO_HEAD_MAX ? proto_run_begin(out, PROTO_HEAD_MAX + length) : NULL;

    if (at == NULL)
        return;
    at = proto_run_varint(proto_run_tag(at, field, PROTO_BYTES), length);
    if (length > 0)
        memcpy(at, bytes, length);
    proto_run_end(out, at + length);
}

void proto_string(struct buf *out, unsigned field, const char *text, size_t length)
{
    static const char replacement[] = "\xef\xbf\xbd";
    struct proto_message string;
    uint32_t code_point;

    if (proto_is_ascii(text, length)) {
        proto_bytes(out, field, text, length);
        return;
    }
    string = proto_message_begin(out, field, length < 128 ? PROTO_SMALL : PROTO_MEDIUM);
    for (size_t at = 0, size; at < length; at += size) {
        size = utf8_next(text + at, length - at, &code_point);
        if (code_point == UTF8_REPLACEMENT)
            buf_add(out, replacement, sizeof replacement - 1);
        else
            buf_add(out, text + at, size);
    }
    proto_message_end(out, string);
}

void proto_fixed64_list(struct buf *out, unsigned field, const uint64_t *values, size_t count)
{
    size_t length = count * sizeof *values;
    char *at = proto_run_begin(out, PROTO_HEAD_MAX + length);

    if (at == NULL)
        return;
    at = proto_run_varint(proto_run_tag(at, field, PROTO_BYTES), length);
    for (size_t i = 0; i < count; i++)
        at = put_fixed(at, values[i], sizeof *values);
    proto_run_end(out, at);
}

void proto_varint_list(struct buf *out, unsigned field, const uint64_t *values, size_t count)
{
    char *at = proto_run_begin(out, PROTO_HEAD_MAX + count * PROTO_VARINT_MAX), *end = at;
    char none[PROTO_VARINT_MAX];
    size_t length = 0;

    if (at == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        length += (size_t)(proto_run_varint(none, values[i]) - none);
    end = proto_run_varint(proto_run_tag(at, field, PROTO_BYTES), length);
    for (size_t i = 0; i < count; i++)
        end = proto_run_varint(end, values[i]);
    proto_run_end(out, end);
}

void proto_double_list(struct buf *out, unsigned field, const double *values, size_t count)
{
    size_t length = count * sizeof *values;
    char *at = proto_run_begin(out, PROTO_HEAD_MAX + length);

    if (at == NULL)
        return;
    at = proto_run_varint(proto_run_tag(at, field, PROTO_BYTES), length);
    for (size_t i = 0; i < count; i++)
        at = put_fixed(at, double_bits(values[i]), sizeof *values);
    proto_run_end(out, at);
}

struct proto_message proto_message_begin(struct buf *out, unsigned field, enum proto_size size)
{
    char *at = proto_run_begin(out, PROTO_HEAD_MAX);

    if (at != NULL)
        proto_run_end(out, proto_run_tag(at, field, PROTO_BYTES) + size);
    return (struct proto_message){ out->length, size };
}

void proto_message_end(struct buf *out, struct proto_message message)
{
    char length_text[PROTO_VARINT_MAX];
    size_t length = out->length - message.start, size;

    if (out->has_failed)
        return;
    size = (size_t)(proto_run_varint(length_text, length) - length_text);
    if (size != message.size) {
        if (size > message.size && !buf_reserve(out, size - message.size))
            return;
        memmove(out->data + message.start - message.size + size, out->data + message.start, length);
        out->length = message.start - message.size + size + length;
    }
    memcpy(out->data + message.start - message.size, length_text, size);
}
