#include "segment/part.h"

#include <stdatomic.h>
#include <stdint.h>

enum { PART_TRIES = 1000 };

void part_open(void *part)
{
    _Atomic uint32_t *sequence = part;
    /* Odd, whatever a worker wrote there: readers wait for the even number behind it. */
    uint32_t odd = atomic_load_explicit(sequence, memory_order_relaxed) | 1;

    atomic_store_explicit(sequence, odd, memory_order_relaxed);
    atomic_thread_fence(memory_order_release); /* odd is seen before any of what follows */
}

void part_close(void *part)
{
    _Atomic uint32_t *sequence = part;
    uint32_t odd = atomic_load_explicit(sequence, memory_order_relaxed) | 1;

    /* Release: whoever sees the even number sees all of it. */
    atomic_store_explicit(sequence, odd + 1, memory_order_release);
}

/*
 * Even before and the same after means that the writer did not write in between. Each word is
 * loaded with acquire, so that the second look at the sequence comes after them all.
 */
bool part_copy(const void *part, size_t size, void *out)
{
    const _Atomic uint32_t *sequence = part;
    const _Atomic uint64_t *from = part;
    uint64_t *to = out;

    for (int i = 0; i < PART_TRIES; i++) {
        uint32_t before = atomic_load_explicit(sequence, memory_order_acquire);

        for (size_t at = 0; at < size / sizeof *to; at++)
            to[at] = atomic_load_explicit(&from[at], memory_order_acquire);
        if (before % 2 == 0 && atomic_load_explicit(sequence, memory_order_relaxed) == before)
            return true;
    }
    return false;
}
