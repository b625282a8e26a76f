/*
 * The answer that a handler gives: either a body in the buffer, sent whole once the handler
 * returns, or a stream (exchange.h). The texts are literals or live as long as the process.
 */
#ifndef BOARD_HTTP_RESPONSE_H
#define BOARD_HTTP_RESPONSE_H

#include "base/buf.h"
#include "http/status.h"

struct http_response {
    enum http_status status;
    const char *content_type; /* NULL: none, and then no body either */
    const char *allow;        /* NULL: no such header */
    int retry_after_s;        /* 0: no such header */
    struct buf body;          /* emptied before each request; has a limit */
};

enum { RESPONSE_HEAD_BYTES = 512 };

#define RESPONSE_LENGTH_UNKNOWN ((size_t)-1)

/*
 * Status line and headers as CGI has them, with the empty line. Returns the length, always less
 * than RESPONSE_HEAD_BYTES.
 */
size_t response_head_write(const struct http_response *response, size_t content_length,
                           char out[RESPONSE_HEAD_BYTES]);

#endif
