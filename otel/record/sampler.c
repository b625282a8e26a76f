#include "record/sampler.h"

#define RANDOM_BYTES 7 /* the low 56 bits are what a random trace id promises to be random */

static uint64_t randomness_of(const uint8_t trace_id[16])
{
    uint64_t value = 0;

    for (int i = 16 - RANDOM_BYTES; i < 16; i++)
        value = (value << 8) | trace_id[i];
    return value;
}

bool sampler_decides(const struct segment_sampling *sampling, const struct otel_context *parent,
                     const uint8_t trace_id[16])
{
    if (parent && sampling->is_parent_based)
        return otel_context_is_sampled(parent);
    switch ((enum segment_sampler)sampling->root) {
    case SEGMENT_SAMPLER_ALWAYS_ON:
        return true;
    case SEGMENT_SAMPLER_ALWAYS_OFF:
        return false;
    case SEGMENT_SAMPLER_RATIO:
        return randomness_of(trace_id) >= sampling->rejection_threshold;
    }
    return true;
}
