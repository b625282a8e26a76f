/*
 * Looks at every FastCGI record header before libfcgi sees the bytes. libfcgi 2.4.2 overruns a
 * stack buffer on FCGI_GET_VALUES, leaks on unknown management records, and allocates whatever
 * length a parameter claims (an assertion fails when there is no such memory). So only what one
 * request consists of passes, in its order: BEGIN_REQUEST, PARAMS, STDIN; and parameters are as
 * long as what is there. Where libfcgi loses its place in the bytes, and would take them for
 * headers, the connection ends too: at ABORT_REQUEST, and at padding behind BEGIN_REQUEST or
 * behind the end of a stream (nobody pads these: they are multiples of 8 bytes).
 *
 * Knows bytes only: no descriptor, no libfcgi.
 */
#ifndef BOARD_HTTP_GUARD_H
#define BOARD_HTTP_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_HEADER_BYTES = 8,
    GUARD_PARAMS_BYTES_MAX = 256 * 1024,
    GUARD_STDIN_BYTES_MAX = 16 * 1024 * 1024,
};

enum guard_stage {
    GUARD_BEGIN = 0, /* nothing of the request yet, or its BEGIN_REQUEST under way */
    GUARD_PARAMS,
    GUARD_STDIN,
    GUARD_COMPLETE, /* the empty STDIN record has come: more bytes are a protocol error */
    GUARD_REFUSED,
};

/* Where in the stream of name-value pairs. All zero: before a pair. */
struct guard_pairs {
    bool is_at_value;       /* the length under way is the value's */
    uint8_t length_pending; /* bytes of a four-byte length still to come */
    uint32_t length;        /* as far as it is read */
    uint32_t name_length;
    uint32_t left; /* bytes of name and value until the next pair */
};

/* All zero is "before the first byte of a request". */
struct http_guard {
    enum guard_stage stage;
    uint8_t header[GUARD_HEADER_BYTES];
    uint8_t header_length;
    uint16_t request_id;
    uint32_t content_left; /* of the record that `header` began */
    uint32_t padding_left;
    struct guard_pairs pairs;
    uint32_t params_bytes;
    uint32_t stdin_bytes;
};

/* The next request begins. */
void guard_reset(struct http_guard *guard);

/* Feeds the bytes that were read, in pieces of any size. False: close the connection. */
bool guard_feed(struct http_guard *guard, const uint8_t *bytes, size_t length);

#endif
