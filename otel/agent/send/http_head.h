/*
 * The head of a request that comes in (RFC 9112), for the listener: method, path and the headers
 * it needs. Strict: what is not a request is refused rather than guessed at.
 */
#ifndef OTEL_AGENT_SEND_HTTP_HEAD_H
#define OTEL_AGENT_SEND_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum { HTTP_HEAD_TEXT_BYTES = 1024 };

struct http_head {
    bool is_head_method;
    bool wants_close;                  /* or has a body, which nobody here reads */
    char path[HTTP_HEAD_TEXT_BYTES];   /* without the query */
    char accept[HTTP_HEAD_TEXT_BYTES]; /* several joined; "": none */
};

/* Length of the head with its empty line; 0: it is not all there. */
size_t http_head_length(const char *bytes, size_t length);

/* A whole head. 0, or the status to refuse it with: 400, 405, 505. */
unsigned http_head_parse(const char *bytes, size_t length, struct http_head *out);

#endif
