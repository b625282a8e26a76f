/*
 * Spans inside a request. The SERVER span itself is opened and ended by the hook on libfcgi
 * (request.h talks to it); this header is for the operations below it.
 *
 * Every call does nothing on the no-op span, and without a launcher every span is the no-op one.
 * A span is built in shared memory: should the process die, the launcher ends it with an error.
 *
 * Specification: trace/api.md "Span". Threads: a span belongs to the thread that started it.
 */
#ifndef OTEL_SPAN_H
#define OTEL_SPAN_H

#include "otel/attribute.h"
#include "otel/context.h"

struct otel_span;

/* The values of OTLP's SpanKind. */
enum otel_span_kind {
    OTEL_SPAN_INTERNAL = 1,
    OTEL_SPAN_SERVER = 2,
    OTEL_SPAN_CLIENT = 3,
    OTEL_SPAN_PRODUCER = 4,
    OTEL_SPAN_CONSUMER = 5,
};

/* Order Ok > Error > Unset: Ok is final, Unset is ignored. */
enum otel_span_status {
    OTEL_SPAN_UNSET = 0,
    OTEL_SPAN_OK = 1,
    OTEL_SPAN_ERROR = 2,
};

/*
 * Starts a child of the current context and makes it current. Never NULL. More than 16 open spans
 * on a thread: the no-op span, and the drop is counted.
 */
OTEL_API struct otel_span *otel_span_start(struct otel_str name, enum otel_span_kind kind);

/* What a span is about from its start on; more than a name and a kind, when there is more. */
struct otel_span_link {
    struct otel_context context;
    const struct otel_attribute *attributes;
    size_t count;
};

struct otel_span_options {
    struct otel_str name;
    enum otel_span_kind kind;
    uint64_t start_ns; /* wall clock, since 1970; 0: now */
    const struct otel_attribute *attributes;
    size_t attribute_count;
    const struct otel_span_link *links;
    size_t link_count;
};

/* As otel_span_start. Attributes at the start are better than later ones: a launcher that finds
 * the process dead has them. */
OTEL_API struct otel_span *otel_span_start_with(const struct otel_span_options *options);

/* The context that names the span, for otel_inject and for links; of the no-op span and of those
 * that the sampler dropped the current one, so that a trace goes on past them. */
OTEL_API struct otel_context otel_span_context(const struct otel_span *span);

/* False for the no-op span and for spans that the sampler dropped. */
OTEL_API bool otel_span_is_recording(const struct otel_span *span);

/*
 * Copies key and value. A key set twice keeps its last value. What does not fit the span's
 * buffer is dropped and counted. Does nothing after the end.
 */
OTEL_API void otel_span_set_string(struct otel_span *span, struct otel_key key,
                                   struct otel_str value);
OTEL_API void otel_span_set_int(struct otel_span *span, struct otel_key key, int64_t value);
OTEL_API void otel_span_set_double(struct otel_span *span, struct otel_key key, double value);
OTEL_API void otel_span_set_bool(struct otel_span *span, struct otel_key key, bool value);

OTEL_API void otel_span_update_name(struct otel_span *span, struct otel_str name);

/* The description is kept for OTEL_SPAN_ERROR only. */
OTEL_API void otel_span_set_status(struct otel_span *span, enum otel_span_status status,
                                   struct otel_str description);

OTEL_API void otel_span_add_event(struct otel_span *span, struct otel_str name,
                                  const struct otel_attribute *attributes, size_t count);

/* The same of a moment that is past: wall clock, since 1970; 0: now. */
OTEL_API void otel_span_add_event_at(struct otel_span *span, struct otel_str name, uint64_t time_ns,
                                     const struct otel_attribute *attributes, size_t count);

/*
 * Adds the event "exception" with exception.type, exception.message and the stack of program
 * counters taken here, in the caller's frame; the launcher resolves them.
 * Specification: trace/exceptions.md. The log record beside it: log.h.
 */
OTEL_API void otel_span_record_exception(struct otel_span *span, struct otel_str type,
                                         struct otel_str message);

OTEL_API void otel_span_add_link(struct otel_span *span, const struct otel_context *linked,
                                 const struct otel_attribute *attributes, size_t count);

/* Ends the span now; the context that was current at its start is current again. */
OTEL_API void otel_span_end(struct otel_span *span);

/* The same with an end of the program's own: wall clock, since 1970; never before the start. */
OTEL_API void otel_span_end_at(struct otel_span *span, uint64_t end_ns);

#endif
