/*
 * Head sampling, in the worker, so that what is not sampled costs nothing.
 *
 * Specification: trace/sdk.md "Sampling". It leaves the ratio's rule open; ours is the Python
 * SDK's, so that a trace through services of both is kept by both: the low 64 bits of the trace
 * id are below the bound.
 */
#ifndef OTEL_RECORD_SAMPLER_H
#define OTEL_RECORD_SAMPLER_H

#include "otel/context.h"
#include "segment/layout.h"

bool sampler_decides(const struct segment_sampling *sampling, enum segment_parent parent,
                     const uint8_t trace_id[16]);

/* What a parent with a trace counts as. */
static inline enum segment_parent sampler_parent(const struct otel_context *parent)
{
    if (parent->is_remote)
        return otel_context_is_sampled(parent) ? SEGMENT_PARENT_REMOTE_SAMPLED
                                               : SEGMENT_PARENT_REMOTE_NOT_SAMPLED;
    return otel_context_is_sampled(parent) ? SEGMENT_PARENT_LOCAL_SAMPLED
                                           : SEGMENT_PARENT_LOCAL_NOT_SAMPLED;
}

#endif
