/*
 * Claiming and freeing of slots and of places in the table of open requests. Lock-free; the
 * memory order of each atomic stands beside it in slot.c.
 */
#ifndef OTEL_SEGMENT_SLOT_H
#define OTEL_SEGMENT_SLOT_H

#include "segment/layout.h"

/* A free slot for the calling thread, NULL when all are taken. Counters and ring stay as they are. */
struct segment_slot *slot_claim(struct segment *segment, int32_t pid, int32_t tid);

/* The thread is done with it; the launcher drains it and calls slot_free. */
void slot_leave(struct segment_slot *slot);

/* Launcher only: the ring is drained, its owner is gone. */
void slot_free(struct segment_slot *slot);

/* A place for the request at `key` of process `pid`; NULL when the table is full. State OPENING. */
struct segment_request *request_claim(struct segment *segment, int32_t pid, uint64_t key);

/* The open request at `key` of process `pid`; NULL when there is none. */
struct segment_request *request_find(struct segment *segment, int32_t pid, uint64_t key);

/* Ready to be seen by the launcher. */
void request_publish(struct segment_request *request);

void request_free(struct segment_request *request);

#endif
