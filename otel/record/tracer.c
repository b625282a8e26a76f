/*
 * Spans below the SERVER span. A span is built in its thread's slot, where a launcher finds it
 * should the process die, and is copied to the ring when it ends.
 */
#include "record/tracer.h"
#include "base/clock.h"
#include "otel/semconv.h"
#include "record/attribute_item.h"
#include "record/carried.h"
#include "record/context_state.h"
#include "record/hook_entry.h"
#include "record/ids.h"
#include "record/sampler.h"
#include "record/stack.h"
#include "segment/count.h"
#include "segment/ring.h"
#include "segment/slot.h"

#include <string.h>

struct otel_span span_noop;
struct otel_span span_sampled_out = { .role = SPAN_SAMPLED_OUT };

/* --- the record under construction ------------------------------------------------------------ */

/* A longer text would take so much of the place that nothing else fits. */
static size_t text_limit_of(const struct record_place *place)
{
    return place->capacity / 2;
}

static struct record_span *record_of(const struct record_place *place)
{
    return (struct record_span *)(void *)place->bytes;
}

void span_place_count_cut(void)
{
    if (record_thread.slot)
        count_own(&record_thread.slot->counters.values_cut);
}

/* Returns false when the item found no room. */
__attribute__((always_inline)) static inline bool item_put(const struct record_place *place,
                                                           const struct attribute_item *item)
{
    bool has_room = place_put(place, &item->source);

    if (!has_room || item->is_cut)
        span_place_count_cut();
    return has_room;
}

/*
 * Puts an attribute of the span, an event or a link, and counts the one that finds no room.
 * Always inline: where the type is known, most of it is gone; it is half of what a span costs.
 */
__attribute__((always_inline)) static inline void
attribute_put(const struct record_place *place, enum record_item_kind kind,
              const struct otel_attribute *attribute)
{
    struct attribute_item item;

    if (attribute_item_init(&item, kind, attribute, text_limit_of(place)) &&
        !item_put(place, &item))
        record_of(place)->dropped_attributes++;
}

void span_place_attribute(const struct record_place *place, const struct otel_attribute *attribute)
{
    attribute_put(place, RECORD_ITEM_ATTRIBUTE, attribute);
}

void span_place_text(const struct record_place *place, enum record_item_kind kind,
                     struct otel_str text)
{
    struct attribute_item item;

    text_item_init(&item, kind, text, text_limit_of(place));
    (void)item_put(place, &item); /* counted there; such a text has no counter of its own */
}

void span_place_status(const struct record_place *place, enum otel_span_status status,
                       struct otel_str description)
{
    struct record_span *record = record_of(place);
    bool had_description = record->status == OTEL_SPAN_ERROR;

    if (status == OTEL_SPAN_UNSET || record->status == OTEL_SPAN_OK)
        return;
    record->status = (uint8_t)status;
    /* The last description counts, also when it is empty. */
    if (status == OTEL_SPAN_ERROR && (description.length || had_description))
        span_place_text(place, RECORD_ITEM_STATUS_MESSAGE, description);
}

void span_place_end(struct segment_slot *slot, const struct record_place *place, uint64_t end_ns)
{
    struct record_span *record = record_of(place);
    size_t used = place_used(place);
    void *copy = NULL;

    record->end_ns = end_ns > record->start_ns ? end_ns : record->start_ns;
    record->header.size = (uint32_t)used;
    if (used >= sizeof *record)
        copy = ring_reserve(slot, used);
    if (copy)
        memcpy(copy, record, used);
    /* Before the commit: a process killed in between must not leave the span in both places. */
    place_clear(place);
    count_own(&slot->counters.spans_ended);
    if (copy)
        ring_commit(slot, used);
    else
        count_own(&slot->counters.spans_dropped);
}

void span_count_sampled_out(struct segment_slot *slot)
{
    count_own(&slot->counters.spans_ended);
    count_own(&slot->counters.spans_sampled_out);
}

/* --- start ------------------------------------------------------------------------------------ */

void span_root_context(struct segment_slot *slot, enum segment_parent parent, uint64_t now_ns,
                       struct otel_context *out)
{
    const struct segment_config *config = record_config();
    uint64_t wall_ns = clock_wall_ns();

    *out = (struct otel_context){ .trace_flags = TRACE_FLAG_RANDOM };
    ids_trace(slot, (enum segment_id_generator)config->id_generator, wall_ns, out->trace_id);
    out->clock_offset_ns = (int64_t)(wall_ns - now_ns);
    if (sampler_decides(&config->sampling, parent, out->trace_id))
        out->trace_flags |= TRACE_FLAG_SAMPLED;
}

/* A child carries the tracestate of the request. */
static void trace_state_copy(const struct record_place *place, const struct otel_context *context)
{
    const struct segment_request *request = carried_request(context);
    struct otel_str trace_state;

    if (!request || !request->trace_state_bytes)
        return;
    trace_state = carried_trace_state(request);
    if (trace_state.length)
        span_place_text(place, RECORD_ITEM_TRACE_STATE, trace_state);
}

/* In its place at once: copied there, its small fields would be read together too early. */
void span_place_begin(const struct record_place *place, enum record_scope scope,
                      enum otel_span_kind kind, const struct otel_context *own,
                      const struct otel_context *parent, uint64_t started_ns)
{
    struct record_span *record = record_of(place);

    record->header = (struct record_header){ .type = RECORD_SPAN,
                                             .version = RECORD_VERSION,
                                             .scope = (uint8_t)scope };
    memcpy(record->trace_id, own->trace_id, sizeof record->trace_id);
    memcpy(record->span_id, own->span_id, sizeof record->span_id);
    memcpy(record->parent_span_id, parent->span_id, sizeof record->parent_span_id);
    record->start_ns = started_ns + (uint64_t)own->clock_offset_ns;
    record->end_ns = 0;
    record->kind = (uint8_t)kind;
    record->status = OTEL_SPAN_UNSET;
    record->trace_flags = own->trace_flags;
    record->flags = parent->is_remote ? RECORD_SPAN_PARENT_IS_REMOTE : 0;
    record->dropped_attributes = record->dropped_events = record->dropped_links = 0;
    place_publish(place, sizeof *record);
}

static void record_begin(const struct otel_span *span, enum record_scope scope,
                         struct otel_str name, enum otel_span_kind kind)
{
    span_place_begin(&span->place, scope, kind, &span->context, &span->previous, span->started_ns);
    trace_state_copy(&span->place, &span->previous);
    span_place_text(&span->place, RECORD_ITEM_NAME, name);
}

static struct otel_span *handle_find(void)
{
    for (int i = 0; i < SEGMENT_OPEN_SPAN_COUNT; i++)
        if (record_thread.spans[i].role == SPAN_NONE)
            return &record_thread.spans[i];
    return NULL;
}

/* Makes the child's context current, field by field: it has just been written in small pieces,
 * and a copy of the whole would wait for them. */
static void context_enter(struct otel_context *current, const struct otel_context *child)
{
    if (!context_has_trace(current)) { /* a root: seldom */
        *current = *child;
        return;
    }
    memcpy(current->span_id, child->span_id, sizeof current->span_id);
    current->trace_flags = child->trace_flags;
    current->is_remote = child->is_remote;
}

/* Under thread_enter: the parent is none, or the sampler takes its child. */
static struct otel_span *span_open(enum record_scope scope, struct otel_str name,
                                   enum otel_span_kind kind, uint64_t start_ns, bool is_attached)
{
    struct segment_slot *slot = record_thread.slot;
    struct otel_context *current = &record_thread.current;
    struct otel_span *span = handle_find();
    struct segment_open_span *open = NULL;
    uint64_t now_ns = 0;

    if (!span) {
        count_own(&slot->counters.spans_not_started);
        return &span_noop;
    }
    now_ns = clock_monotonic_ns();
    span->is_attached = is_attached;
    span->started_ns = start_ns ? start_ns : now_ns;
    span->previous = *current;
    span->context = *current;
    if (context_has_trace(current))
        span->context.trace_flags |= TRACE_FLAG_SAMPLED;
    else
        span_root_context(slot, SEGMENT_PARENT_NONE, now_ns, &span->context);
    span->context.is_remote = false;
    ids_span(slot, span->context.span_id);
    if (otel_context_is_sampled(&span->context)) {
        open = &slot->open_spans[span - record_thread.spans];
        span->role = SPAN_CHILD;
        span->place = (struct record_place){ &open->used, open->bytes, sizeof open->bytes };
        record_begin(span, scope, name, kind);
    } else {
        span->role = SPAN_SAMPLED_OUT;
    }
    if (is_attached)
        context_enter(current, &span->context);
    return span;
}

static struct otel_span *span_start(enum record_scope scope, struct otel_str name,
                                    enum otel_span_kind kind, uint64_t start_ns, bool is_attached)
{
    const struct otel_context *parent = &record_thread.current;
    struct otel_span *span = NULL;

    if (!record_process.segment || !record_config()->records_traces ||
        context_is_unobserved(parent))
        return &span_noop;
    if (context_has_trace(parent) &&
        !sampler_decides(&record_config()->sampling, sampler_parent(parent), parent->trace_id))
        return &span_sampled_out;
    if (!thread_enter()) {
        count_shared(&record_process.segment->header.no_slot_spans);
        return &span_noop;
    }
    span = span_open(scope, name, kind, start_ns, is_attached);
    thread_leave();
    return span;
}

struct otel_span *otel_span_start(struct otel_str name, enum otel_span_kind kind)
{
    return span_start(RECORD_SCOPE_APPLICATION, name, kind, 0, true);
}

struct otel_span *record_span_start(enum record_scope scope, struct otel_str name,
                                    enum otel_span_kind kind, uint64_t start_ns)
{
    return span_start(scope, name, kind, start_ns, true);
}

static void attributes_put(const struct otel_span *span, const struct otel_attribute *attributes,
                           size_t count)
{
    if (span->role != SPAN_CHILD || count == 0 || !thread_enter())
        return;
    for (size_t i = 0; i < count; i++)
        span_place_attribute(&span->place, &attributes[i]);
    thread_leave();
}

struct otel_span *record_span_start_detached(enum record_scope scope, struct otel_str name,
                                             enum otel_span_kind kind,
                                             const struct otel_attribute *attributes, size_t count)
{
    struct otel_span *span = span_start(scope, name, kind, 0, false);

    attributes_put(span, attributes, count);
    return span;
}

struct otel_span *otel_span_start_with(const struct otel_span_options *options)
{
    struct otel_span *span = otel_span_start(options->name, options->kind);

    if (span->role != SPAN_CHILD)
        return span;
    if (options->start_ns) {
        record_of(&span->place)->start_ns = options->start_ns;
        span->started_ns = options->start_ns - (uint64_t)span->context.clock_offset_ns;
    }
    attributes_put(span, options->attributes, options->attribute_count);
    for (size_t i = 0; i < options->link_count; i++)
        otel_span_add_link(span, &options->links[i].context, options->links[i].attributes,
                           options->links[i].count);
    return span;
}

/* --- end -------------------------------------------------------------------------------------- */

static bool is_current(const struct otel_span *span)
{
    return memcmp(record_thread.current.span_id, span->context.span_id,
                  sizeof span->context.span_id) == 0;
}

/* end_ns 0: now. */
static void span_end(struct otel_span *span, uint64_t end_ns)
{
    enum span_role role = span ? span->role : SPAN_NONE;
    bool has_slot = false;

    if (role != SPAN_CHILD && role != SPAN_SAMPLED_OUT)
        return;
    has_slot = thread_enter(); /* first: from here on no signal handler takes the handle */
    if (span->is_attached && is_current(span))
        record_thread.current = span->previous;
    if (role == SPAN_CHILD && !has_slot)
        place_clear(&span->place);
    else if (role == SPAN_CHILD)
        span_place_end(record_thread.slot, &span->place,
                       end_ns ? end_ns : context_now_ns(&span->context));
    else if (has_slot)
        span_count_sampled_out(record_thread.slot);
    if (span != &span_sampled_out)
        span->role = SPAN_NONE;
    if (has_slot)
        thread_leave();
}

void otel_span_end(struct otel_span *span)
{
    span_end(span, 0);
}

void otel_span_end_at(struct otel_span *span, uint64_t end_ns)
{
    span_end(span, end_ns);
}

uint64_t record_span_age_ns(const struct otel_span *span)
{
    if (!span || span->role == SPAN_NONE || !span->started_ns)
        return 0;
    return clock_monotonic_ns() - span->started_ns;
}

/* --- what a program says about a span --------------------------------------------------------- */

/* The place to write to, NULL when there is nothing to record. Each non-NULL is followed by one
 * thread_leave. */
static inline const struct record_place *span_enter(struct otel_span *span)
{
    bool is_recording = span && (span->role == SPAN_CHILD || otel_span_is_recording(span));

    return is_recording && thread_enter() ? &span->place : NULL;
}

struct otel_context otel_span_context(const struct otel_span *span)
{
    if (span && span->role != SPAN_NONE && context_has_trace(&span->context))
        return span->context;
    return record_thread.current;
}

bool otel_span_is_recording(const struct otel_span *span)
{
    if (!span)
        return false;
    if (span->role == SPAN_REQUEST)
        return request_at(record_process.segment, span->context.request - 1u,
                          span->context.request_generation, record_process.pid) != NULL;
    return span->role == SPAN_CHILD;
}

__attribute__((always_inline)) static inline void span_set(struct otel_span *span,
                                                           const struct otel_attribute *attribute)
{
    const struct record_place *place = span_enter(span);

    if (!place)
        return;
    attribute_put(place, RECORD_ITEM_ATTRIBUTE, attribute);
    thread_leave();
}

void otel_span_set_string(struct otel_span *span, struct otel_key key, struct otel_str value)
{
    const struct otel_attribute attribute = otel_attribute_string(key, value);

    span_set(span, &attribute);
}

void otel_span_set_int(struct otel_span *span, struct otel_key key, int64_t value)
{
    const struct otel_attribute attribute = otel_attribute_int(key, value);

    span_set(span, &attribute);
}

void otel_span_set_double(struct otel_span *span, struct otel_key key, double value)
{
    const struct otel_attribute attribute = otel_attribute_double(key, value);

    span_set(span, &attribute);
}

void otel_span_set_bool(struct otel_span *span, struct otel_key key, bool value)
{
    const struct otel_attribute attribute = otel_attribute_bool(key, value);

    span_set(span, &attribute);
}

void otel_span_update_name(struct otel_span *span, struct otel_str name)
{
    const struct record_place *place = span_enter(span);

    if (!place)
        return;
    span_place_text(place, RECORD_ITEM_NAME, name);
    thread_leave();
}

void otel_span_set_status(struct otel_span *span, enum otel_span_status status,
                          struct otel_str description)
{
    const struct record_place *place = span_enter(span);

    if (!place)
        return;
    span_place_status(place, status, description);
    thread_leave();
}

/* False when the event itself did not fit (counted). */
static bool event_put(const struct record_place *place, struct otel_str name, uint64_t time_ns,
                      const struct otel_attribute *attributes, size_t count)
{
    const size_t key_length_max = UINT16_MAX;
    struct attribute_item item;
    struct otel_attribute event;

    if (name.length > key_length_max)
        name.length = record_text_fit(name.data, name.length, key_length_max);
    event = otel_attribute_int((struct otel_key){ name.data, (uint16_t)name.length, 0 },
                               (int64_t)time_ns);
    if (!attribute_item_init(&item, RECORD_ITEM_EVENT, &event, 0) || !item_put(place, &item)) {
        record_of(place)->dropped_events++;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        attribute_put(place, RECORD_ITEM_EVENT_ATTRIBUTE, &attributes[i]);
    return true;
}

void otel_span_add_event_at(struct otel_span *span, struct otel_str name, uint64_t time_ns,
                            const struct otel_attribute *attributes, size_t count)
{
    const struct record_place *place = span_enter(span);

    if (!place)
        return;
    /* What did not fit is counted. */
    (void)event_put(place, name, time_ns ? time_ns : context_now_ns(&span->context), attributes,
                    count);
    thread_leave();
}

void otel_span_add_event(struct otel_span *span, struct otel_str name,
                         const struct otel_attribute *attributes, size_t count)
{
    otel_span_add_event_at(span, name, 0, attributes, count);
}

void otel_span_record_exception(struct otel_span *span, struct otel_str type,
                                struct otel_str message)
{
    const struct record_place *place = span_enter(span);
    uint64_t frames[SEGMENT_STACK_FRAMES];
    const struct otel_attribute attributes[] = {
        otel_attribute_string(OTEL_EXCEPTION_TYPE, type),
        otel_attribute_string(OTEL_EXCEPTION_MESSAGE, message),
    };
    struct record_item_source stack = {
        .kind = RECORD_ITEM_STACK,
        .type = RECORD_VALUE_STACK,
        .value = frames,
    };

    if (!place)
        return;
    if (event_put(place, OTEL_STR("exception"), context_now_ns(&span->context), attributes, 2)) {
        size_t count = stack_capture(frames, SEGMENT_STACK_FRAMES, __builtin_return_address(0));

        stack.value_length = (uint32_t)(count * sizeof frames[0]);
        if (count > 0 && !place_put(place, &stack))
            span_place_count_cut();
    }
    thread_leave();
}

void otel_span_add_link(struct otel_span *span, const struct otel_context *linked,
                        const struct otel_attribute *attributes, size_t count)
{
    uint8_t bytes[sizeof linked->trace_id + sizeof linked->span_id + sizeof linked->trace_flags];
    const struct record_place *place = linked ? span_enter(span) : NULL;
    const struct record_item_source link = {
        .kind = RECORD_ITEM_LINK,
        .type = RECORD_VALUE_BYTES,
        .value = bytes,
        .value_length = sizeof bytes,
    };

    if (!place)
        return;
    memcpy(bytes, linked->trace_id, sizeof linked->trace_id);
    memcpy(bytes + sizeof linked->trace_id, linked->span_id, sizeof linked->span_id);
    bytes[sizeof bytes - 1] = linked->trace_flags;
    if (place_put(place, &link)) {
        for (size_t i = 0; i < count; i++)
            attribute_put(place, RECORD_ITEM_LINK_ATTRIBUTE, &attributes[i]);
    } else {
        record_of(place)->dropped_links++;
        span_place_count_cut();
    }
    thread_leave();
}
