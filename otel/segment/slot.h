/*
 * Claiming and freeing of slots and of places in the table of open requests. Lock-free; the
 * memory order of each atomic stands beside it in slot.c.
 */
#ifndef OTEL_SEGMENT_SLOT_H
#define OTEL_SEGMENT_SLOT_H

#include "segment/layout.h"

/* A free slot for the calling thread, NULL when all are taken. Counters and ring stay as they are.
 */
struct segment_slot *slot_claim(struct segment *segment, int32_t pid, int32_t tid);

/* The thread is done with it; the launcher drains it and calls slot_free. */
void slot_leave(struct segment_slot *slot);

/* Launcher only: the ring is drained, its owner is gone. A slot that stays CLAIMED with pid 0 was
 * left by a process that died while it claimed. */
void slot_free(struct segment_slot *slot);

/* What the slot's thread is busy with since now; `request` is 1 + a place, 0: none. */
void slot_activity_set(struct segment_slot *slot, uint32_t activity, uint32_t request,
                       uint64_t now_ns);
bool slot_activity_is(const struct segment_slot *slot, uint32_t activity, uint32_t request);

/* Fills the crash area. Safe in the handler of a fatal signal. */
void slot_crash_note(struct segment_slot *slot, const struct segment_crash *crash);

/* A place for the request at `key` of process `pid`; NULL when the table is full. State OPENING. */
struct segment_request *request_claim(struct segment *segment, int32_t pid, uint64_t key);

/* The open request at `key` of process `pid`; NULL when there is none. */
struct segment_request *request_find(struct segment *segment, int32_t pid, uint64_t key);

/* The open request of process `pid` at a place, when it still is the one of that generation. */
struct segment_request *request_at(struct segment *segment, uint32_t place, uint32_t generation,
                                   int32_t pid);

/* 0 for no request. */
uint32_t request_generation(const struct segment_request *request);

/* Ready to be seen by the launcher. */
void request_publish(struct segment_request *request);

void request_free(struct segment_request *request);

#endif
