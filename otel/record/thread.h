/*
 * What the recorder keeps per thread: the current context, the slot with its ring, the handles
 * of open spans. All of it is the thread's own, so nothing here needs a lock.
 */
#ifndef OTEL_RECORD_THREAD_H
#define OTEL_RECORD_THREAD_H

#include "otel/context.h"
#include "record/process.h"
#include "record/span_handle.h"

#include <signal.h>

struct record_thread {
    struct segment_slot *slot; /* NULL: not claimed yet, or all are taken */
    struct otel_context current;
    volatile sig_atomic_t is_recording; /* a signal handler that records now is turned away */
    uint64_t claim_again_ns;            /* monotonic: all slots were taken, not before this time */
    struct segment_instrument *request_duration; /* NULL: not made yet, or refused */
    struct otel_span request_span;
    struct otel_span spans[SEGMENT_OPEN_SPAN_COUNT]; /* [i] is built in slot->open_spans[i] */
};

extern _Thread_local struct record_thread record_thread;

/* Once per process, before any thread records. An error number of pthread_key_create, or 0. */
int thread_prepare(void);

bool thread_enter_first(void); /* thread_enter's rare half */

/*
 * The right to write to the thread's slot, which is claimed at the first time. False: telemetry
 * is off, no slot is free, or this is a signal handler that came in between; the caller counts.
 * Each true is followed by one thread_leave.
 */
static inline bool thread_enter(void)
{
    if (!record_thread.slot || !record_process.segment || record_thread.is_recording)
        return thread_enter_first();
    record_thread.is_recording = 1;
    return true;
}

static inline void thread_leave(void)
{
    record_thread.is_recording = 0;
}

/* In a forked child: the slot is the parent's, what is open too. */
void thread_forget(void);

#endif
