#include "agent/view/watch.h"

#include "agent/view/watch_seen.h"
#include "base/clock.h"
#include "base/mem.h"
#include "otel/log.h"
#include "otel/span.h"
#include "segment/part.h"

#include <string.h>

bool watch_init(struct watch *watch, struct segment *segment)
{
    memset(watch, 0, sizeof *watch);
    watch->segment = segment;
    watch->trouble_budget = WATCH_TROUBLE_COUNT;
    watch->window = mem_alloc(WATCH_WINDOW_BYTES);
    watch_routes_init(&watch->routes, segment);
    /* A launcher that goes on with a living pool begins anew: what was seen is another's. */
    for (size_t i = 0; i < SEGMENT_SEEN_COUNT; i++) {
        part_open(&segment->seen[i]);
        segment->seen[i].number = 0;
        part_close(&segment->seen[i]);
    }
    return watch->window != NULL;
}

void watch_release(struct watch *watch)
{
    mem_free(watch->window);
    watch->window = NULL;
}

/* --- the window ------------------------------------------------------------------------------- */

static struct watch_record *record_at(struct watch *watch, uint64_t number)
{
    return &watch->records[number % WATCH_RECORD_COUNT];
}

/* False when newer ones have been written over it. */
static bool record_is_whole(const struct watch *watch, const struct watch_record *record)
{
    return watch->head - record->position <= WATCH_WINDOW_BYTES;
}

static const uint8_t *record_bytes(const struct watch *watch, const struct watch_record *record)
{
    return watch->window + record->position % WATCH_WINDOW_BYTES;
}

/* The oldest number that may still lie in the window. */
static uint64_t record_oldest(const struct watch *watch)
{
    return watch->record_count > WATCH_RECORD_COUNT ? watch->record_count - WATCH_RECORD_COUNT : 0;
}

/* Spans and log records hold their trace id at the same place. */
_Static_assert(offsetof(struct record_span, trace_id) == offsetof(struct record_log, trace_id),
               "a trace id is read without asking whose it is");

static uint64_t trace_of(const uint8_t *record)
{
    uint64_t low;

    memcpy(&low, record + offsetof(struct record_span, trace_id) + 8, sizeof low);
    return low;
}

/* Of all that died with a worker, the request that crashed: others were only beside it. */
static void crash_note(struct watch *watch, const struct record_span *span)
{
    if (span->end_ns - watch->crash_ns < CLOCK_NS_PER_S &&
        memcmp(span->trace_id, watch->fatal_trace_id, sizeof watch->fatal_trace_id) != 0)
        return;
    watch->crash_ns = span->end_ns;
    memcpy(watch->crash_trace_id, span->trace_id, sizeof watch->crash_trace_id);
}

static void trouble_note(struct watch *watch, const struct record_span *span, uint64_t number)
{
    if (span->flags & RECORD_SPAN_ENDED_BY_LAUNCHER)
        crash_note(watch, span);
    if (watch->trouble_count < watch->trouble_budget)
        watch->troubles[watch->trouble_count++] = number;
}

void watch_record(struct watch *watch, const uint8_t *record, size_t size)
{
    const struct record_header *header = (const void *)record;
    const struct record_span *span = (const void *)record;
    const struct record_log *log = (const void *)record;
    uint64_t trace = trace_of(record);
    uint64_t place = watch->head % WATCH_WINDOW_BYTES;
    bool is_request = header->type == RECORD_SPAN && span->kind == OTEL_SPAN_SERVER;

    if (watch->window == NULL || trace == 0)
        return;
    if (place + size > WATCH_WINDOW_BYTES)
        watch->head += WATCH_WINDOW_BYTES - place; /* none is cut in two */
    if (is_request && span->status == OTEL_SPAN_ERROR)
        trouble_note(watch, span, watch->record_count);
    if (header->type == RECORD_LOG && log->severity >= OTEL_SEVERITY_FATAL)
        memcpy(watch->fatal_trace_id, log->trace_id, sizeof watch->fatal_trace_id);
    *record_at(watch, watch->record_count++) = (struct watch_record){ .position = watch->head,
                                                                      .trace = trace,
                                                                      .pass = watch->pass,
                                                                      .size = (uint32_t)size,
                                                                      .is_request = is_request };
    memcpy(watch->window + watch->head % WATCH_WINDOW_BYTES, record, size);
    watch->head += size;
}

void watch_measure(struct watch *watch, const struct segment_instrument *definition,
                   const uint8_t *record, size_t size)
{
    if (strcmp(definition->name, "http.server.request.duration") == 0)
        watch_routes_add(&watch->routes, record, size);
}

/* --- what is shown ---------------------------------------------------------------------------- */

/* The request and, newest first, what else of its trace is in the window. */
static void seen_gather(struct watch *watch, uint64_t number, struct segment_seen *out)
{
    const struct watch_record *request = record_at(watch, number);

    watch_seen_begin(out, record_bytes(watch, request), request->size);
    for (uint64_t i = watch->record_count; i-- > record_oldest(watch);) {
        const struct watch_record *record = record_at(watch, i);
        if (!record_is_whole(watch, record))
            break;
        if (record->trace == request->trace && i != number)
            watch_seen_add(out, record_bytes(watch, record), record->size);
    }
    watch_seen_end(out);
}

static void seen_publish(struct watch *watch, uint64_t number, struct segment_seen *place)
{
    static struct segment_seen seen; /* large; there is one thread */
    const size_t sequence_size = offsetof(struct segment_seen, status_code);

    seen_gather(watch, number, &seen);
    seen.number = ++watch->seen_number;
    part_open(place);
    memcpy((uint8_t *)place + sequence_size, (const uint8_t *)&seen + sequence_size,
           sizeof seen - sequence_size);
    part_close(place);
}

static void trouble_publish(struct watch *watch, uint64_t number)
{
    size_t place = SEGMENT_SEEN_RECENT + watch->kept_next;

    watch->kept_next = (watch->kept_next + 1) % SEGMENT_SEEN_KEPT;
    seen_publish(watch, number, &watch->segment->seen[place]);
}

/*
 * A request's last record may have been seen before others of its trace, which came by another
 * thread's ring: with the pass after its own they are here.
 */
static bool is_settled(struct watch *watch, uint64_t number)
{
    return record_at(watch, number)->pass + 1 < watch->pass;
}

void watch_pass(struct watch *watch, uint64_t wall_ns)
{
    size_t left = 0;

    watch_routes_turn(&watch->routes, wall_ns / CLOCK_NS_PER_S);
    for (size_t i = 0; i < watch->trouble_count; i++) {
        uint64_t number = watch->troubles[i];

        if (number < record_oldest(watch) || !record_is_whole(watch, record_at(watch, number)))
            continue;
        if (!is_settled(watch, number)) {
            watch->troubles[left++] = number;
            continue;
        }
        trouble_publish(watch, number);
        if (watch->trouble_budget > 0)
            watch->trouble_budget--;
    }
    watch->trouble_count = left;
    watch->pass++;
}

/* The newest requests that are settled and were not shown yet, the oldest of them first. */
static size_t news_find(struct watch *watch, uint64_t out[SEGMENT_SEEN_RECENT])
{
    uint64_t newest = watch->record_count;
    size_t count = 0;

    for (uint64_t i = newest; i-- > record_oldest(watch) && count < SEGMENT_SEEN_RECENT;) {
        struct watch_record *record = record_at(watch, i);
        if (!record_is_whole(watch, record))
            break;
        if (!record->is_request || record->is_taken || !is_settled(watch, i))
            continue;
        record->is_taken = true;
        out[count++] = i;
    }
    for (size_t i = 0; i < count / 2; i++) {
        uint64_t number = out[i];
        out[i] = out[count - 1 - i];
        out[count - 1 - i] = number;
    }
    return count;
}

void watch_publish(struct watch *watch)
{
    uint64_t news[SEGMENT_SEEN_RECENT];
    size_t count;

    watch_routes_publish(&watch->routes);
    watch->trouble_budget = WATCH_TROUBLE_COUNT;
    if (watch->record_count == watch->shown_count)
        return;
    count = news_find(watch, news);
    for (size_t i = 0; i < count; i++) {
        seen_publish(watch, news[i], &watch->segment->seen[watch->recent_next]);
        watch->recent_next = (watch->recent_next + 1) % SEGMENT_SEEN_RECENT;
    }
    /* Those of this very pass are looked for again. */
    if (is_settled(watch, watch->record_count - 1))
        watch->shown_count = watch->record_count;
}
