#include "status/read.h"

#include "base/clock.h"
#include "segment/check.h"
#include "segment/part.h"

#include <stdlib.h>
#include <string.h>

enum { RATE_S = 10, HISTORY_STEP_S = SEGMENT_SECOND_COUNT / STATUS_HISTORY_COUNT };

const char *status_activity_text(enum status_activity activity)
{
    switch (activity) {
    case STATUS_IDLE:
        return "idle";
    case STATUS_READING:
        return "reading";
    case STATUS_WORKING:
        return "working";
    case STATUS_WRITING:
        return "writing";
    case STATUS_ACTIVITY_COUNT:
        break;
    }
    return "";
}

/* --- threads ---------------------------------------------------------------------------------- */

static void thread_read(const struct segment *segment, const struct segment_slot *slot,
                        struct status_thread *out)
{
    uint64_t now_ns = clock_monotonic_ns();
    uint64_t since_ns = atomic_load_explicit(&slot->activity_since_ns, memory_order_relaxed);
    uint32_t activity = atomic_load_explicit(&slot->activity, memory_order_relaxed);
    uint32_t request = atomic_load_explicit(&slot->activity_request, memory_order_relaxed);

    out->pid = atomic_load_explicit(&slot->pid, memory_order_relaxed);
    out->tid = atomic_load_explicit(&slot->tid, memory_order_relaxed);
    out->activity = activity < STATUS_ACTIVITY_COUNT ? (enum status_activity)activity : STATUS_IDLE;
    out->since_ns = since_ns != 0 && now_ns > since_ns ? now_ns - since_ns : 0;
    if (request > 0 && request <= SEGMENT_REQUEST_COUNT)
        segment_text_copy(out->route, sizeof out->route, segment->requests[request - 1].route,
                          sizeof segment->requests[request - 1].route);
}

/*
 * In a program of several threads the first one of a process answers nothing: it waits for signals,
 * or it is the manager, which once wrote a line.
 */
static bool is_only_first(const struct status_pool *pool, const struct status_thread *thread)
{
    if (thread->pid != thread->tid || thread->activity != STATUS_IDLE)
        return false;
    for (size_t i = 0; i < pool->thread_count; i++)
        if (pool->threads[i].pid != pool->threads[i].tid)
            return true;
    return false;
}

/* A process's threads stand together, each always in its place. */
static int thread_compare(const void *left, const void *right)
{
    const struct status_thread *a = left;
    const struct status_thread *b = right;

    return a->pid != b->pid ? (a->pid > b->pid) - (a->pid < b->pid)
                            : (a->tid > b->tid) - (a->tid < b->tid);
}

void read_threads(const struct segment *segment, struct status_pool *out)
{
    for (size_t i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const struct segment_slot *slot = &segment->slots[i];

        /* Acquire: its owner's number is there. */
        if (atomic_load_explicit(&slot->state, memory_order_acquire) == SEGMENT_SLOT_CLAIMED)
            thread_read(segment, slot, &out->threads[out->thread_count++]);
    }
    for (size_t i = out->thread_count; i-- > 0;)
        if (is_only_first(out, &out->threads[i]))
            out->threads[i] = out->threads[--out->thread_count];
    qsort(out->threads, out->thread_count, sizeof out->threads[0], thread_compare);
}

/* --- routes ----------------------------------------------------------------------------------- */

/* What a pool did not live to see was not measured, rather than none. */
static void history_begin(struct status_route *out, uint64_t now_s, uint64_t began_s)
{
    uint64_t age_s = now_s > began_s ? now_s - began_s : 0;

    for (size_t i = 0; i < STATUS_HISTORY_COUNT; i++)
        if ((STATUS_HISTORY_COUNT - 1 - i) * HISTORY_STEP_S > age_s)
            out->history[i] = STATUS_NOT_MEASURED;
}

static void history_add(struct status_route *out, uint64_t age_s, uint32_t count)
{
    uint32_t *step = &out->history[STATUS_HISTORY_COUNT - 1 - age_s / HISTORY_STEP_S];

    *step = *step == STATUS_NOT_MEASURED ? count : *step + count;
}

static void seconds_read(const struct segment_route *shared, uint64_t now_s,
                         struct status_route *out)
{
    uint64_t latency[LATENCY_COUNT] = { 0 };
    uint64_t recent = 0;

    for (size_t i = 0; i < SEGMENT_SECOND_COUNT; i++) {
        const struct segment_second *second = &shared->seconds[i];
        uint64_t age_s = now_s - second->second; /* of the future: very old */

        if (age_s >= SEGMENT_SECOND_COUNT || second->count == 0)
            continue;
        out->count += second->count;
        out->errors += second->errors;
        history_add(out, age_s, second->count);
        if (age_s >= 1 && age_s <= RATE_S)
            recent += second->count;
        for (size_t k = 0; k < LATENCY_COUNT; k++)
            latency[k] += second->latency[k];
    }
    out->per_s = (double)recent / RATE_S;
    out->p50_ns = latency_quantile_ns(latency, 0.50);
    out->p95_ns = latency_quantile_ns(latency, 0.95);
    out->p99_ns = latency_quantile_ns(latency, 0.99);
}

void read_routes(const struct segment *segment, struct status *status, size_t pool)
{
    static _Thread_local struct segment_route shared; /* large */

    for (size_t i = 0; i < SEGMENT_ROUTE_COUNT; i++) {
        struct status_route *out = &status->routes[status->route_count];

        if (!segment->routes[i].is_used || status->route_count == STATUS_ROUTE_COUNT ||
            !part_copy(&segment->routes[i], sizeof shared, &shared))
            continue;
        *out = (struct status_route){ .pool = pool,
                                      .total = shared.count,
                                      .total_errors = shared.errors,
                                      .total_duration_ns = shared.duration_ns };
        memcpy(out->total_latency, shared.latency, sizeof out->total_latency);
        segment_text_copy(out->method, sizeof out->method, shared.method, sizeof shared.method);
        segment_text_copy(out->route, sizeof out->route, shared.route, sizeof shared.route);
        history_begin(out, status->now_ns / CLOCK_NS_PER_S,
                      segment->header.created_ns / CLOCK_NS_PER_S);
        seconds_read(&shared, status->now_ns / CLOCK_NS_PER_S, out);
        status->route_count++;
    }
}

/* --- requests --------------------------------------------------------------------------------- */

const char *status_part_text(enum status_part part)
{
    switch (part) {
    case STATUS_QUEUE:
        return "queue";
    case STATUS_APPLICATION:
        return "application";
    case STATUS_DATABASE:
        return "database";
    case STATUS_ANSWERING:
        return "writing";
    case STATUS_PART_COUNT:
        break;
    }
    return "";
}

#define TEXT_END(field) ((field)[sizeof(field) - 1] = '\0')

/* Whatever lies there: texts end, counts are within their tables. */
static void seen_tame(struct segment_seen *seen)
{
    if (seen->span_count > SEGMENT_SEEN_SPANS)
        seen->span_count = SEGMENT_SEEN_SPANS;
    if (seen->log_count > SEGMENT_SEEN_LOGS)
        seen->log_count = SEGMENT_SEEN_LOGS;
    TEXT_END(seen->method);
    TEXT_END(seen->route);
    TEXT_END(seen->path);
    TEXT_END(seen->attributes);
    TEXT_END(seen->exception_type);
    TEXT_END(seen->exception_message);
    TEXT_END(seen->exception_stack);
    for (size_t i = 0; i < SEGMENT_SEEN_SPANS; i++) {
        TEXT_END(seen->spans[i].name);
        TEXT_END(seen->spans[i].attributes);
    }
    for (size_t i = 0; i < SEGMENT_SEEN_LOGS; i++)
        TEXT_END(seen->logs[i].text);
}

/* The number behind "key=" at the beginning of a line of `attributes`. */
static bool attribute_number(const char *attributes, const char *key, double *out)
{
    size_t length = strlen(key);
    const char *line = attributes;

    while (line != NULL && *line != '\0') {
        if (strncmp(line, key, length) == 0 && line[length] == '=') {
            *out = strtod(line + length + 1, NULL);
            return *out >= 0 && *out < 1e9;
        }
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return false;
}

/* Spans may lie within each other: what is covered twice counts once. They are in order. */
static uint64_t spans_cover_ns(const struct segment_seen *seen)
{
    uint64_t covered_ns = 0;
    uint64_t reached_ns = 0;

    for (size_t i = 0; i < seen->span_count; i++) {
        const struct segment_seen_span *span = &seen->spans[i];
        uint64_t from_ns = span->start_ns > reached_ns ? span->start_ns : reached_ns;
        uint64_t to_ns = span->start_ns + span->duration_ns;

        if (to_ns <= from_ns)
            continue;
        covered_ns += to_ns - from_ns;
        reached_ns = to_ns;
    }
    return covered_ns;
}

static void parts_read(const struct segment_seen *seen, struct status_request *out)
{
    uint64_t left_ns = seen->duration_ns;
    uint64_t database_ns = spans_cover_ns(seen);
    double number = 0;

    out->has_queue = attribute_number(seen->attributes, "board.queue_time", &number);
    if (out->has_queue)
        out->parts_ns[STATUS_QUEUE] = (uint64_t)(number * (double)CLOCK_NS_PER_MS);
    out->parts_ns[STATUS_DATABASE] = database_ns < left_ns ? database_ns : left_ns;
    left_ns -= out->parts_ns[STATUS_DATABASE];
    if (attribute_number(seen->attributes, "board.write_time", &number)) {
        uint64_t write_ns = (uint64_t)(number * (double)CLOCK_NS_PER_MS);
        out->parts_ns[STATUS_ANSWERING] = write_ns < left_ns ? write_ns : left_ns;
        left_ns -= out->parts_ns[STATUS_ANSWERING];
    }
    out->parts_ns[STATUS_APPLICATION] = left_ns;
}

static void trace_id_write(const uint8_t id[16], char out[STATUS_TRACE_ID_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";

    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = DIGITS[id[i] >> 4];
        out[2 * i + 1] = DIGITS[id[i] & 15];
    }
    out[STATUS_TRACE_ID_SIZE - 1] = '\0';
}

static struct status_request request_of(const struct segment_seen *seen, size_t pool)
{
    struct status_request request = { .pool = pool,
                                      .number = seen->number,
                                      .start_ns = seen->start_ns,
                                      .duration_ns = seen->duration_ns,
                                      .status_code = seen->status_code,
                                      .is_error = seen->is_error != 0,
                                      .is_crash = seen->is_crash != 0 };

    trace_id_write(seen->trace_id, request.trace_id);
    memcpy(request.method, seen->method, sizeof request.method);
    memcpy(request.route, seen->route, sizeof request.route);
    memcpy(request.path, seen->path, sizeof request.path);
    parts_read(seen, &request);
    return request;
}

/* Newest first; a failed one may lie among the recent and among the kept. */
static void request_insert(struct status *status, const struct status_request *request,
                           const struct segment_seen *seen)
{
    struct status_request *all = status->requests;
    size_t at = 0;
    size_t detail;

    while (at < status->request_count && all[at].start_ns > request->start_ns)
        at++;
    for (size_t i = at; i < status->request_count && all[i].start_ns == request->start_ns; i++)
        if (strcmp(all[i].trace_id, request->trace_id) == 0)
            return;
    if (at == STATUS_REQUEST_COUNT)
        return;
    /* Of a full list the oldest leaves its place. */
    detail = status->request_count < STATUS_REQUEST_COUNT ? status->request_count++
                                                          : all[STATUS_REQUEST_COUNT - 1].detail;
    memmove(&all[at + 1], &all[at], (status->request_count - 1 - at) * sizeof *all);
    all[at] = *request;
    all[at].detail = detail;
    if (status->details != NULL)
        memcpy(&status->details[detail], seen, sizeof *seen);
}

/* The limit of what is listed: 50, and beyond them the failed ones alone. */
static void requests_limit(struct status *status)
{
    size_t kept = 0;

    for (size_t i = 0; i < status->request_count; i++)
        if (i < SEGMENT_SEEN_RECENT || status->requests[i].is_error)
            status->requests[kept++] = status->requests[i];
    status->request_count = kept;
}

void read_requests(const struct segment *segment, struct status *status, size_t pool,
                   const char *trace_id)
{
    static _Thread_local struct segment_seen seen; /* large */

    for (size_t i = 0; i < SEGMENT_SEEN_COUNT; i++) {
        struct status_request request;

        if (segment->seen[i].number == 0 || !part_copy(&segment->seen[i], sizeof seen, &seen) ||
            seen.number == 0)
            continue;
        seen_tame(&seen);
        request = request_of(&seen, pool);
        request_insert(status, &request, &seen);
        if (trace_id == NULL || strcmp(request.trace_id, trace_id) != 0 ||
            (status->has_chosen && status->chosen.start_ns > request.start_ns))
            continue;
        status->has_chosen = true;
        status->chosen = request;
        memcpy(&status->chosen_seen, &seen, sizeof seen);
    }
}

static const struct status_route *route_of(const struct status *status,
                                           const struct status_request *request)
{
    for (size_t i = 0; i < status->route_count; i++) {
        const struct status_route *route = &status->routes[i];
        if (route->pool == request->pool && strcmp(route->route, request->route) == 0 &&
            strcmp(route->method, request->method) == 0)
            return route;
    }
    return NULL;
}

/* Requests that had no route come after those that had one; else the order stays. */
static void routes_order(struct status *status)
{
    struct status_route *all = status->routes;
    static _Thread_local struct status_route moved; /* large */
    size_t named = 0;

    for (size_t i = 0; i < status->route_count; i++) {
        if (all[i].route[0] == '\0')
            continue;
        moved = all[i];
        memmove(&all[named + 1], &all[named], (i - named) * sizeof *all);
        all[named++] = moved;
    }
}

void read_finish(struct status *status)
{
    routes_order(status);
    requests_limit(status);
    for (size_t i = 0; i < status->request_count; i++) {
        struct status_request *request = &status->requests[i];
        const struct status_route *route = route_of(status, request);

        request->is_slow = route != NULL && request->duration_ns > route->p95_ns;
    }
}
