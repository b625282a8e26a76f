#include "agent/pool/harvest.h"

#include "agent/pool/obituary.h"
#include "agent/pool/process.h"
#include "agent/report.h"
#include "base/clock.h"
#include "otel/request.h"
#include "segment/slot.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    HARVEST_STATUS_MS = 500, /* from reaping to noting it: two instructions, on a busy machine */
    HARVEST_ZOMBIE_S = 5,    /* who has not been reaped may yet be, and no longer */
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
    deaths_init(&harvest->deaths, &drain->segment->header);
}

/* --- deaths -------------------------------------------------------------------------------------
 */

void harvest_note_death(struct harvest *harvest, int32_t pid, int32_t status)
{
    deaths_note(&harvest->deaths, &(struct death){ .pid = pid,
                                                   .status = status,
                                                   .reaper_pid = (int32_t)getpid(),
                                                   .time_ns = clock_wall_ns() });
}

bool harvest_is_quiet(const struct harvest *harvest)
{
    return deaths_is_quiet(&harvest->deaths);
}

static struct obituary_death death_take(struct harvest *harvest, int32_t pid)
{
    struct obituary_death out = { .pid = pid };
    struct death death;

    if (!deaths_take(&harvest->deaths, pid, &death))
        return out;
    out.is_known = true;
    out.status = death.status;
    out.time_ns = death.time_ns;
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
    drain_hand_over(harvest->drain, obituary->record, obituary->size, NULL);
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
    const struct segment_config *config = &harvest->segment->header.config;
    const struct segment_instrument *instrument;
    struct segment_request request;
    struct obituary obituary;
    uint16_t place = 0;

    memcpy(&request, shared, sizeof request); /* what is looked at no longer changes */
    if (request.is_suppressed)
        return;
    if (request.is_sampled && obituary_request_span(&obituary, &request, config, death))
        obituary_send(harvest, BOOKS_SPANS, &obituary);
    instrument = duration_instrument(harvest, &place);
    if (!instrument || !obituary_request_duration(&obituary, &request, config, place, death))
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

/* The slot whose thread died first of those with a tale to tell: it killed the others. */
static const struct segment_slot *crash_find(const struct harvest *harvest, int32_t pid)
{
    const struct segment_slot *first = NULL;

    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const struct segment_slot *slot = &harvest->segment->slots[i];

        /* Acquire: pairs with the handler's release, after all else was written. */
        if (slot_is_of(slot, pid) &&
            atomic_load_explicit(&slot->crash.is_set, memory_order_acquire) &&
            (!first || slot->crash.time_ns < first->crash.time_ns))
            first = slot;
    }
    return first;
}

static void crash_send(struct harvest *harvest, const struct segment_slot *slot,
                       struct obituary_death *death)
{
    const struct segment_request *request = slot_request(harvest, slot, death->pid);
    struct segment_crash crash;
    struct obituary obituary;
    struct buf stack;

    memcpy(&crash, &slot->crash, sizeof crash);
    obituary_learn(death, &crash);
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

static bool process_has_slot(const struct harvest *harvest, int32_t pid)
{
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        if (slot_is_of(&harvest->segment->slots[i], pid))
            return true;
    return false;
}

/* Between taking up a connection and the request that begins with what was read from it. */
static unsigned reading_count(const struct harvest *harvest, int32_t pid)
{
    unsigned count = 0;

    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const struct segment_slot *slot = &harvest->segment->slots[i];
        count += slot_is_of(slot, pid) && slot_activity_is(slot, OTEL_ACTIVITY_READING, 0);
    }
    return count;
}

/* One log record, with the stack where a handler could note it. */
static void death_tell(struct harvest *harvest, struct obituary_death *death, bool is_worker)
{
    const struct segment_slot *slot = crash_find(harvest, death->pid);
    struct obituary obituary;

    if (slot) {
        crash_send(harvest, slot, death);
    } else if (harvest_open_requests(harvest->segment, death->pid) > 0 ||
               (obituary_is_bad(death) && (is_worker || process_has_slot(harvest, death->pid)))) {
        obituary_log(&obituary, death, NULL);
        obituary_send(harvest, BOOKS_LOGS, &obituary);
    }
}

/* Everything of one dead process; whether it held a request. */
static bool process_end(struct harvest *harvest, struct obituary_death *death, bool is_worker)
{
    struct segment *segment = harvest->segment;
    size_t open = harvest_open_requests(segment, death->pid);

    death->reading = reading_count(harvest, death->pid);
    death_tell(harvest, death, is_worker); /* first: the requests are still there */
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
    uint64_t gone_for_ns = clock_monotonic_ns() - member->gone_ns;
    bool is_worker = member_is_worker(harvest, member);

    if (!death.is_known)
        death.time_ns = clock_wall_ns() - gone_for_ns;
    death.is_told = member->is_told;
    /* A worker that was asked to leave may cut what is not done by its own limit. */
    death.is_cut =
        member->is_cut || (member->is_told && !obituary_is_bad(&death) &&
                           harvest_open_requests(harvest->drain->segment, member->pid) > 0);
    if (process_end(harvest, &death, is_worker) || is_worker)
        worker_count(harvest, &death);
    symbols_forget(harvest->symbols, member->pid);
    family_forget(harvest->family, member->pid);
}

/* Whoever reaps has had its time to note how it ended, or will never reap. */
static bool status_is_overdue(const struct family_member *member, uint64_t now_ns)
{
    uint64_t waited_ns = now_ns - member->gone_ns;
    struct process_stat stat;

    if (waited_ns < HARVEST_STATUS_MS * CLOCK_NS_PER_MS)
        return false;
    return waited_ns >= HARVEST_ZOMBIE_S * CLOCK_NS_PER_S ||
           !process_stat_read(member->pid, &stat) || stat.start_ticks != member->start_ticks;
}

/* It starts workers and sees them end; it serves no request itself. */
static bool is_manager(const struct harvest *harvest, int32_t pid)
{
    const struct family_member *member = family_find(harvest->family, pid);

    return member && !member->has_served &&
           (member->had_children || pid == harvest->family->program_pid);
}

/*
 * A process that never was a member: it ended too soon, or an earlier launcher knew it. A child
 * of the manager that a signal killed was a worker; one that left with a status may have been any
 * command of a script. That somebody asked it to leave cannot be known, so who does as such a
 * signal says is believed to have been asked.
 */
static void stranger_end(struct harvest *harvest, int32_t pid)
{
    const struct death *noted = deaths_find(&harvest->deaths, pid);
    bool is_worker = process_has_slot(harvest, pid) || (noted && WIFSIGNALED(noted->status) &&
                                                        is_manager(harvest, noted->reaper_pid));
    struct obituary_death death = death_take(harvest, pid);

    death.is_told = true;
    if (process_end(harvest, &death, is_worker) || is_worker)
        worker_count(harvest, &death);
    symbols_forget(harvest->symbols, pid);
}

/* At once: what they hold others wait for. */
static void strangers_end(struct harvest *harvest)
{
    struct death ignored;

    for (size_t i = 0; i < DEATHS_MAX; i++) {
        const struct death *death = deaths_at(&harvest->deaths, i);

        if (!death || family_find(harvest->family, death->pid))
            continue;
        if (process_has_ended(death->pid))
            stranger_end(harvest, death->pid);
        else /* the number has come again, or a worker lies */
            (void)deaths_take(&harvest->deaths, death->pid, &ignored);
    }
}

bool harvest_step(struct harvest *harvest, uint64_t now_ns)
{
    bool is_waiting = false;

    deaths_read(&harvest->deaths);
    for (size_t i = harvest->family->count; i-- > 0;) { /* downwards: members leave the list */
        struct family_member *member = &harvest->family->members[i];

        if (!member->is_gone)
            continue;
        if (member->gone_ns == 0)
            member->gone_ns = now_ns;
        if (deaths_find(&harvest->deaths, member->pid) || status_is_overdue(member, now_ns))
            member_end(harvest, member);
        else
            is_waiting = true;
    }
    strangers_end(harvest);
    return is_waiting;
}

void harvest_strays(struct harvest *harvest, uint64_t now_ns)
{
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &harvest->segment->slots[i];
        int32_t pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);
        uint64_t limit_ns =
            pid > 0 ? HARVEST_STATUS_MS * CLOCK_NS_PER_MS : HARVEST_CLAIMING_S * CLOCK_NS_PER_S;

        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == SEGMENT_SLOT_FREE ||
            (pid > 0 && (family_find(harvest->family, pid) || !process_has_ended(pid)))) {
            harvest->stray_since_ns[i] = 0;
        } else if (harvest->stray_since_ns[i] == 0) {
            harvest->stray_since_ns[i] = now_ns;
        } else if (now_ns - harvest->stray_since_ns[i] >= limit_ns) {
            harvest->stray_since_ns[i] = 0;
            if (pid > 0)
                stranger_end(harvest, pid);
            else
                drain_slot_rest(harvest->drain, i); /* died between claiming and its name */
        }
    }
}

void harvest_everything(struct harvest *harvest)
{
    deaths_read(&harvest->deaths);
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        struct segment_slot *slot = &harvest->segment->slots[i];
        int32_t pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);

        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == SEGMENT_SLOT_FREE)
            continue;
        if (pid > 0)
            stranger_end(harvest, pid);
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
