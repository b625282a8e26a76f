/*
 * The SERVER span of a request: from the parameters that open it to the end that sends it. It
 * lies in the table of open requests, not in a thread's slot, because a request may be finished
 * by another thread than the one that began it.
 */
#include "otel/request.h"
#include "base/clock.h"
#include "otel/semconv.h"
#include "record/carried.h"
#include "record/context_state.h"
#include "record/hook_entry.h"
#include "record/ids.h"
#include "record/meter.h"
#include "record/propagate.h"
#include "record/request_attributes.h"
#include "record/sampler.h"
#include "record/tracer.h"
#include "segment/count.h"
#include "segment/slot.h"

#define STATUS_MIN 100
#define STATUS_MAX 999
#define STATUS_ERROR 500 /* from here on the server failed; 4xx is the client's error */

/* Kept back for what is said at the end: status code, error type, a late route with its name. */
#define END_BYTES 512

/* --- finding it ------------------------------------------------------------------------------- */

static struct segment_request *request_of_key(uint64_t key)
{
    return record_process.segment ? request_find(record_process.segment, record_process.pid, key)
                                  : NULL;
}

static uint16_t place_number(const struct segment_request *request)
{
    return (uint16_t)(request - record_process.segment->requests + 1);
}

/* The record's room: what is carried on lies at its far end. */
static struct record_place place_of(struct segment_request *request)
{
    return (struct record_place){
        .used = &request->used,
        .bytes = request->bytes,
        .capacity = (SEGMENT_REQUEST_BYTES - carried_bytes(request)) & ~(size_t)7,
    };
}

/* The same without the room that the end needs. */
static struct record_place place_of_middle(struct segment_request *request)
{
    struct record_place place = place_of(request);

    place.capacity -= place.capacity < END_BYTES ? place.capacity : END_BYTES;
    return place;
}

/* --- begin ------------------------------------------------------------------------------------ */

/* What the caller's word counts as to the sampler. */
static enum segment_parent parent_of(const struct remote_parent *parent)
{
    switch (parent->sampling) {
    case REMOTE_DEFERRED:
        return SEGMENT_PARENT_NONE;
    case REMOTE_NOT_SAMPLED:
        return SEGMENT_PARENT_REMOTE_NOT_SAMPLED;
    case REMOTE_SAMPLED:
    case REMOTE_DEBUG:
        return SEGMENT_PARENT_REMOTE_SAMPLED;
    }
    return SEGMENT_PARENT_NONE;
}

/* A child of the parent or a fresh trace; the span's id and the decision of the sampler. */
static struct otel_context span_context(struct segment_slot *slot,
                                        const struct remote_parent *parent, uint64_t now_ns)
{
    const struct segment_config *config = record_config();
    struct otel_context context;

    if (context_has_trace(&parent->context)) {
        context = parent->context;
        context.clock_offset_ns = (int64_t)(clock_wall_ns() - now_ns);
        if (!config->records_traces) /* no span of ours: what goes out names the caller's */
            return context;
        context.is_remote = false;
        context.trace_flags &= (uint8_t)~TRACE_FLAG_SAMPLED;
        if (sampler_decides(&config->sampling, parent_of(parent), context.trace_id))
            context.trace_flags |= TRACE_FLAG_SAMPLED;
    } else {
        span_root_context(slot, parent_of(parent), now_ns, &context);
        if (!config->records_traces)
            context.trace_flags &= (uint8_t)~TRACE_FLAG_SAMPLED;
    }
    ids_span(slot, context.span_id);
    return context;
}

static void name_put(const struct segment_request *request, const struct record_place *place)
{
    char name[REQUEST_NAME_SIZE];

    span_place_text(place, RECORD_ITEM_NAME,
                    (struct otel_str){ name, request_name_write(request, name) });
}

static void record_begin(struct segment_request *request, const struct otel_context *context,
                         const struct otel_context *parent, const struct params *params,
                         char *const *texts)
{
    const struct record_place place = place_of_middle(request);

    span_place_begin(&place, RECORD_SCOPE_FCGI, OTEL_SPAN_SERVER, context, parent,
                     request->started_ns);
    if (request->trace_state_bytes)
        span_place_text(&place, RECORD_ITEM_TRACE_STATE, carried_trace_state(request));
    name_put(request, &place);
    request_attributes_put(request, params, &place);
    if (headers_request_put(&record_process.request_headers, texts, &place))
        span_place_count_cut();
}

/* Under thread_enter. The context of the request, or of one that is not observed. */
static struct otel_context request_open(struct segment_request *request,
                                        const struct params *params, char *const *texts)
{
    const struct incoming incoming = { params, texts };
    struct otel_context context = { .request = place_number(request) };
    struct propagated came;

    request->status_code = 0;
    request->is_status_final = false;
    request->error_type[0] = '\0';
    request->is_sampled = false;
    request->started_ns = clock_monotonic_ns();
    request->is_suppressed = params->first[PARAM_OTEL_SUPPRESS].length != 0;
    request_facts_read(request, params);
    propagate_extract(record_config()->propagators, &incoming, &came);
    carried_keep(request, &came);
    if (came.is_cut)
        span_place_count_cut();
    if (!request->is_suppressed) {
        context = span_context(record_thread.slot, &came.parent, request->started_ns);
        request->is_sampled = record_config()->records_traces && otel_context_is_sampled(&context);
        context.request = place_number(request);
    }
    request->clock_offset_ns = context.clock_offset_ns;
    context.request_generation = request_generation(request);
    if (request->is_sampled)
        record_begin(request, &context, &came.parent.context, params, texts);
    request_publish(request);
    return context;
}

void record_request_begin(uint64_t key, char *const *params)
{
    struct segment *segment = record_process.segment;
    struct segment_request *request = NULL;
    struct params read;

    if (!segment)
        return;
    record_request_end(key);
    record_thread.current = (struct otel_context){ .request = REQUEST_WITHOUT_PLACE };
    if (!thread_enter()) {
        count_shared(&segment->header.no_request_drops);
        return;
    }
    request = request_claim(segment, record_process.pid, key);
    if (request) {
        params_read(params, &read);
        record_thread.current = request_open(request, &read, params);
        slot_activity_set(record_thread.slot, OTEL_ACTIVITY_WORKING, record_thread.current.request,
                          request->started_ns);
    } else {
        count_shared(&segment->header.no_request_drops);
    }
    thread_leave();
}

/* --- while it is open ------------------------------------------------------------------------- */

static void status_set(struct segment_request *request, int status_code)
{
    if (status_code >= STATUS_MIN && status_code <= STATUS_MAX)
        request->status_code = (uint16_t)status_code;
}

void record_request_status(uint64_t key, int status_code)
{
    struct segment_request *request = request_of_key(key);

    if (request && !request->is_status_final)
        status_set(request, status_code);
}

void record_request_response_header(uint64_t key, struct otel_str name, struct otel_str value)
{
    int which = header_names_find(&record_process.response_headers, name);
    struct segment_request *request = which >= 0 ? request_of_key(key) : NULL;
    struct record_place place;

    if (!request || !request->is_sampled || !thread_enter())
        return;
    place = place_of_middle(request);
    if (headers_response_put(&record_process.response_headers, which, value, &place))
        span_place_count_cut();
    thread_leave();
}

struct otel_span *otel_request_span(void)
{
    struct segment_request *request = carried_request(&record_thread.current);

    if (!request || !request->is_sampled)
        return &span_noop;
    record_thread.request_span = (struct otel_span){
        .role = SPAN_REQUEST,
        .place = place_of_middle(request),
        .context = record_thread.current,
        .started_ns = request->started_ns,
    };
    return &record_thread.request_span;
}

void otel_request_set_status(int status_code)
{
    struct segment_request *request = carried_request(&record_thread.current);

    if (!request)
        return;
    status_set(request, status_code);
    request->is_status_final = true;
}

/* Copies to a field of the request, cut at a character. */
static void field_set(char *field, size_t size, struct otel_str text)
{
    size_t length = text.data ? record_text_fit(text.data, text.length, size - 1) : 0;

    if (length)
        memcpy(field, text.data, length);
    field[length] = '\0';
}

void otel_request_set_route(struct otel_str route)
{
    struct segment_request *request = carried_request(&record_thread.current);
    struct otel_attribute attribute;
    struct record_place place;

    if (!request || !route.length)
        return;
    attribute = otel_attribute_string(OTEL_HTTP_ROUTE, request_route_text(request));
    if (attribute.value.string.length == route.length &&
        memcmp(attribute.value.string.data, route.data, route.length) == 0)
        return;
    field_set(request->route, sizeof request->route, route);
    if (!request->is_sampled || !thread_enter())
        return;
    /* At once, so that the span of a crashed request has its name. */
    place = place_of(request);
    attribute.value.string = request_route_text(request);
    span_place_attribute(&place, &attribute);
    name_put(request, &place);
    thread_leave();
}

void otel_request_set_error(struct otel_str error_type)
{
    struct segment_request *request = carried_request(&record_thread.current);

    if (request)
        field_set(request->error_type, sizeof request->error_type, error_type);
}

void otel_request_activity(enum otel_activity activity)
{
    struct segment_request *request = carried_request(&record_thread.current);
    uint32_t number = request ? place_number(request) : 0;

    if (!thread_enter())
        return;
    if (!slot_activity_is(record_thread.slot, activity, number))
        slot_activity_set(record_thread.slot, activity, number, clock_monotonic_ns());
    thread_leave();
}

/* --- end -------------------------------------------------------------------------------------- */

static struct otel_str error_type_text(const struct segment_request *request)
{
    return (struct otel_str){ request->error_type,
                              strnlen(request->error_type, sizeof request->error_type) };
}

/* What the status says about failure, where the program did not say it itself. */
static void error_type_settle(struct segment_request *request)
{
    uint16_t code = request->status_code;
    const char digits[3] = { (char)('0' + code / 100 % 10), (char)('0' + code / 10 % 10),
                             (char)('0' + code % 10) };

    if (error_type_text(request).length)
        return;
    if (code == 0)
        field_set(request->error_type, sizeof request->error_type, OTEL_STR("no_response"));
    else if (code >= STATUS_ERROR)
        field_set(request->error_type, sizeof request->error_type,
                  (struct otel_str){ digits, sizeof digits });
}

static void span_finish(struct segment_request *request, uint64_t end_ns)
{
    const struct record_place place = place_of(request);
    struct otel_str error_type = error_type_text(request);
    struct otel_attribute attribute;

    if (request->status_code) {
        attribute = otel_attribute_int(OTEL_HTTP_RESPONSE_STATUS_CODE, request->status_code);
        span_place_attribute(&place, &attribute);
    }
    if (error_type.length) {
        attribute = otel_attribute_string(OTEL_ERROR_TYPE, error_type);
        span_place_attribute(&place, &attribute);
        span_place_status(&place, OTEL_SPAN_ERROR, (struct otel_str){ NULL, 0 });
    }
    span_place_end(record_thread.slot, &place, end_ns);
}

static void duration_measure(const struct segment_request *request,
                             const struct otel_context *context, uint64_t duration_ns,
                             uint64_t end_ns)
{
    struct otel_attribute attributes[6];
    struct otel_str version = { request->protocol_version,
                                strnlen(request->protocol_version,
                                        sizeof request->protocol_version) };
    size_t count = 0;

    if (!record_thread.request_duration || !record_config()->records_metrics)
        return;
    attributes[count++] =
        otel_attribute_string(OTEL_HTTP_REQUEST_METHOD, request_method_text(request));
    attributes[count++] = otel_attribute_string(OTEL_URL_SCHEME, request_scheme_text(request));
    if (request->status_code)
        attributes[count++] =
            otel_attribute_int(OTEL_HTTP_RESPONSE_STATUS_CODE, request->status_code);
    if (request->route[0])
        attributes[count++] = otel_attribute_string(OTEL_HTTP_ROUTE, request_route_text(request));
    if (request->error_type[0])
        attributes[count++] = otel_attribute_string(OTEL_ERROR_TYPE, error_type_text(request));
    if (version.length)
        attributes[count++] = otel_attribute_string(OTEL_NETWORK_PROTOCOL_VERSION, version);
    meter_record_double(record_thread.request_duration, context,
                        (double)duration_ns / (double)CLOCK_NS_PER_S, end_ns, attributes, count);
}

/* The span that an exemplar of the duration names; no trace when it was not sampled. */
static struct otel_context exemplar_context(const struct segment_request *request)
{
    const struct record_span *record = (const struct record_span *)(const void *)request->bytes;
    struct otel_context context = { .clock_offset_ns = request->clock_offset_ns };

    if (request->is_sampled) {
        memcpy(context.trace_id, record->trace_id, sizeof context.trace_id);
        memcpy(context.span_id, record->span_id, sizeof context.span_id);
        context.trace_flags = record->trace_flags;
    }
    return context;
}

/* Under thread_enter. */
static void request_finish(struct segment_request *request, uint64_t now_ns)
{
    const struct otel_context context = exemplar_context(request);
    uint64_t end_ns = now_ns + (uint64_t)request->clock_offset_ns;

    error_type_settle(request);
    if (request->is_sampled)
        span_finish(request, end_ns);
    else if (record_config()->records_traces)
        span_count_sampled_out(record_thread.slot);
    /* Last: of a process killed before, the launcher finds the request open and measures it; of
     * one killed behind, it would do so a second time. */
    duration_measure(request, &context, now_ns - request->started_ns, end_ns);
}

void record_request_end(uint64_t key)
{
    struct segment_request *request = request_of_key(key);
    const struct otel_context *current = &record_thread.current;

    if (!request) {
        if (current->request == REQUEST_WITHOUT_PLACE)
            record_thread.current = (struct otel_context){ .request = 0 };
        return;
    }
    if (current->request == place_number(request) &&
        current->request_generation == request_generation(request))
        record_thread.current = (struct otel_context){ .request = 0 };
    if (thread_enter()) {
        uint64_t now_ns = clock_monotonic_ns();

        if (!request->is_suppressed)
            request_finish(request, now_ns);
        if (slot_activity_is(record_thread.slot, OTEL_ACTIVITY_WORKING, place_number(request)))
            slot_activity_set(record_thread.slot, OTEL_ACTIVITY_IDLE, 0, now_ns);
        thread_leave();
    } else if (!request->is_suppressed) {
        count_shared(&record_process.segment->header.no_slot_spans);
    }
    request_free(request);
}
