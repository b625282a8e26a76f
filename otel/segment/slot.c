#include "segment/slot.h"

/* --- slots ------------------------------------------------------------------------------------ */

struct segment_slot *slot_claim(struct segment *segment, int32_t pid, int32_t tid)
{
    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &segment->slots[i];
        uint32_t expected = SEGMENT_SLOT_FREE;

        /* Acquire: pairs with slot_free, so that the ring is seen as the launcher left it. */
        if (!atomic_compare_exchange_strong_explicit(&slot->state, &expected, SEGMENT_SLOT_CLAIMED,
                                                     memory_order_acquire, memory_order_relaxed))
            continue;
        atomic_store_explicit(&slot->tid, tid, memory_order_relaxed);
        /* Release: who sees the pid sees the tid. Until then pid is 0: being claimed, no owner
         * that could be found dead. */
        atomic_store_explicit(&slot->pid, pid, memory_order_release);
        /* Release: who sees it grown finds the slot taken. */
        atomic_fetch_add_explicit(&segment->header.slot_claims, 1, memory_order_release);
        return slot;
    }
    return NULL;
}

void slot_leave(struct segment_slot *slot)
{
    atomic_store_explicit(&slot->activity, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->activity_request, 0, memory_order_relaxed);
    /* Release: all that the thread wrote comes before; pairs with the launcher's acquire. */
    atomic_store_explicit(&slot->state, SEGMENT_SLOT_LEFT, memory_order_release);
}

void slot_free(struct segment_slot *slot)
{
    atomic_store_explicit(&slot->pid, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->tid, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->activity, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->activity_request, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->crash.is_set, 0, memory_order_relaxed);
    atomic_store_explicit(&slot->modules.count, 0, memory_order_relaxed);
    for (int i = 0; i < SEGMENT_OPEN_SPAN_COUNT; i++)
        atomic_store_explicit(&slot->open_spans[i].used, 0, memory_order_relaxed);
    /* Release: the next owner sees all of the above; pairs with slot_claim. */
    atomic_store_explicit(&slot->state, SEGMENT_SLOT_FREE, memory_order_release);
}

/* Relaxed, all: the page shows whichever it sees; nothing is derived from them. */
void slot_activity_set(struct segment_slot *slot, uint32_t activity, uint32_t request,
                       uint64_t now_ns)
{
    atomic_store_explicit(&slot->activity, activity, memory_order_relaxed);
    atomic_store_explicit(&slot->activity_request, request, memory_order_relaxed);
    atomic_store_explicit(&slot->activity_since_ns, now_ns, memory_order_relaxed);
}

bool slot_activity_is(const struct segment_slot *slot, uint32_t activity, uint32_t request)
{
    return atomic_load_explicit(&slot->activity, memory_order_relaxed) == activity &&
           atomic_load_explicit(&slot->activity_request, memory_order_relaxed) == request;
}

void slot_crash_note(struct segment_slot *slot, const struct segment_crash *crash)
{
    struct segment_crash *area = &slot->crash;
    uint32_t count = crash->frame_count;

    if (count > SEGMENT_STACK_FRAMES)
        count = SEGMENT_STACK_FRAMES;
    area->signal = crash->signal;
    area->code = crash->code;
    area->address = crash->address;
    area->time_ns = crash->time_ns;
    area->frame_count = count;
    for (uint32_t i = 0; i < count; i++)
        area->frames[i] = crash->frames[i];
    /* Release: who sees it set sees the rest. */
    atomic_store_explicit(&area->is_set, 1, memory_order_release);
}

/* --- open requests ---------------------------------------------------------------------------- */

/*
 * Double hashing: a start and an odd step that visits every place of a table whose size is a
 * power of two. Claims take the first free place on their way, so a place that was never claimed
 * ends every search for a request further on.
 */
_Static_assert((SEGMENT_REQUEST_COUNT & (SEGMENT_REQUEST_COUNT - 1)) == 0, "a power of two");

struct probe {
    uint32_t place;
    uint32_t step;
};

static struct probe probe_start(int32_t pid, uint64_t key)
{
    uint64_t hash = (key ^ ((uint64_t)(uint32_t)pid << 32)) * UINT64_C(0x9e3779b97f4a7c15);

    hash ^= hash >> 29;
    hash *= UINT64_C(0xbf58476d1ce4e5b9);
    return (struct probe){ (uint32_t)(hash >> 32) % SEGMENT_REQUEST_COUNT,
                           ((uint32_t)hash | 1) % SEGMENT_REQUEST_COUNT };
}

static void probe_next(struct probe *probe)
{
    probe->place = (probe->place + probe->step) % SEGMENT_REQUEST_COUNT;
}

struct segment_request *request_claim(struct segment *segment, int32_t pid, uint64_t key)
{
    struct probe probe = probe_start(pid, key);

    for (int i = 0; i < SEGMENT_REQUEST_COUNT; i++, probe_next(&probe)) {
        struct segment_request *request = &segment->requests[probe.place];
        uint32_t expected = SEGMENT_REQUEST_FREE;

        /* Acquire: pairs with request_free; the last owner is done with the place. */
        if (!atomic_compare_exchange_strong_explicit(&request->state, &expected,
                                                     SEGMENT_REQUEST_OPENING, memory_order_acquire,
                                                     memory_order_relaxed))
            continue;
        /* Relaxed, all three: request_publish orders them. Never 0 again, also when it wraps. */
        uint32_t generation = atomic_load_explicit(&request->generation, memory_order_relaxed) + 1;

        atomic_store_explicit(&request->generation, generation ? generation : 1,
                              memory_order_relaxed);
        atomic_store_explicit(&request->key, key, memory_order_relaxed);
        atomic_store_explicit(&request->pid, pid, memory_order_relaxed);
        return request;
    }
    return NULL;
}

struct segment_request *request_find(struct segment *segment, int32_t pid, uint64_t key)
{
    struct probe probe = probe_start(pid, key);

    for (int i = 0; i < SEGMENT_REQUEST_COUNT; i++, probe_next(&probe)) {
        struct segment_request *request = &segment->requests[probe.place];

        /* Acquire: pairs with request_publish. */
        if (atomic_load_explicit(&request->state, memory_order_acquire) == SEGMENT_REQUEST_OPEN &&
            atomic_load_explicit(&request->pid, memory_order_relaxed) == pid &&
            atomic_load_explicit(&request->key, memory_order_relaxed) == key)
            return request;
        /* Relaxed: zero only before the first claim, and our own claim is behind us. */
        if (atomic_load_explicit(&request->generation, memory_order_relaxed) == 0)
            return NULL;
    }
    return NULL;
}

struct segment_request *request_at(struct segment *segment, uint32_t place, uint32_t generation,
                                   int32_t pid)
{
    struct segment_request *request = NULL;

    if (place >= SEGMENT_REQUEST_COUNT)
        return NULL;
    request = &segment->requests[place];
    /* Acquire: pairs with request_publish. Relaxed behind it. */
    if (atomic_load_explicit(&request->state, memory_order_acquire) != SEGMENT_REQUEST_OPEN ||
        atomic_load_explicit(&request->pid, memory_order_relaxed) != pid ||
        request_generation(request) != generation)
        return NULL;
    return request;
}

uint32_t request_generation(const struct segment_request *request)
{
    /* Relaxed: it does not change while the request is open. */
    return atomic_load_explicit(&request->generation, memory_order_relaxed);
}

void request_publish(struct segment_request *request)
{
    /* Release: who sees it open sees what it is. */
    atomic_store_explicit(&request->state, SEGMENT_REQUEST_OPEN, memory_order_release);
}

void request_free(struct segment_request *request)
{
    atomic_store_explicit(&request->key, 0, memory_order_relaxed);
    atomic_store_explicit(&request->pid, 0, memory_order_relaxed);
    atomic_store_explicit(&request->used, 0, memory_order_relaxed);
    /* Release: the next owner comes after us; pairs with request_claim. */
    atomic_store_explicit(&request->state, SEGMENT_REQUEST_FREE, memory_order_release);
}
