/*
 * A connection's way through one request: handed to libfcgi, answered past it.
 *
 * libfcgi is handed a readable connection by two fields of FCGX_Request that its header calls
 * private. So their places are checked here, when this is compiled, and their meaning at start
 * (self_test.c).
 */
#include "http/link.h"

#include "base/clock.h"
#include "base/mem.h"
#include "otel/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

_Static_assert(sizeof(FCGX_Request) == 80, "libfcgi 2.4.2, 64 bits");
_Static_assert(offsetof(FCGX_Request, requestId) == 0, "libfcgi 2.4.2");
_Static_assert(offsetof(FCGX_Request, in) == 8, "libfcgi 2.4.2");
_Static_assert(offsetof(FCGX_Request, envp) == 32, "libfcgi 2.4.2");
_Static_assert(offsetof(FCGX_Request, ipcFd) == 48, "libfcgi 2.4.2");
_Static_assert(offsetof(FCGX_Request, keepConnection) == 56, "libfcgi 2.4.2");
_Static_assert(offsetof(FCGX_Request, listen_sock) == 72, "libfcgi 2.4.2");
_Static_assert(offsetof(struct http_link, exchange) == 0, "an exchange is its link");

enum { BODY_KEPT_BYTES = 256 * 1024 }; /* of a body's buffer, from one request to the next */

struct http_link *link_create(struct http_server *server, size_t body_bytes_max,
                              unsigned read_timeout_ms)
{
    struct http_link *link = mem_zalloc(1, sizeof *link);

    if (link == NULL)
        return NULL;
    /* Listen socket -1: any way back into libfcgi's accept fails at once. */
    FCGX_InitRequest(&link->fcgi, -1, 0);
    buf_init(&link->exchange.response.body, body_bytes_max);
    sem_init(&link->finished, 0, 0);
    link->server = server;
    link->read_timeout_ns = read_timeout_ms * CLOCK_NS_PER_MS;
    link->fd = -1;
    return link;
}

void link_destroy(struct http_link *link)
{
    if (link == NULL)
        return;
    sem_destroy(&link->finished);
    buf_release(&link->exchange.response.body);
    mem_free(link);
}

/* What is left unread would be taken for the next request's first bytes. */
static bool stdin_drain(FCGX_Stream *in)
{
    char bytes[4096];

    while (FCGX_GetStr(bytes, sizeof bytes, in) == (int)sizeof bytes) {
    }
    return FCGX_GetError(in) == 0;
}

void link_receive_reset(struct http_link *link)
{
    guard_reset(&link->guard);
    link->read_deadline_ns = 0;
    link->has_read_failed = false;
}

bool link_receive(struct http_link *link)
{
    bool is_whole;

    link_receive_reset(link);
    if (!link->is_looped) {
        link->fcgi.ipcFd = link->fd;
        /* FCGX_Accept_r begins with a Finish, which would close the descriptor just set. */
        link->fcgi.keepConnection = 1;
    }
    fcgi_calls_attach(link);
    is_whole = FCGX_Accept_r(&link->fcgi) == 0;
    /* libfcgi may call a request whole that it had an error with: it looks at none in PARAMS. */
    if (is_whole && (FCGX_GetError(link->fcgi.in) != 0 || !stdin_drain(link->fcgi.in) ||
                     link->guard.stage != GUARD_COMPLETE)) {
        FCGX_Free(&link->fcgi, 1);
        is_whole = false;
    }
    fcgi_calls_attach(NULL);
    link->keeps = is_whole && link->fcgi.keepConnection != 0;
    return is_whole;
}

void link_answer_begin(struct http_link *link, bool is_marked)
{
    struct http_response *response = &link->exchange.response;
    bool is_head = link->exchange.request.method == HTTP_METHOD_HEAD;
    size_t length = link->exchange.is_streaming ? RESPONSE_LENGTH_UNKNOWN : response->body.length;

    otel_request_set_status((int)response->status);
    otel_request_activity(OTEL_ACTIVITY_WRITING);
    link->write_began_ns = clock_monotonic_ns();
    link->stream_ns = 0;
    link->frame = (struct http_frame){
        .head = link->head,
        .head_length = response_head_write(response, length, link->head),
        .body = response->body.data,
        .body_length = is_head || link->exchange.is_streaming ? 0 : response->body.length,
        .request_id = (uint16_t)link->fcgi.requestId,
        .has_end = !link->exchange.is_streaming,
        .is_marked = is_marked,
    };
}

void link_stream_end(struct http_link *link, bool is_marked)
{
    if (link->exchange.is_broken)
        return;
    link->frame = (struct http_frame){ .request_id = (uint16_t)link->fcgi.requestId,
                                       .has_end = true,
                                       .is_marked = is_marked };
    link->exchange.is_broken = link_send(link, true) != LINK_SENT;
}

static enum link_send frame_send(struct http_link *link, bool is_blocking)
{
    struct http_frame_window window;
    struct msghdr message = { .msg_iov = window.iov };
    ssize_t count;

    for (frame_window(&link->frame, &window); window.count > 0;
         frame_window(&link->frame, &window)) {
        message.msg_iovlen = (size_t)window.count;
        count = sendmsg(link->fd, &message, MSG_NOSIGNAL | (is_blocking ? 0 : MSG_DONTWAIT));
        if (count >= 0)
            link->frame.sent += (uint64_t)count;
        else if (errno == EAGAIN && !is_blocking)
            return LINK_BLOCKED;
        else if (errno != EINTR)
            return LINK_BROKEN; /* gone, or it took nothing for the send timeout */
    }
    return LINK_SENT;
}

enum link_send link_send(struct http_link *link, bool is_blocking)
{
    uint64_t start_ns = link->exchange.is_streaming ? clock_monotonic_ns() : 0;
    enum link_send result = frame_send(link, is_blocking);

    if (start_ns != 0)
        link->stream_ns += clock_monotonic_ns() - start_ns;
    return result;
}

/* How long its answer took to leave, on its span; of a streamed one the reading between is not. */
static void write_time_tell(struct http_link *link)
{
    uint64_t ns = link->stream_ns;

    if (link->write_began_ns != 0 && !link->exchange.is_streaming)
        ns = clock_monotonic_ns() - link->write_began_ns;
    if (link->write_began_ns != 0)
        otel_span_set_double(otel_request_span(), OTEL_KEY("board.write_time"),
                             (double)ns / (double)CLOCK_NS_PER_MS);
    link->write_began_ns = 0;
}

void link_request_end(struct http_link *link)
{
    struct buf *body = &link->exchange.response.body;

    write_time_tell(link);
    FCGX_Free(&link->fcgi, 0);
    otel_context_attach((struct otel_context){ 0 });
    otel_request_activity(OTEL_ACTIVITY_IDLE);
    if (body->capacity > BODY_KEPT_BYTES) {
        size_t limit_bytes = body->limit;

        buf_release(body);
        buf_init(body, limit_bytes);
    }
    buf_clear(body);
}

/* --- for handlers ------------------------------------------------------------------------------
 */

void exchange_park(struct http_exchange *exchange)
{
    exchange->context = otel_context_attach((struct otel_context){ 0 });
}

void exchange_finish(struct http_exchange *exchange)
{
    struct http_link *link = exchange_link(exchange);

    if (link->is_looped) {
        /* The loop's thread waits: it answers, with the context that lies in the exchange. */
        otel_context_attach((struct otel_context){ 0 });
        sem_post(&link->finished);
    } else {
        server_answer(link->server, link);
    }
}

bool exchange_stream_begin(struct http_exchange *exchange)
{
    struct http_link *link = exchange_link(exchange);

    exchange->is_streaming = true;
    link_answer_begin(link, false);
    exchange->is_broken = link_send(link, true) != LINK_SENT;
    return !exchange->is_broken;
}

bool exchange_stream_write(struct http_exchange *exchange, const char *text, size_t length)
{
    struct http_link *link = exchange_link(exchange);

    if (exchange->request.method == HTTP_METHOD_HEAD)
        return !exchange->is_broken;
    /* One record a system call: 64 KB is what the front's buffers take at a time. */
    while (length > 0 && !exchange->is_broken) {
        size_t step = length < FRAME_CONTENT_MAX ? length : FRAME_CONTENT_MAX;

        link->frame = (struct http_frame){ .body = text,
                                           .body_length = step,
                                           .request_id = (uint16_t)link->fcgi.requestId };
        exchange->is_broken = link_send(link, true) != LINK_SENT;
        text += step;
        length -= step;
    }
    return !exchange->is_broken;
}

void exchange_stream_abort(struct http_exchange *exchange)
{
    exchange->is_broken = true;
}
