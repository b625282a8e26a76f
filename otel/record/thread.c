#include "record/thread.h"
#include "base/clock.h"
#include "base/random.h"
#include "record/meter.h"
#include "record/modules.h"
#include "record/stack.h"
#include "segment/count.h"
#include "segment/map.h"
#include "segment/slot.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* All slots taken: a thread asks again only so often, because asking looks at every slot. Until
 * then what it does goes unobserved, and the launcher frees slots of the dead within moments. */
#define CLAIM_INTERVAL_NS (10 * CLOCK_NS_PER_MS)

_Thread_local struct record_thread record_thread;

static pthread_key_t exit_key;

/*
 * At a thread's end. The key's value only says "claimed": which slot is read from the thread
 * state, because a forked child inherits the value and must not let its parent's slot go.
 */
static void thread_exit(void *claimed)
{
    (void)claimed;
    if (!record_thread.slot)
        return;
    for (int i = 0; i < SEGMENT_OPEN_SPAN_COUNT; i++)
        otel_span_end(&record_thread.spans[i]);
    slot_leave(record_thread.slot);
    thread_forget();
}

int thread_prepare(void)
{
    return pthread_key_create(&exit_key, thread_exit);
}

/* The one moment with system calls: gettid, getrandom, madvise, stat. */
static bool slot_get(void)
{
    struct segment *segment = record_process.segment;
    struct segment_slot *slot = NULL;
    uint64_t frames[SEGMENT_STACK_FRAMES];
    int saved_errno = errno;

    if (record_thread.claim_again_ns && clock_monotonic_ns() < record_thread.claim_again_ns)
        return false;
    slot = slot_claim(segment, record_process.pid, (int32_t)syscall(SYS_gettid));
    if (slot && (!segment_slot_populate(slot) || pthread_setspecific(exit_key, slot) != 0)) {
        slot_leave(slot);
        slot = NULL;
    }
    if (slot) {
        random_seed(slot->random);
        modules_tell(&slot->modules, record_process.pid);
        (void)stack_capture(frames, SEGMENT_STACK_FRAMES, NULL); /* the unwinder's first time */
        record_thread.request_duration = meter_request_duration();
    }
    record_thread.slot = slot;
    record_thread.claim_again_ns = slot ? 0 : clock_monotonic_ns() + CLAIM_INTERVAL_NS;
    errno = saved_errno;
    return slot != NULL;
}

bool thread_enter_first(void)
{
    if (!record_process.segment || record_thread.is_recording)
        return false;
    record_thread.is_recording = 1;
    if (!record_thread.slot && !slot_get()) {
        record_thread.is_recording = 0;
        return false;
    }
    return true;
}

void thread_forget(void)
{
    memset(&record_thread, 0, sizeof record_thread);
}
