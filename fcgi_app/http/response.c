/* The head of an answer. Specification: RFC 3875 (CGI), 6. */
#include "http/response.h"

#include "otel/context.h"

#include <assert.h>
#include <stdio.h>

#define PRINT(...)                                                                                 \
    length += (size_t)snprintf(out + length, RESPONSE_HEAD_BYTES - length, __VA_ARGS__);           \
    assert(length < RESPONSE_HEAD_BYTES)

size_t response_head_write(const struct http_response *response, size_t content_length,
                           char out[RESPONSE_HEAD_BYTES])
{
    struct otel_context context = otel_context_current();
    char trace_id[OTEL_TRACE_ID_HEX_SIZE];
    size_t length = 0;

    otel_context_trace_id_hex(&context, trace_id);
    /* Every text is a literal of ours and short: the assertions are about us, not about input. */
    PRINT("Status: %d %s\r\n", (int)response->status, http_status_text(response->status));
    if (response->content_type) {
        PRINT("Content-Type: %s\r\n", response->content_type);
    }
    if (content_length != RESPONSE_LENGTH_UNKNOWN) {
        PRINT("Content-Length: %zu\r\n", content_length);
    }
    if (response->allow) {
        PRINT("Allow: %s\r\n", response->allow);
    }
    if (response->retry_after_s > 0) {
        PRINT("Retry-After: %d\r\n", response->retry_after_s);
    }
    if (trace_id[0] != '\0') { /* for the front's access log, and for who asks what happened */
        PRINT("X-Trace-Id: %s\r\n", trace_id);
    }
    PRINT("\r\n");
    return length;
}
