/*
 * Exceptions, as small as they can be: raised in one function, returned to the caller that
 * handles it. What matters is where: the log record carries the stack of the raise, and the
 * request's span says its function, file and line.
 */
#ifndef BOARD_HANDLERS_EXCEPTION_H
#define BOARD_HANDLERS_EXCEPTION_H

#include "otel/log.h"
#include "otel/request.h"
#include "otel/semconv.h"

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
        struct otel_span *raised_in = otel_request_span();                                         \
                                                                                                   \
        otel_log_exception(OTEL_STR("http.server.request.exception"), OTEL_STR(type_text),         \
                           OTEL_STR(message_text), NULL, 0);                                       \
        otel_span_set_string(raised_in, OTEL_CODE_FUNCTION_NAME, otel_str(__func__));              \
        otel_span_set_string(raised_in, OTEL_CODE_FILE_PATH, OTEL_STR(__FILE__));                  \
        otel_span_set_int(raised_in, OTEL_CODE_LINE_NUMBER, __LINE__);                             \
        *(raised) = (struct exception){ type_text, message_text };                                 \
    } while (0)

#endif
