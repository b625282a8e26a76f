/*
 * W3C Trace Context. What breaks a rule is as if it had not come: the trace
 * restarts, and its tracestate goes with it.
 *
 * Specification: W3C Trace Context Level 2.
 */
#ifndef OTEL_RECORD_PROPAGATE_TRACECONTEXT_H
#define OTEL_RECORD_PROPAGATE_TRACECONTEXT_H

#include "record/propagate.h"

/* Fills ids, flags and is_remote; false, and *out untouched, for what is no traceparent. */
bool traceparent_parse(struct otel_str header, struct otel_context *out);

#define TRACESTATE_MEMBERS_MAX 32

/* The members of all tracestate headers of a request, in order; borrowed. */
struct tracestate {
    struct otel_str members[TRACESTATE_MEMBERS_MAX];
    size_t count;
    bool is_bad; /* a member or their number breaks a rule: none of it counts */
};

void tracestate_add(struct tracestate *state, struct otel_str header);

/* Returns the length of the list, 0 when there is none. */
size_t tracestate_write(const struct tracestate *state, char out[TRACESTATE_BYTES_MAX]);

#endif
