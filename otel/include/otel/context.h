/*
 * The context: which span is current, as a plain value that can be copied, stored and carried to
 * another thread. Each thread has one current context; the hooks set it when a request begins.
 *
 * Specification: context/README.md; trace/api.md "SpanContext".
 */
#ifndef OTEL_CONTEXT_H
#define OTEL_CONTEXT_H

#include "otel/attribute.h"

/*
 * Invariants: all zero is "no context"; span_id is the parent of what is started under this
 * context. The fields below the line are the recorder's; a program only copies them.
 */
struct otel_context {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t trace_flags; /* W3C: bit 0 sampled, bit 1 random */
    bool is_remote;      /* span_id came from another process */
    /* ---- */
    uint16_t request;            /* 1 + place in the table of open requests; 0: no request */
    uint32_t request_generation; /* tells a finished request from the next one in its place */
    int64_t clock_offset_ns;     /* wall clock minus monotonic clock, fixed when the trace began */
};

/* The calling thread's current context; all zero when there is none. Never fails. */
OTEL_API struct otel_context otel_context_current(void);

/*
 * Makes a context current on the calling thread and returns the one it replaces, to be handed to
 * the next attach. An all-zero context is legal: "nothing is current".
 * A request that is parked: copy otel_context_current(), attach an all-zero context, and let
 * the thread that finishes it attach the copy.
 */
OTEL_API struct otel_context otel_context_attach(struct otel_context context);

/* True when spans started under this context are recorded. */
static inline bool otel_context_is_sampled(const struct otel_context *context)
{
    return (context->trace_flags & 1) != 0;
}

/* True when the context names a span of a trace: neither id is all zero. */
static inline bool otel_context_is_valid(const struct otel_context *context)
{
    static const uint8_t none[16] = { 0 };

    return memcmp(context->trace_id, none, sizeof context->trace_id) != 0 &&
           memcmp(context->span_id, none, sizeof context->span_id) != 0;
}

/* True when the span that it names is another process's. */
static inline bool otel_context_is_remote(const struct otel_context *context)
{
    return context->is_remote;
}

#define OTEL_TRACE_ID_HEX_SIZE 33
#define OTEL_SPAN_ID_HEX_SIZE 17

/* Writes 32 lower-case hex digits and a NUL; an empty string when there is no trace. */
OTEL_API void otel_context_trace_id_hex(const struct otel_context *context,
                                        char out[OTEL_TRACE_ID_HEX_SIZE]);

#define OTEL_TRACEPARENT_SIZE 56

/*
 * Writes the W3C traceparent of a context and a NUL; an empty string when there is none.
 * Specification: W3C Trace Context Level 2, "traceparent Header".
 */
OTEL_API void otel_context_traceparent(const struct otel_context *context,
                                       char out[OTEL_TRACEPARENT_SIZE]);

#endif
