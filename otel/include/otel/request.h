/*
 * What a FastCGI program may say about the SERVER span of the request it is answering. The hook
 * on libfcgi opens that span and ends it at FCGX_Free; a program that writes its answer through
 * libfcgi needs none of this, because the hook reads the status off what it writes.
 *
 * All calls speak of the request of the calling thread's current context and do nothing where
 * there is none.
 *
 * Specification: semantic-conventions/http "HTTP server span".
 */
#ifndef OTEL_REQUEST_H
#define OTEL_REQUEST_H

#include "otel/span.h"

/* The SERVER span; the no-op span where there is none. Not to be ended by the program. */
OTEL_API struct otel_span *otel_request_span(void);

/* http.response.status_code, for a program that does not answer through libfcgi's streams. */
OTEL_API void otel_request_set_status(int status_code);

/* http.route: the template that matched, such as "/board/{count}". Never a path. */
OTEL_API void otel_request_set_route(struct otel_str route);

/* Marks the request failed: span status Error and error.type, in metrics too. */
OTEL_API void otel_request_set_error(struct otel_str error_type);

/* What a thread is busy with; the status page shows it. Costs one store. */
enum otel_activity {
    OTEL_ACTIVITY_IDLE = 0,
    OTEL_ACTIVITY_READING,
    OTEL_ACTIVITY_WORKING,
    OTEL_ACTIVITY_WRITING,
};

OTEL_API void otel_request_activity(enum otel_activity activity);

#endif
