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

/* Release: whoever reads this length, after the writer's death, reads whole items below it. */
static inline void place_publish(const struct record_place *place, size_t used)
{
    atomic_store_explicit(place->used, (uint32_t)used, memory_order_release);
}

/* Begins with the fixed part, whose size is a multiple of 8. */
static inline void place_begin(const struct record_place *place, const void *fixed, size_t size)
{
    memcpy(place->bytes, fixed, size);
    place_publish(place, size);
}

/* Bytes that are complete; 0 also when the segment says more than the place has. */
static inline size_t place_used(const struct record_place *place)
{
    /* Relaxed: the writer reads what it wrote itself. */
    size_t used = atomic_load_explicit(place->used, memory_order_relaxed);

    return used <= place->capacity ? used : 0;
}

/* Appends an item; false when there is no room for it. */
static inline bool place_put(const struct record_place *place,
                             const struct record_item_source *item)
{
    size_t used = place_used(place);
    size_t grown = used ? record_item_put(place->bytes, place->capacity, used, item) : 0;

    if (!grown)
        return false;
    place_publish(place, grown);
    return true;
}

/* Nothing is under construction any more. */
static inline void place_clear(const struct record_place *place)
{
    place_publish(place, 0);
}

#endif
