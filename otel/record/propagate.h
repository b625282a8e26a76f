/*
 * Trace context and baggage across processes: what comes in with a request, and what goes out
 * with the requests that its handler makes. Each format is a file, propagate_<format>.c, and a
 * line in propagate.c. What breaks a format's rules is as if it had not come.
 *
 * Specification: context/api-propagators.md. Of several formats the last valid one wins.
 */
#ifndef OTEL_RECORD_PROPAGATE_H
#define OTEL_RECORD_PROPAGATE_H

#include "otel/context.h"
#include "record/params.h"
#include "segment/layout.h"

#define TRACESTATE_BYTES_MAX                                                                       \
    512                        /* at least so much must be passed on; more is cut by its rules     \
                                */
#define BAGGAGE_BYTES_MAX 4096 /* half of an open request's room */

/* What the caller says about sampling. */
enum remote_sampling {
    REMOTE_DEFERRED = 0, /* nothing: the sampler decides as for a root */
    REMOTE_NOT_SAMPLED,
    REMOTE_SAMPLED,
    REMOTE_DEBUG, /* sampled, and everybody below is told so */
};

/* The caller's span. Invariant: ids are both there or both zero, for formats that can say how to
 * sample without naming a trace. */
struct remote_parent {
    struct otel_context context; /* is_remote; the flag "sampled" as `sampling` says */
    enum remote_sampling sampling;
};

/* The context's flags, as the sampling says. */
static inline void remote_parent_settle(struct remote_parent *parent)
{
    parent->context.is_remote = true;
    parent->context.trace_flags =
        parent->sampling == REMOTE_SAMPLED || parent->sampling == REMOTE_DEBUG;
}

/* --- in --------------------------------------------------------------------------------------- */

/* The parameters of a request: those that every request needs, and the texts of all. */
struct incoming {
    const struct params *params;
    char *const *texts; /* "NAME=value" up to a NULL; NULL: none */
};

/* The value of a header that came once; data NULL when it came not at all, or several times:
 * nobody can tell which one is meant. param is its FastCGI name, "HTTP_B3". */
struct otel_str incoming_header(const struct incoming *incoming, struct otel_str param);

/* All that came in, for the life of the request. */
struct propagated {
    struct remote_parent parent; /* all zero: none */
    bool is_cut;                 /* baggage was left out: no room */
    size_t trace_state_length;
    size_t baggage_length;
    char trace_state[TRACESTATE_BYTES_MAX];
    char baggage[BAGGAGE_BYTES_MAX]; /* in the form of W3C Baggage */
};

void propagate_extract(const uint8_t propagators[SEGMENT_PROPAGATOR_COUNT],
                       const struct incoming *incoming, struct propagated *out);

/* A format's result: replaces what an earlier one found, tracestate included. */
void propagated_set(struct propagated *out, const struct remote_parent *parent);

/* --- out -------------------------------------------------------------------------------------- */

/* A span that calls. Texts are borrowed, and empty where there is none. */
struct outgoing {
    const struct otel_context *context; /* has a trace */
    bool is_debug;
    struct otel_str trace_state;
    struct otel_str baggage;
};

/* The caller's buffer: "name: value" texts, each with a NUL. Invariant: used < size. */
struct header_list {
    char *out;
    size_t size;
    size_t used;
    size_t count;
    bool is_cut; /* one did not fit, or its value cannot stand in a header */
};

void header_list_put(struct header_list *list, struct otel_str name, struct otel_str value);

size_t propagate_inject(const uint8_t propagators[SEGMENT_PROPAGATOR_COUNT],
                        const struct outgoing *outgoing, struct header_list *out);

/* --- the formats ------------------------------------------------------------------------------ */

/* Either may be NULL: a format of which only one direction exists. */
struct propagator {
    void (*extract)(const struct incoming *incoming, struct propagated *out);
    void (*inject)(const struct outgoing *outgoing, struct header_list *out);
};

extern const struct propagator propagator_tracecontext;
extern const struct propagator propagator_baggage;
extern const struct propagator propagator_b3;
extern const struct propagator propagator_b3multi;
extern const struct propagator propagator_jaeger;
extern const struct propagator propagator_xray;
extern const struct propagator propagator_ottrace;

#endif
