/*
 * Log records. A record made during a request carries its trace and span id.
 *
 * Specification: logs/data-model.md; exceptions: semantic-conventions/exceptions (logs).
 */
#ifndef OTEL_LOG_H
#define OTEL_LOG_H

#include "otel/attribute.h"
#include "otel/context.h"

/* The lowest number of each range of the data model; text and number go out together. */
enum otel_severity {
    OTEL_SEVERITY_TRACE = 1,
    OTEL_SEVERITY_DEBUG = 5,
    OTEL_SEVERITY_INFO = 9,
    OTEL_SEVERITY_WARN = 13,
    OTEL_SEVERITY_ERROR = 17,
    OTEL_SEVERITY_FATAL = 21,
};

/* Copies everything. A body over 8 KiB is cut at a character and counted. */
OTEL_API void otel_log(enum otel_severity severity, struct otel_str body,
                       const struct otel_attribute *attributes, size_t count);

/* False where a record would go nowhere, so that making its body can be spared: no launcher runs,
 * or logs are off. The same for all severities: which of them are worth it is the program's. */
OTEL_API bool otel_log_is_enabled(enum otel_severity severity);

/* A log record with an event name, such as "session.start": a thing that happened, with its facts
 * as attributes. No part of the name varies. */
OTEL_API void otel_log_event(struct otel_str event_name, enum otel_severity severity,
                             struct otel_str body, const struct otel_attribute *attributes,
                             size_t count);

/*
 * Records an exception: a log record of the given event name (such as
 * "http.server.request.exception") with exception.type, exception.message and the stack of
 * program counters taken here, in the caller's frame; the launcher resolves them to function,
 * file and line. Severity ERROR. The caller decides what happens to the span (request.h).
 */
OTEL_API void otel_log_exception(struct otel_str event_name, struct otel_str type,
                                 struct otel_str message, const struct otel_attribute *attributes,
                                 size_t count);

#endif
