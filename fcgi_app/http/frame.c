/* Framing of answers. Specification: FastCGI 1.0, sections 3.3, 5.3 and 5.5. */
#include "http/frame.h"

#include <string.h>

enum { TYPE_END_REQUEST = 3, TYPE_STDOUT = 6, TYPE_UNKNOWN = 11, END_BODY_BYTES = 8 };

static void header_put(uint8_t *out, uint8_t type, uint16_t request_id, size_t content)
{
    out[0] = 1;
    out[1] = type;
    out[2] = (uint8_t)(request_id >> 8);
    out[3] = (uint8_t)request_id;
    out[4] = (uint8_t)(content >> 8);
    out[5] = (uint8_t)content;
    out[6] = 0;
    out[7] = 0;
}

static size_t tail_put(uint8_t *out, const struct http_frame *frame)
{
    size_t length = 0;

    if (!frame->has_end)
        return 0;
    memset(out, 0, FRAME_TAIL_BYTES);
    header_put(out, TYPE_STDOUT, frame->request_id, 0);
    length += FRAME_HEADER_BYTES;
    header_put(out + length, TYPE_END_REQUEST, frame->request_id, END_BODY_BYTES);
    length += FRAME_HEADER_BYTES + END_BODY_BYTES;
    if (frame->is_marked) {
        header_put(out + length, TYPE_UNKNOWN, 0, 0);
        length += FRAME_HEADER_BYTES;
    }
    return length;
}

/* Adds a piece, or what is left of it behind the first *skip bytes. */
static void piece_add(struct http_frame_window *out, const void *data, size_t length,
                      uint64_t *skip)
{
    if (*skip >= length) {
        *skip -= length;
        return;
    }
    /* writev takes no const; it does not write either. */
    out->iov[out->count].iov_base = (char *)(uintptr_t)data + *skip;
    out->iov[out->count].iov_len = length - *skip;
    out->count++;
    *skip = 0;
}

/* The part [from, from + length) of head and body taken as one text. */
static void content_add(struct http_frame_window *out, const struct http_frame *frame, size_t from,
                        size_t length, uint64_t *skip)
{
    if (from < frame->head_length) {
        size_t of_head = frame->head_length - from;

        if (of_head > length)
            of_head = length;
        piece_add(out, frame->head + from, of_head, skip);
        from += of_head;
        length -= of_head;
    }
    if (length > 0)
        piece_add(out, frame->body + (from - frame->head_length), length, skip);
}

void frame_window(const struct http_frame *frame, struct http_frame_window *out)
{
    const uint64_t whole = FRAME_HEADER_BYTES + FRAME_CONTENT_MAX;
    size_t total = frame->head_length + frame->body_length;
    uint64_t records = (total + FRAME_CONTENT_MAX - 1) / FRAME_CONTENT_MAX;
    uint64_t framed = total + records * FRAME_HEADER_BYTES;
    /* Whole records that are away need not be walked through. */
    size_t at = frame->sent < framed ? (size_t)(frame->sent / whole) * FRAME_CONTENT_MAX : total;
    uint64_t skip = frame->sent < framed ? frame->sent % whole : frame->sent - framed;

    out->count = 0;
    for (int i = 0; i < FRAME_RECORDS_MAX && at < total; i++) {
        size_t length = total - at < FRAME_CONTENT_MAX ? total - at : FRAME_CONTENT_MAX;

        header_put(out->headers[i], TYPE_STDOUT, frame->request_id, length);
        piece_add(out, out->headers[i], FRAME_HEADER_BYTES, &skip);
        content_add(out, frame, at, length, &skip);
        at += length;
    }
    if (at == total)
        piece_add(out, out->tail, tail_put(out->tail, frame), &skip);
}
