/* Adding to the segment's counters. */
#ifndef OTEL_SEGMENT_COUNT_H
#define OTEL_SEGMENT_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * A counter with one writer: a load and a store, without the price of a locked instruction.
 * Relaxed: a reader wants a value, not what happened before it.
 */
static inline void count_own(_Atomic uint64_t *counter)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

    atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

/* A counter with many writers. Relaxed: as above. */
static inline void count_shared(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

#endif
