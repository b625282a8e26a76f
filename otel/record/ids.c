#include "record/ids.h"
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

void ids_trace(struct segment_slot *slot, uint8_t trace_id[16])
{
    fill(slot, trace_id, 16);
}

void ids_span(struct segment_slot *slot, uint8_t span_id[8])
{
    fill(slot, span_id, 8);
}
