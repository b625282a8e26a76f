/*
 * head counts the bytes ever written, tail the bytes ever consumed. Either may have been
 * scribbled over: the producer never leaves the ring's bytes, the consumer believes nothing.
 */
#include "segment/ring.h"
#include "segment/check.h"

#include <string.h>

#define RING_ALIGNMENT 8u

static size_t place_of(uint64_t offset)
{
    return (size_t)(offset & (SEGMENT_RING_BYTES - 1) & ~(uint64_t)(RING_ALIGNMENT - 1));
}

/* A head that is no multiple of 8 was scribbled; the consumer skips up to the next good one. */
static uint64_t head_of(const struct segment_slot *slot)
{
    /* Relaxed: the producer is the only one that writes head. */
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_relaxed);

    return (head + RING_ALIGNMENT - 1) & ~(uint64_t)(RING_ALIGNMENT - 1);
}

/* Release: whoever sees this head sees the bytes below it. Pairs with ring_read's acquire. */
static void head_publish(struct segment_slot *slot, uint64_t head)
{
    atomic_store_explicit(&slot->head, head, memory_order_release);
}

/* Release: the consumer has read what is below this tail before the producer overwrites it.
 * Pairs with ring_reserve's acquire. */
static void tail_publish(struct segment_slot *slot, uint64_t tail)
{
    atomic_store_explicit(&slot->tail, tail, memory_order_release);
}

void *ring_reserve(struct segment_slot *slot, size_t size)
{
    uint64_t head = head_of(slot);
    /* Acquire: pairs with tail_publish. */
    uint64_t used = head - atomic_load_explicit(&slot->tail, memory_order_acquire);
    size_t to_end = SEGMENT_RING_BYTES - place_of(head);
    size_t needed = size > to_end ? to_end + size : size;

    if (size > RECORD_BYTES_MAX || used > SEGMENT_RING_BYTES || needed > SEGMENT_RING_BYTES - used)
        return NULL;
    if (size > to_end) {
        const struct record_header pad = {
            .size = (uint32_t)to_end,
            .type = RECORD_PAD,
            .version = RECORD_VERSION,
        };

        memcpy(slot->ring + place_of(head), &pad, sizeof pad);
        head += to_end;
        head_publish(slot, head);
    }
    return slot->ring + place_of(head);
}

void ring_commit(struct segment_slot *slot, size_t size)
{
    head_publish(slot, head_of(slot) + size);
}

/* A pad goes up to the ring's end, so there are never two of them in a row. */
static enum ring_read read_at(struct segment_slot *slot, uint64_t tail, uint64_t head, uint8_t *out,
                              size_t *size)
{
    struct record_header header;

    while (head != tail) {
        uint64_t used = head - tail;
        size_t to_end = SEGMENT_RING_BYTES - place_of(tail);

        if (used > SEGMENT_RING_BYTES || used % RING_ALIGNMENT || tail % RING_ALIGNMENT)
            return RING_CORRUPT;
        memcpy(&header, slot->ring + place_of(tail), sizeof header);
        if (header.size > used || header.size > to_end)
            return RING_CORRUPT;
        if (header.type != RECORD_PAD) {
            if (header.size > RECORD_BYTES_MAX)
                return RING_CORRUPT;
            memcpy(out, slot->ring + place_of(tail), header.size);
            *size = header.size;
            return record_check(out, header.size) ? RING_RECORD : RING_CORRUPT;
        }
        if (header.size != to_end)
            return RING_CORRUPT;
        tail += to_end;
        tail_publish(slot, tail);
    }
    return RING_EMPTY;
}

enum ring_read ring_read(struct segment_slot *slot, uint8_t out[RECORD_BYTES_MAX], size_t *size)
{
    /* Acquire: pairs with head_publish. Read once: what is copied and checked below is bounded
     * by this value, whatever the producer does meanwhile. */
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_acquire);
    /* Relaxed: the consumer is the only one that writes tail. */
    uint64_t tail = atomic_load_explicit(&slot->tail, memory_order_relaxed);
    enum ring_read result = read_at(slot, tail, head, out, size);

    if (result == RING_CORRUPT)
        tail_publish(slot, head);
    return result;
}

void ring_release(struct segment_slot *slot, size_t size)
{
    /* Relaxed: as in ring_read. */
    tail_publish(slot, atomic_load_explicit(&slot->tail, memory_order_relaxed) + size);
}

size_t ring_used(const struct segment_slot *slot)
{
    /* Acquire: head is then not older than the tail below it, for the consumer. */
    uint64_t head = atomic_load_explicit(&slot->head, memory_order_acquire);
    uint64_t used = head - atomic_load_explicit(&slot->tail, memory_order_relaxed);

    return used < SEGMENT_RING_BYTES ? (size_t)used : SEGMENT_RING_BYTES;
}
