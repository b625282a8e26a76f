#include "record/carried.h"
#include "otel/propagate.h"
#include "record/context_state.h"
#include "record/hook_entry.h"
#include "record/thread.h"
#include "record/tracer.h"
#include "segment/slot.h"

void carried_keep(struct segment_request *request, const struct propagated *came)
{
    uint8_t *end = request->bytes + sizeof request->bytes;

    request->baggage_bytes = (uint16_t)came->baggage_length;
    request->trace_state_bytes = (uint16_t)came->trace_state_length;
    request->is_debug = came->parent.sampling == REMOTE_DEBUG;
    if (came->baggage_length)
        memcpy(end - came->baggage_length, came->baggage, came->baggage_length);
    if (came->trace_state_length)
        memcpy(end - came->baggage_length - came->trace_state_length, came->trace_state,
               came->trace_state_length);
}

/* Somebody may have scribbled over the lengths. */
static bool is_whole(const struct segment_request *request)
{
    return request->baggage_bytes <= BAGGAGE_BYTES_MAX &&
           request->trace_state_bytes <= TRACESTATE_BYTES_MAX;
}

size_t carried_bytes(const struct segment_request *request)
{
    return is_whole(request) ? (size_t)request->baggage_bytes + request->trace_state_bytes
                             : sizeof request->bytes;
}

static struct otel_str text_before_end(const struct segment_request *request, size_t distance,
                                       size_t length)
{
    if (!is_whole(request))
        return (struct otel_str){ NULL, 0 };
    return (struct otel_str){ (const char *)request->bytes + sizeof request->bytes - distance,
                              length };
}

struct otel_str carried_trace_state(const struct segment_request *request)
{
    return text_before_end(request, (size_t)request->baggage_bytes + request->trace_state_bytes,
                           request->trace_state_bytes);
}

struct otel_str carried_baggage(const struct segment_request *request)
{
    return text_before_end(request, request->baggage_bytes, request->baggage_bytes);
}

struct segment_request *carried_request(const struct otel_context *context)
{
    if (!record_process.segment || !context->request)
        return NULL;
    return request_at(record_process.segment, context->request - 1u, context->request_generation,
                      record_process.pid);
}

size_t otel_inject(const struct otel_context *context, char *out, size_t size)
{
    const struct segment_config *config = record_config();
    const struct segment_request *request = carried_request(context);
    struct header_list list = { .out = out, .size = size };
    struct outgoing outgoing = { .context = context };

    if (size == 0)
        return 0;
    out[0] = '\0';
    if (!record_process.segment || !context_has_trace(context))
        return 0;
    /* A trace that nobody records, and that did not come from outside, is none of theirs. */
    if (!config->records_traces && !context->is_remote)
        return 0;
    if (request) {
        outgoing.is_debug = request->is_debug;
        outgoing.trace_state = carried_trace_state(request);
        outgoing.baggage = carried_baggage(request);
    }
    (void)propagate_inject(config->propagators, &outgoing, &list);
    if (list.is_cut)
        span_place_count_cut();
    return list.count;
}
