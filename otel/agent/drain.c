#include "agent/drain.h"

#include "agent/report.h"
#include "base/clock.h"
#include "segment/check.h"
#include "segment/ring.h"
#include "segment/slot.h"

#include <math.h>
#include <string.h>

enum {
    DRAIN_SHARE = 512, /* records of one ring before the next one has its turn */
    DRAIN_PASS_MS = 5, /* then signals and transfers have theirs */
    DRAIN_LOOK_S = 1,  /* at slots that are thought to be free */
    /* A ring that is fuller hands its records over, room in the queue or not: the queue's drop
     * is counted by its name, and the worker keeps room for what matters more. */
    DRAIN_HOLD_BYTES = SEGMENT_RING_BYTES / 4 * 3,
    DRAIN_REST_MAX = SEGMENT_RING_BYTES / sizeof(struct record_header) + 1,
};

void drain_init(struct drain *drain, struct segment *segment, struct pipeline *pipeline,
                struct books *books, struct family *family, struct symbols *symbols)
{
    memset(drain, 0, sizeof *drain);
    drain->segment = segment;
    drain->pipeline = pipeline;
    drain->books = books;
    drain->family = family;
    drain->symbols = symbols;
}

/* --- instruments -------------------------------------------------------------------------------
 */

static bool text_is_ended(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool instrument_check(const struct segment_instrument *instrument)
{
    const size_t bounds_max = sizeof instrument->bounds / sizeof instrument->bounds[0];

    if (instrument->kind > OTEL_GAUGE || instrument->scope >= RECORD_SCOPE_COUNT ||
        instrument->bounds_count > bounds_max || instrument->name[0] == '\0' ||
        !text_is_ended(instrument->name, sizeof instrument->name) ||
        !text_is_ended(instrument->unit, sizeof instrument->unit) ||
        !text_is_ended(instrument->description, sizeof instrument->description))
        return false;
    for (unsigned i = 0; i < instrument->bounds_count; i++)
        if (!isfinite(instrument->bounds[i]) ||
            (i > 0 && instrument->bounds[i] <= instrument->bounds[i - 1]))
            return false;
    return true;
}

const struct segment_instrument *drain_instrument(struct drain *drain, unsigned place)
{
    struct segment_instrument *shared;
    struct drain_instrument *known;

    if (place >= SEGMENT_INSTRUMENT_COUNT)
        return NULL;
    known = &drain->instruments[place];
    if (known->is_known)
        return &known->definition;
    shared = &drain->segment->instruments[place];
    /* Acquire: pairs with the recorder's release, so that all of it is there. */
    if (atomic_load_explicit(&shared->state, memory_order_acquire) != SEGMENT_INSTRUMENT_READY)
        return NULL;
    memcpy(&known->definition, shared, sizeof known->definition);
    known->is_known = instrument_check(&known->definition);
    return known->is_known ? &known->definition : NULL;
}

/* --- records -------------------------------------------------------------------------------------
 */

static void measurement_pass(struct drain *drain, size_t size)
{
    const struct record_measurement *measurement = (const void *)drain->record;
    const struct segment_instrument *instrument = drain_instrument(drain, measurement->instrument);

    if (!instrument) {
        drain->measurements_refused++;
        return;
    }
    if (drain->watch)
        watch_measure(drain->watch, instrument, drain->record, size);
    pipeline_measure(drain->pipeline, instrument, drain->record, size);
}

/* Who wrote into the slot; 0 for somebody who is not below us, whatever the slot says. */
static int32_t slot_owner(const struct drain *drain, unsigned slot)
{
    int32_t pid = atomic_load_explicit(&drain->segment->slots[slot].pid, memory_order_relaxed);

    return family_find(drain->family, pid) ? pid : 0;
}

void drain_hand_over(struct drain *drain, const uint8_t *record, size_t size,
                     const struct journal_origin *origin)
{
    if (drain->journal)
        journal_put(drain->journal, record, size, origin);
    if (drain->watch)
        watch_record(drain->watch, record, size);
    if (((const struct record_header *)record)->type == RECORD_SPAN)
        pipeline_span(drain->pipeline, record, size);
    else
        pipeline_log(drain->pipeline, record, size);
}

static void record_pass(struct drain *drain, unsigned slot, size_t size)
{
    const struct record_header *header = (const void *)drain->record;
    struct symbols_owner owner = { slot_owner(drain, slot), &drain->segment->slots[slot].modules };
    /* Relaxed: the tail is ours. */
    const struct journal_origin origin = {
        slot, atomic_load_explicit(&drain->segment->slots[slot].tail, memory_order_relaxed) + size
    };

    if (header->type != RECORD_LOG) /* a line on stderr comes from anybody */
        family_mark_server(drain->family, owner.pid);
    switch (header->type) {
    case RECORD_SPAN:
    case RECORD_LOG:
        books_receive(drain->books, slot, header->type == RECORD_SPAN ? BOOKS_SPANS : BOOKS_LOGS);
        size = symbols_resolve(drain->symbols, &owner, drain->record, size);
        drain_hand_over(drain, drain->record, size, &origin);
        break;
    case RECORD_MEASUREMENT:
        measurement_pass(drain, size);
        break;
    }
}

static bool record_may_pass(const struct drain *drain, const struct segment_slot *slot)
{
    const struct record_header *header = (const void *)drain->record;
    enum settings_signal signal = header->type == RECORD_SPAN  ? SIGNAL_TRACES
                                  : header->type == RECORD_LOG ? SIGNAL_LOGS
                                                               : SIGNAL_METRICS;

    return signal == SIGNAL_METRICS || pipeline_has_room(drain->pipeline, signal) ||
           ring_used(slot) > DRAIN_HOLD_BYTES;
}

/* Up to `share` records of one ring until `end_ns`; `is_last`: all, also when queues are full. */
static size_t slot_drain(struct drain *drain, unsigned place, size_t share, uint64_t end_ns,
                         bool is_last)
{
    struct segment_slot *slot = &drain->segment->slots[place];
    size_t count = 0;
    size_t size = 0;

    for (; count < share && clock_monotonic_ns() < end_ns; count++) {
        enum ring_read result = ring_read(slot, drain->record, &size);

        if (result == RING_CORRUPT) {
            drain->corrupt_rings++;
            books_update(drain->books, drain->segment);
            books_settle(drain->books, place);
            report_warn("a worker's ring was damaged; what was in it is lost and counted");
        }
        if (result != RING_RECORD || (!is_last && !record_may_pass(drain, slot)))
            break;
        record_pass(drain, place, size);
        ring_release(slot, size);
    }
    return count;
}

static void slot_finish(struct drain *drain, unsigned place)
{
    books_update(drain->books, drain->segment);
    books_settle(drain->books, place);
    slot_free(&drain->segment->slots[place]);
}

/*
 * A member, or somebody whom a look at the family did not find: then it is none of ours, and what
 * it writes is taken all the same.
 */
static bool owner_is_settled(struct drain *drain, unsigned place)
{
    struct drain_stranger *stranger = &drain->strangers[place];
    struct family *family = drain->family;
    const struct segment_slot *slot = &drain->segment->slots[place];
    int32_t pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);

    if (family_find(family, pid)) {
        if (atomic_load_explicit(&slot->activity_request, memory_order_relaxed) != 0)
            family_mark_server(family, pid);
        return true;
    }
    drain->has_strangers = true;
    if (pid <= 0) /* just being claimed */
        return false;
    if (stranger->pid != pid) {
        *stranger = (struct drain_stranger){ pid, family->refreshes };
        family->wants_refresh = true;
    }
    return family->refreshes > stranger->refreshes;
}

/* One slot in its turn; how many records came. */
static size_t slot_visit(struct drain *drain, unsigned place, uint64_t end_ns)
{
    struct segment_slot *slot = &drain->segment->slots[place];
    /* Acquire: pairs with slot_leave, so that the ring's last records are seen below. */
    uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
    size_t count = 0, used;

    drain->is_slot_taken[place] = state != SEGMENT_SLOT_FREE;
    if (state == SEGMENT_SLOT_FREE || !owner_is_settled(drain, place))
        return 0;
    used = ring_used(slot);
    if (used > drain->fullest_bytes)
        drain->fullest_bytes = used;
    if (used > 0)
        count = slot_drain(drain, place, DRAIN_SHARE, end_ns, false);
    if (state == SEGMENT_SLOT_LEFT && ring_used(slot) == 0)
        slot_finish(drain, place);
    return count;
}

static bool look_is_due(const struct drain *drain, uint64_t now_ns, uint32_t claims)
{
    return claims != drain->claims_seen || drain->looked_ns == 0 ||
           now_ns - drain->looked_ns >= DRAIN_LOOK_S * CLOCK_NS_PER_S;
}

/*
 * All slots after a claim, and once a second for one whose owner died before it could tell of its
 * claim; in between those that are taken: a look at all 64 was half of an idle launcher's cost.
 */
static void taken_look(struct drain *drain, uint64_t now_ns)
{
    /* Acquire: pairs with slot_claim. */
    uint32_t claims =
        atomic_load_explicit(&drain->segment->header.slot_claims, memory_order_acquire);

    if (!look_is_due(drain, now_ns, claims))
        return;
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        drain->is_slot_taken[i] = true; /* until it is seen free, also when time runs out */
    drain->claims_seen = claims;
    drain->looked_ns = now_ns;
}

size_t drain_pass(struct drain *drain)
{
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t end_ns = now_ns + DRAIN_PASS_MS * CLOCK_NS_PER_MS;
    unsigned first = drain->next_slot;
    size_t total = 0;

    taken_look(drain, now_ns);
    drain->has_strangers = false;
    drain->fullest_bytes = 0;
    for (unsigned turn = 0; turn < SEGMENT_SLOT_COUNT; turn++) {
        unsigned i = (first + turn) % SEGMENT_SLOT_COUNT;

        if (!drain->is_slot_taken[i])
            continue;
        drain->next_slot =
            (i + 1) % SEGMENT_SLOT_COUNT; /* who is cut off now is not the next time */
        total += slot_visit(drain, i, end_ns);
        if (clock_monotonic_ns() >= end_ns)
            break;
    }
    return total;
}

bool drain_is_quiet(const struct drain *drain, uint64_t now_ns)
{
    const struct segment *segment = drain->segment;

    if (drain->has_strangers ||
        look_is_due(drain, now_ns,
                    atomic_load_explicit(&segment->header.slot_claims, memory_order_relaxed)))
        return false;
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        if (drain->is_slot_taken[i] && ring_used(&segment->slots[i]) > 0)
            return false;
    return true;
}

void drain_slot_rest(struct drain *drain, unsigned place)
{
    (void)slot_drain(drain, place, DRAIN_REST_MAX, UINT64_MAX, true);
    slot_finish(drain, place);
}

size_t drain_waiting_bytes(const struct drain *drain)
{
    size_t total = 0;

    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        total += ring_used(&drain->segment->slots[i]);
    return total;
}
