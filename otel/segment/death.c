#include "segment/death.h"

void death_note(struct segment_header *header, const struct death *death)
{
    /* Relaxed: the number only has to be one that nobody else has. */
    uint32_t number = atomic_fetch_add_explicit(&header->death_count, 1, memory_order_relaxed);
    struct segment_death *place = &header->deaths[number % SEGMENT_DEATH_COUNT];

    /* The place is nobody's while it is filled: a reader must not pair an old number with this
     * content. The fence keeps the two stores below behind this one. */
    atomic_store_explicit(&place->sequence, 0, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
    place->pid = death->pid;
    place->status = death->status;
    place->reaper_pid = death->reaper_pid;
    place->time_ns = death->time_ns;
    /* Release: who sees the number sees the rest. */
    atomic_store_explicit(&place->sequence, number + 1, memory_order_release);
}
