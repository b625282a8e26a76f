/*
 * A slot's ring: one producer (the thread that owns the slot), one consumer (the launcher),
 * no lock, no system call. Records never wrap: a pad record fills the end of the ring.
 */
#ifndef OTEL_SEGMENT_RING_H
#define OTEL_SEGMENT_RING_H

#include "segment/layout.h"

/*
 * Room for a record of up to `size` bytes (at most RECORD_BYTES_MAX), or NULL when the ring is
 * full; the caller counts the drop. Nothing is visible to the consumer before ring_commit.
 * Threads: the producer.
 */
void *ring_reserve(struct segment_slot *slot, size_t size);

/* Publishes the record written at the last ring_reserve: `size` bytes, a multiple of 8. */
void ring_commit(struct segment_slot *slot, size_t size);

enum ring_read {
    RING_EMPTY = 0,
    RING_RECORD,  /* a checked record is in the caller's buffer; ring_release takes it away */
    RING_CORRUPT, /* a size, type or version lies: everything in this ring has been skipped */
};

/*
 * Copies the next record to the caller's buffer and checks the copy (check.h). *size is its
 * length. Threads: the consumer; the producer may run alongside.
 */
enum ring_read ring_read(struct segment_slot *slot, uint8_t out[RECORD_BYTES_MAX], size_t *size);

/* Gives the room of the record that ring_read handed out back to the producer. */
void ring_release(struct segment_slot *slot, size_t size);

/* Bytes that wait; at most SEGMENT_RING_BYTES whatever the offsets say. */
size_t ring_used(const struct segment_slot *slot);

#endif
