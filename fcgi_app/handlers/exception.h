/*
 * Exceptions, as small as they can be: raised in one function, returned to the caller that
 * handles it. What matters is where: the log record and the event on the request's span carry
 * the stack of the raise.
 */
#ifndef BOARD_HANDLERS_EXCEPTION_H
#define BOARD_HANDLERS_EXCEPTION_H

#include "otel/log.h"
#include "otel/request.h"

/* All zero: nothing was raised. */
struct exception {
    const char *type; /* literals */
    const char *message;
};

/*
 * Raises: records it as an exception of the current request, with the stack from here. A macro,
 * so that the innermost frame is the function that raises, at the line that does.
 */
#define EXCEPTION_RAISE(raised, type_text, message_text)                                           \
    do {                                                                                           \
        otel_log_exception(OTEL_STR("http.server.request.exception"), OTEL_STR(type_text),         \
                           OTEL_STR(message_text), NULL, 0);                                       \
        otel_span_record_exception(otel_request_span(), OTEL_STR(type_text),                       \
                                   OTEL_STR(message_text));                                        \
        *(raised) = (struct exception){ type_text, message_text };                                 \
    } while (0)

#endif
