#include "segment/place.h"

#include <string.h>

/* Release: whoever reads this length, after the writer's death, reads whole items below it. */
static void used_publish(const struct record_place *place, size_t used)
{
    atomic_store_explicit(place->used, (uint32_t)used, memory_order_release);
}

void place_begin(const struct record_place *place, const void *fixed, size_t size)
{
    memcpy(place->bytes, fixed, size);
    used_publish(place, size);
}

size_t place_used(const struct record_place *place)
{
    /* Relaxed: the writer reads what it wrote itself. */
    size_t used = atomic_load_explicit(place->used, memory_order_relaxed);

    return used <= place->capacity ? used : 0;
}

bool place_put(const struct record_place *place, const struct record_item_source *item)
{
    size_t used = place_used(place);
    size_t grown = used ? record_item_put(place->bytes, place->capacity, used, item) : 0;

    if (!grown)
        return false;
    used_publish(place, grown);
    return true;
}

void place_clear(const struct record_place *place)
{
    used_publish(place, 0);
}
