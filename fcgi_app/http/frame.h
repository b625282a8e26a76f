/*
 * An answer as FastCGI records: STDOUT records, the empty STDOUT record and END_REQUEST, to be
 * sent with as few system calls as possible and from any place on (a socket takes what it can).
 *
 * Knows bytes only: no descriptor, no libfcgi.
 */
#ifndef BOARD_HTTP_FRAME_H
#define BOARD_HTTP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
    FRAME_CONTENT_MAX = 65535, /* of one record: its length has two bytes */
    FRAME_RECORDS_MAX = 16,    /* of one window: 1 MB a system call */
    FRAME_HEADER_BYTES = 8,
    FRAME_TAIL_BYTES = 8 + 16 + 8,
};

/*
 * What is to be sent. Head and body are borrowed and go out as one stream of content.
 * is_marked: one empty record follows END_REQUEST. nginx finishes the request, finds bytes behind
 * its end, and closes the connection itself: so a worker that wants to leave loses no answer.
 */
struct http_frame {
    const char *head;
    size_t head_length;
    const char *body;
    size_t body_length;
    uint16_t request_id;
    bool has_end; /* false: more content follows in another frame */
    bool is_marked;
    uint64_t sent; /* bytes of the framed whole that are away */
};

/* The next bytes: iov points into the frame's texts and into the window itself. */
struct http_frame_window {
    int count; /* 0: everything is sent */
    struct iovec iov[FRAME_RECORDS_MAX * 3 + 1];
    uint8_t headers[FRAME_RECORDS_MAX][FRAME_HEADER_BYTES];
    uint8_t tail[FRAME_TAIL_BYTES];
};

void frame_window(const struct http_frame *frame, struct http_frame_window *out);

#endif
