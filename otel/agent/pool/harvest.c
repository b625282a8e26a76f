#include "agent/pool/harvest.h"

#include "agent/pool/obituary.h"
#include "agent/pool/process.h"
#include "agent/report.h"
#include "base/clock.h"
#include "segment/slot.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

enum {
    HARVEST_STATUS_MS = 500, /* whoever reaps is asked to have noted it by then */
    HARVEST_CLAIMING_S = 10, /* from claiming a slot to naming the owner: two instructions */
};

void harvest_init(struct harvest *harvest, struct drain *drain)
{
    memset(harvest, 0, sizeof *harvest);
    harvest->segment = drain->segment;
    harvest->pipeline = drain->pipeline;
    harvest->books = drain->books;
    harvest->family = drain->family;
    harvest->symbols = drain->symbols;
    harvest->drain = drain;
}

/* --- deaths -------------------------------------------------------------------------------------
 */

void harvest_note_death(struct harvest *harvest, int32_t pid, int32_t status)
{
    harvest->deaths[harvest->death_next] = (struct harvest_death){ pid, status };
    harvest->death_next = (harvest->death_next + 1) % HARVEST_DEATH_MAX;
}

/* Places whose sequence has changed; a scribbled table costs one look at each place. */
static void deaths_read(struct harvest *harvest)
{
    /* Relaxed, here and below: that somebody is about to note one, and no more. */
    harvest->death_count =
        atomic_load_explicit(&harvest->segment->header.death_count, memory_order_relaxed);
    for (unsigned i = 0; i < SEGMENT_DEATH_COUNT; i++) {
        const struct segment_death *death = &harvest->segment->header.deaths[i];
        /* Acquire: pairs with the release of whoever noted it. */
        uint32_t sequence = atomic_load_explicit(&death->sequence, memory_order_acquire);

        if (sequence != harvest->death_seen[i]) {
            harvest->death_seen[i] = sequence;
            harvest_note_death(harvest, death->pid, death->status);
        }
    }
}

bool harvest_is_quiet(const struct harvest *harvest)
{
    return atomic_load_explicit(&harvest->segment->header.death_count, memory_order_relaxed) ==
           harvest->death_count;
}

static const struct harvest_death *death_find(const struct harvest *harvest, int32_t pid)
{
    for (size_t i = 0; pid > 0 && i < HARVEST_DEATH_MAX; i++)
        if (harvest->deaths[i].pid == pid)
            return &harvest->deaths[i];
    return NULL;
}

/* Numbers of processes come again: a death counts once. */
static struct obituary_death death_take(struct harvest *harvest, int32_t pid)
{
    struct obituary_death out = { .pid = pid };

    for (size_t i = 0; i < HARVEST_DEATH_MAX; i++) {
        if (harvest->deaths[i].pid != pid)
            continue;
        out.is_known = true;
        out.status = harvest->deaths[i].status;
        harvest->deaths[i].pid = 0;
    }
    return out;
}

/* --- what it held
 * --------------------------------------------------------------------------------- */

static bool slot_is_of(const struct segment_slot *slot, int32_t pid)
{
    /* Acquire: pairs with slot_claim and slot_leave. */
    return atomic_load_explicit(&slot->state, memory_order_acquire) != SEGMENT_SLOT_FREE &&
           atomic_load_explicit(&slot->pid, memory_order_relaxed) == pid;
}

static bool request_is_of(const struct segment_request *request, int32_t pid)
{
    return atomic_load_explicit(&request->state, memory_order_acquire) != SEGMENT_REQUEST_FREE &&
           atomic_load_explicit(&request->pid, memory_order_relaxed) == pid;
}

size_t harvest_open_requests(const struct segment *segment, int32_t pid)
{
    size_t count = 0;

    for (unsigned i = 0; i < SEGMENT_REQUEST_COUNT; i++) {
        const struct segment_request *request = &segment->requests[i];
        count += request_is_of(request, pid) && !request->is_suppressed;
    }
    return count;
}

/* Counted, shown, and handed over. */
static void obituary_send(struct harvest *harvest, enum books_kind kind,
                          const struct obituary *obituary)
{
    if (obituary->size == 0 ||
        (kind == BOOKS_LOGS && !harvest->segment->header.config.records_logs))
        return;
    books_receive_own(harvest->books, kind);
    if (harvest->drain->watch)
        watch_record(harvest->drain->watch, obituary->record, obituary->size);
    if (kind == BOOKS_SPANS)
        pipeline_span(harvest->pipeline, obituary->record, obituary->size);
    else
        pipeline_log(harvest->pipeline, obituary->record, obituary->size);
}

/* The instrument of request durations, if the workers have made it. */
static const struct segment_instrument *duration_instrument(struct harvest *harvest,
                                                            uint16_t *place)
{
    for (unsigned i = 0; i < SEGMENT_INSTRUMENT_COUNT; i++) {
        const struct segment_instrument *instrument = drain_instrument(harvest->drain, i);
        if (instrument && strcmp(instrument->name, "http.server.request.duration") == 0) {
            *place = (uint16_t)i;
            return instrument;
        }
    }
    return NULL;
}

static void request_end(struct harvest *harvest, const struct segment_request *shared,
                        const struct obituary_death *death)
{
    const struct segment_instrument *instrument;
    struct segment_request request;
    struct obituary obituary;
    uint16_t place = 0;

    memcpy(&request, shared, sizeof request); /* what is looked at no longer changes */
    if (request.is_suppressed)
        return;
    if (request.is_sampled && obituary_request_span(&obituary, &request, death))
        obituary_send(harvest, BOOKS_SPANS, &obituary);
    instrument = duration_instrument(harvest, &place);
    if (!instrument || !obituary_request_duration(&obituary, &request, place, death))
        return;
    if (harvest->drain->watch)
        watch_measure(harvest->drain->watch, instrument, obituary.record, obituary.size);
    pipeline_measure(harvest->pipeline, instrument, obituary.record, obituary.size);
}

/* The request that the slot's thread was busy with: its trace is the crash's. */
static const struct segment_request *slot_request(const struct harvest *harvest,
                                                  const struct segment_slot *slot, int32_t pid)
{
    uint32_t place = atomic_load_explicit(&slot->activity_request, memory_order_relaxed);

    if (place == 0 || place > SEGMENT_REQUEST_COUNT ||
        !request_is_of(&harvest->segment->requests[place - 1], pid))
        return NULL;
    return &harvest->segment->requests[place - 1];
}

/* True when the slot had a tale of a crash to tell. */
static bool slot_crash_send(struct harvest *harvest, const struct segment_slot *slot,
                            struct obituary_death *death)
{
    const struct segment_request *request = slot_request(harvest, slot, death->pid);
    struct segment_crash crash;
    struct obituary obituary;
    struct buf stack;

    /* Acquire: pairs with the handler's release, after all else was written. */
    if (!atomic_load_explicit(&slot->crash.is_set, memory_order_acquire))
        return false;
    memcpy(&crash, &slot->crash, sizeof crash);
    if (crash.frame_count > SEGMENT_STACK_FRAMES)
        crash.frame_count = SEGMENT_STACK_FRAMES;
    buf_init(&stack, RECORD_VALUE_BYTES_MAX);
    symbols_stack_text(harvest->symbols, &(struct symbols_owner){ death->pid, &slot->modules },
                       crash.frames, crash.frame_count, true, &stack);
    obituary_log(&obituary, death,
                 &(struct obituary_scene){
                     .crash = &crash,
                     .stack = &stack,
                     .request = request,
                     .tid = atomic_load_explicit(&slot->tid, memory_order_relaxed),
                 });
    obituary_send(harvest, BOOKS_LOGS, &obituary);
    buf_release(&stack);
    return true;
}

static void slot_end(struct harvest *harvest, unsigned place, const struct obituary_death *death)
{
    struct segment_slot *slot = &harvest->segment->slots[place];
    struct obituary obituary;

    for (unsigned i = 0; i < SEGMENT_OPEN_SPAN_COUNT; i++)
        if (obituary_open_span(&obituary, &slot->open_spans[i], death))
            obituary_send(harvest, BOOKS_SPANS, &obituary);
    drain_slot_rest(harvest->drain, place); /* frees it */
}

/* Everything of one dead process; whether it held a request. */
static bool process_end(struct harvest *harvest, struct obituary_death *death)
{
    struct segment *segment = harvest->segment;
    bool has_slot = false;
    bool has_tale = false;
    size_t open = harvest_open_requests(segment, death->pid);

    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) { /* first: the requests are still there */
        struct segment_slot *slot = &segment->slots[i];
        if (slot_is_of(slot, death->pid)) {
            has_slot = true;
            obituary_learn_signal(death, &slot->crash);
            has_tale |= slot_crash_send(harvest, slot, death);
        }
    }
    if (!has_tale && (open > 0 || (has_slot && obituary_is_bad(death)))) {
        struct obituary obituary;
        obituary_log(&obituary, death, NULL);
        obituary_send(harvest, BOOKS_LOGS, &obituary);
    }
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        if (slot_is_of(&segment->slots[i], death->pid))
            slot_end(harvest, i, death);
    for (unsigned i = 0; i < SEGMENT_REQUEST_COUNT; i++) {
        struct segment_request *request = &segment->requests[i];
        if (!request_is_of(request, death->pid))
            continue;
        /* Of one that was just being opened, nothing has been counted as started. */
        if (atomic_load_explicit(&request->state, memory_order_acquire) == SEGMENT_REQUEST_OPEN)
            request_end(harvest, request, death);
        request_free(request);
    }
    if (death->is_cut)
        harvest->answers_cut += open;
    return open > 0;
}

/* --- who is dead
 * ------------------------------------------------------------------------------------ */

/* A program without requests of its own that fails is no crashed worker: its status tells. */
static bool member_is_worker(const struct harvest *harvest, const struct family_member *member)
{
    return member->has_served || (member->is_worker && member->pid != harvest->family->program_pid);
}

static void worker_count(struct harvest *harvest, const struct obituary_death *death)
{
    char text[OBITUARY_TEXT_BYTES];

    if (!obituary_is_bad(death))
        return;
    harvest->crashes++;
    obituary_describe(death, text);
    report_error("worker %" PRId32 " died: %s", death->pid, text);
}

static void member_end(struct harvest *harvest, const struct family_member *member)
{
    struct obituary_death death = death_take(harvest, member->pid);

    death.is_told = member->is_told;
    /* A worker that was asked to leave may cut what is not done by its own limit. */
    death.is_cut =
        member->is_cut || (member->is_told && !obituary_is_bad(&death) &&
                           harvest_open_requests(harvest->drain->segment, member->pid) > 0);
    if (process_end(harvest, &death) || member_is_worker(harvest, member))
        worker_count(harvest, &death);
    symbols_forget(harvest->symbols, member->pid);
    family_forget(harvest->family, member->pid);
}

bool harvest_step(struct harvest *harvest, uint64_t now_ns)
{
    bool is_waiting = false;

    deaths_read(harvest);
    for (size_t i = harvest->family->count; i-- > 0;) { /* downwards: members leave the list */
        struct family_member *member = &harvest->family->members[i];

        if (!member->is_gone)
            continue;
        if (member->gone_ns == 0)
            member->gone_ns = now_ns;
        if (death_find(harvest, member->pid) ||
            now_ns - member->gone_ns >= HARVEST_STATUS_MS * CLOCK_NS_PER_MS)
            member_end(harvest, member);
        else
            is_waiting = true;
    }
    return is_waiting;
}

/* A process that never was a member: it ended too soon, or an earlier launcher knew it. */
static void unknown_end(struct harvest *harvest, int32_t pid)
{
    struct obituary_death death = death_take(harvest, pid);

    if (process_end(harvest, &death)) /* else: a script, a manager */
        worker_count(harvest, &death);
    symbols_forget(harvest->symbols, pid);
}

void harvest_strays(struct harvest *harvest, uint64_t now_ns)
{
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &harvest->segment->slots[i];
        int32_t pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);
        uint64_t limit_ns =
            pid > 0 ? HARVEST_STATUS_MS * CLOCK_NS_PER_MS : HARVEST_CLAIMING_S * CLOCK_NS_PER_S;

        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == SEGMENT_SLOT_FREE ||
            (pid > 0 && (family_find(harvest->family, pid) || process_start_ticks(pid) != 0))) {
            harvest->stray_since_ns[i] = 0;
        } else if (harvest->stray_since_ns[i] == 0) {
            harvest->stray_since_ns[i] = now_ns;
        } else if (now_ns - harvest->stray_since_ns[i] >= limit_ns || death_find(harvest, pid)) {
            harvest->stray_since_ns[i] = 0;
            if (pid > 0)
                unknown_end(harvest, pid);
            else
                drain_slot_rest(harvest->drain, i); /* died between claiming and its name */
        }
    }
}

void harvest_everything(struct harvest *harvest)
{
    deaths_read(harvest);
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &harvest->segment->slots[i];
        int32_t pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);

        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == SEGMENT_SLOT_FREE)
            continue;
        if (pid > 0)
            unknown_end(harvest, pid);
        else
            drain_slot_rest(harvest->drain, i);
    }
    for (unsigned i = 0; i < SEGMENT_REQUEST_COUNT; i++) { /* of threads whose slot was left */
        struct segment_request *request = &harvest->segment->requests[i];
        if (atomic_load_explicit(&request->state, memory_order_acquire) == SEGMENT_REQUEST_OPEN)
            request_end(harvest, request,
                        &(struct obituary_death){
                            .pid = atomic_load_explicit(&request->pid, memory_order_relaxed) });
        request_free(request);
    }
}
