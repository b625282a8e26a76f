/* The handle of a span: what a program holds while the span is built in the segment. */
#ifndef OTEL_RECORD_SPAN_HANDLE_H
#define OTEL_RECORD_SPAN_HANDLE_H

#include "otel/span.h"
#include "segment/place.h"

enum span_role {
    SPAN_NONE = 0,    /* the no-op handle, and a handle whose span has ended */
    SPAN_CHILD,       /* built in the thread's slot */
    SPAN_SAMPLED_OUT, /* not built; its end is counted */
    SPAN_REQUEST,     /* the SERVER span of context.request; never ended by this handle */
};

struct otel_span {
    enum span_role role;
    bool is_attached;             /* its context became current at its start */
    struct record_place place;    /* of SPAN_CHILD and SPAN_REQUEST */
    struct otel_context context;  /* the span's own */
    struct otel_context previous; /* what was current when it started */
    uint64_t started_ns;          /* monotonic */
};

/* Handles that hold no span: their ends do nothing, or count one span sampled out. */
extern struct otel_span span_noop;
extern struct otel_span span_sampled_out;

#endif
