/*
 * B3, of Zipkin: one header, or several. Both propagators read both forms, the single header
 * first; they differ in what they write.
 *
 * Debug implies sampled and is passed on; a sampling state that is missing is left to our sampler;
 * a state without ids decides for the trace that begins here. The caller's own parent is of no
 * use to us and never written.
 *
 * Specification: context/api-propagators.md "B3"; the format: openzipkin/b3-propagation.
 */
#ifndef OTEL_RECORD_PROPAGATE_B3_H
#define OTEL_RECORD_PROPAGATE_B3_H

#include "record/propagate.h"

/* <trace 16 or 32 hex>-<span 16 hex>[-<0|1|d>[-<parent 16 hex>]], or the state alone. */
bool b3_parse(struct otel_str header, struct remote_parent *out);

/* Data NULL: the header did not come. */
struct b3_headers {
    struct otel_str trace_id; /* 16 or 32 hex */
    struct otel_str span_id;  /* 16 hex */
    struct otel_str sampled;  /* 0, 1, false, true */
    struct otel_str flags;    /* 1: debug */
};

/* Both return false, and leave *out untouched, where nothing valid came. */
bool b3_multi_parse(const struct b3_headers *headers, struct remote_parent *out);

#endif
