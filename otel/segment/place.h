/*
 * A record under construction in the segment: the bytes below `used` are complete at any moment,
 * so that a launcher that finds its writer dead can finish it. One writer at a time.
 */
#ifndef OTEL_SEGMENT_PLACE_H
#define OTEL_SEGMENT_PLACE_H

#include "segment/layout.h"
#include "segment/write.h"

struct record_place {
    _Atomic uint32_t *used;
    uint8_t *bytes; /* NULL: nothing is recorded here */
    size_t capacity;
};

/* Begins with the fixed part, whose size is a multiple of 8. */
void place_begin(const struct record_place *place, const void *fixed, size_t size);

/* Appends an item; false when there is no room for it. */
bool place_put(const struct record_place *place, const struct record_item_source *item);

/* Bytes that are complete; 0 also when the segment says more than the place has. */
size_t place_used(const struct record_place *place);

/* Nothing is under construction any more. */
void place_clear(const struct record_place *place);

#endif
