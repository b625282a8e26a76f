#include "record/sampler.h"

#define RATIO_BYTES 8 /* of the trace id's end */

static uint64_t number_of(const uint8_t trace_id[16])
{
    uint64_t value = 0;

    for (int i = 16 - RATIO_BYTES; i < 16; i++)
        value = (value << 8) | trace_id[i];
    return value;
}

bool sampler_decides(const struct segment_sampling *sampling, enum segment_parent parent,
                     const uint8_t trace_id[16])
{
    const struct segment_sampler_rule *rule = &sampling->rules[parent];

    switch ((enum segment_sampler)rule->sampler) {
    case SEGMENT_SAMPLER_ALWAYS_ON:
        return true;
    case SEGMENT_SAMPLER_ALWAYS_OFF:
        return false;
    case SEGMENT_SAMPLER_RATIO:
        return number_of(trace_id) < rule->bound;
    }
    return true;
}
