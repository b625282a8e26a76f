/*
 * One request and its answer, as a handler sees them.
 *
 * A handler fills the response and returns HANDLER_ANSWERED; or it streams; or it parks the
 * exchange (someone else finishes it later, on any thread) and returns HANDLER_PARKED, after
 * which it must not touch the exchange any more. A parked request holds no thread.
 */
#ifndef BOARD_HTTP_EXCHANGE_H
#define BOARD_HTTP_EXCHANGE_H

#include "http/request.h"
#include "http/response.h"
#include "otel/context.h"

enum handler_end { HANDLER_ANSWERED = 0, HANDLER_PARKED };

struct http_exchange {
    struct http_request request;
    struct http_response response;
    struct otel_context context; /* of a parked request; else not set */
    bool is_streaming;
    bool is_broken; /* nobody reads any more; the connection closes */
};

/*
 * Copies the thread's telemetry context into the exchange and leaves the thread without one.
 * From the moment another thread may finish the exchange, it is that thread's.
 */
void exchange_park(struct http_exchange *exchange);

/*
 * Sends the answer of a parked exchange without blocking and gives the connection back. The
 * caller has attached exchange->context; afterwards no context is current and the exchange is
 * gone.
 */
void exchange_finish(struct http_exchange *exchange);

/*
 * Sends status and headers; the length is not known. Blocks for at most the send timeout while
 * nothing moves, as exchange_stream_write does. False once nobody reads any more.
 */
bool exchange_stream_begin(struct http_exchange *exchange);
bool exchange_stream_write(struct http_exchange *exchange, const char *text, size_t length);

/* What was streamed cannot be completed: the connection is cut, so that nobody takes it as whole.
 */
void exchange_stream_abort(struct http_exchange *exchange);

#endif
