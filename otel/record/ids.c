#include "record/ids.h"
#include "base/clock.h"
#include "base/random.h"

#include <string.h>

/* The generator lies in the segment, where somebody may have scribbled over it: a state of zeros
 * would give zeros for ever. */
static void fill(struct segment_slot *slot, uint8_t *id, size_t size)
{
    uint64_t any = 0;

    for (size_t i = 0; i < size; i += sizeof any) {
        uint64_t number = random_next(slot->random);

        memcpy(id + i, &number, sizeof number);
        any |= number;
    }
    if (!any) {
        random_seed(slot->random);
        id[size - 1] = 1;
    }
}

void ids_trace(struct segment_slot *slot, enum segment_id_generator generator, uint64_t wall_ns,
               uint8_t trace_id[16])
{
    uint32_t second = (uint32_t)(wall_ns / CLOCK_NS_PER_S);

    fill(slot, trace_id, 16);
    if (generator != SEGMENT_ID_XRAY)
        return;
    for (int i = 3; i >= 0; i--, second >>= 8)
        trace_id[i] = (uint8_t)second;
}

void ids_span(struct segment_slot *slot, uint8_t span_id[8])
{
    fill(slot, span_id, 8);
}
