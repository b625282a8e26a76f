/* The head of an answer. Specification: RFC 3875 (CGI), 6. */
#include "http/response.h"

#include "otel/context.h"

#include <assert.h>

static void number_add(struct buf *head, uint64_t number)
{
    char digits[20];
    size_t start = sizeof digits;

    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_add(head, digits + start, sizeof digits - start);
}

static void line_add(struct buf *head, const char *name, const char *value)
{
    buf_add_text(head, name);
    buf_add_text(head, value);
    buf_add(head, "\r\n", 2);
}

static void number_line_add(struct buf *head, const char *name, uint64_t number)
{
    buf_add_text(head, name);
    number_add(head, number);
    buf_add(head, "\r\n", 2);
}

size_t response_head_write(const struct http_response *response, size_t content_length,
                           char out[RESPONSE_HEAD_BYTES])
{
    struct buf head = { .data = out,
                        .capacity = RESPONSE_HEAD_BYTES - 1,
                        .limit = RESPONSE_HEAD_BYTES - 1 };
    struct otel_context context = otel_context_current();
    char trace_id[OTEL_TRACE_ID_HEX_SIZE];

    otel_context_trace_id_hex(&context, trace_id);
    buf_add_text(&head, "Status: ");
    number_add(&head, (uint64_t)response->status);
    line_add(&head, " ", http_status_text(response->status));
    if (response->content_type)
        line_add(&head, "Content-Type: ", response->content_type);
    if (content_length != RESPONSE_LENGTH_UNKNOWN)
        number_line_add(&head, "Content-Length: ", content_length);
    if (response->allow)
        line_add(&head, "Allow: ", response->allow);
    if (response->retry_after_s > 0)
        number_line_add(&head, "Retry-After: ", (uint64_t)response->retry_after_s);
    if (trace_id[0] != '\0') /* for the front's access log, and for who asks what happened */
        line_add(&head, "X-Trace-Id: ", trace_id);
    buf_add(&head, "\r\n", 2);
    /* Every text is a literal of ours and short: this is about us, not about input. */
    assert(!head.has_failed);
    return head.length;
}
