/*
 * What came with a request and goes on with the requests that it causes: tracestate, baggage, the
 * debug flag. Kept at the end of the request's room, sampled or not.
 */
#ifndef OTEL_RECORD_CARRIED_H
#define OTEL_RECORD_CARRIED_H

#include "record/propagate.h"

/* Before the record of the request is begun. */
void carried_keep(struct segment_request *request, const struct propagated *came);

/* Bytes at the end of the request's room that the record must not take. */
size_t carried_bytes(const struct segment_request *request);

/* Borrowed from the request; empty when there is none. */
struct otel_str carried_trace_state(const struct segment_request *request);
struct otel_str carried_baggage(const struct segment_request *request);

/* The request of a context, NULL when it has none or it is over. */
struct segment_request *carried_request(const struct otel_context *context);

#endif
