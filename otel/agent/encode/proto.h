/*
 * A streaming protobuf writer: no tree, no allocation but the buffer's. A field is written as it
 * is told, also at its default: what may be left out is known by whoever knows the message.
 *
 * A message's length stands before it and is known behind it, so proto_message_begin leaves room
 * for one of the usual size, and the end moves the message when that guess was wrong.
 *
 * Specification: protobuf.dev "Encoding".
 */
#ifndef OTEL_AGENT_ENCODE_PROTO_H
#define OTEL_AGENT_ENCODE_PROTO_H

#include "base/buf.h"

/* Bytes of a message's length: how large it usually is. */
enum proto_size {
    PROTO_SMALL = 1,  /* below 128 bytes */
    PROTO_MEDIUM = 2, /* below 16 KiB */
    PROTO_LARGE = 3,  /* below 2 MiB */
};

struct proto_message {
    size_t start; /* of its content */
    enum proto_size size;
};

struct proto_message proto_message_begin(struct buf *out, unsigned field, enum proto_size size);
void proto_message_end(struct buf *out, struct proto_message message);

/* int64, uint64, enum and bool; a negative int64 takes ten bytes. */
void proto_varint(struct buf *out, unsigned field, uint64_t value);
void proto_varint_nonzero(struct buf *out, unsigned field, uint64_t value); /* 0 is left out */
void proto_sint32(struct buf *out, unsigned field, int32_t value);          /* zigzag */
void proto_fixed32(struct buf *out, unsigned field, uint32_t value);
void proto_fixed64(struct buf *out, unsigned field, uint64_t value);
void proto_double(struct buf *out, unsigned field, double value);

void proto_bytes(struct buf *out, unsigned field, const void *bytes, size_t length);

/* A string must be UTF-8, or readers refuse the whole request: what is not becomes U+FFFD. */
void proto_string(struct buf *out, unsigned field, const char *text, size_t length);

/* Packed repeated fields. */
void proto_fixed64_list(struct buf *out, unsigned field, const uint64_t *values, size_t count);
void proto_varint_list(struct buf *out, unsigned field, const uint64_t *values, size_t count);
void proto_double_list(struct buf *out, unsigned field, const double *values, size_t count);

#endif
