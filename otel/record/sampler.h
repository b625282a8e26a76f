/*
 * Head sampling, in the worker, so that what is not sampled costs nothing.
 *
 * Specification: trace/sdk.md "Sampling"; the ratio by the consistent rule of
 * trace/tracestate-probability-sampling.md: sampled when the low 56 bits of the trace id are at
 * least the rejection threshold.
 */
#ifndef OTEL_RECORD_SAMPLER_H
#define OTEL_RECORD_SAMPLER_H

#include "otel/context.h"
#include "segment/layout.h"

/* parent NULL: a root span. */
bool sampler_decides(const struct segment_sampling *sampling, const struct otel_context *parent,
                     const uint8_t trace_id[16]);

#endif
