/*
 * OpenTracing's basic tracers: ot-tracer-traceid, ot-tracer-spanid, ot-tracer-sampled, and a
 * header ot-baggage-<key> for each entry of the baggage, its value as it is.
 *
 * Only the low half of a trace id goes out. Specification: context/api-propagators.md "OT Trace"
 * (deprecated there).
 */
#ifndef OTEL_RECORD_PROPAGATE_OTTRACE_H
#define OTEL_RECORD_PROPAGATE_OTTRACE_H

#include "record/propagate.h"

/* Data NULL: the header did not come. */
struct ottrace_headers {
    struct otel_str trace_id; /* 1 to 32 hex */
    struct otel_str span_id;  /* 1 to 16 hex */
    struct otel_str sampled;  /* true, false; without it our sampler decides */
};

/* False, and *out untouched, where nothing valid came. */
bool ottrace_parse(const struct ottrace_headers *headers, struct remote_parent *out);

#endif
