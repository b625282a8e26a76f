#include "record/propagate_ottrace.h"
#include "record/hex.h"
#include "record/ows.h"
#include "record/propagate_baggage.h"

#include <strings.h>

#define LOW_BYTES 8 /* of a trace id, that go out */

bool ottrace_parse(const struct ottrace_headers *headers, struct remote_parent *out)
{
    struct otel_str sampled = ows_trim(headers->sampled);
    struct remote_parent parsed = { .sampling = REMOTE_DEFERRED };
    struct otel_context *context = &parsed.context;

    if (!hex_read_id(ows_trim(headers->trace_id), context->trace_id, sizeof context->trace_id) ||
        !hex_read_id(ows_trim(headers->span_id), context->span_id, sizeof context->span_id))
        return false;
    if (sampled.length == 4 && strncasecmp(sampled.data, "true", 4) == 0)
        parsed.sampling = REMOTE_SAMPLED;
    else if (sampled.length == 5 && strncasecmp(sampled.data, "false", 5) == 0)
        parsed.sampling = REMOTE_NOT_SAMPLED;
    else if (headers->sampled.data)
        return false;
    remote_parent_settle(&parsed);
    *out = parsed;
    return true;
}

static void extract(const struct incoming *incoming, struct propagated *out)
{
    const struct ottrace_headers headers = {
        .trace_id = incoming_header(incoming, OTEL_STR("HTTP_OT_TRACER_TRACEID")),
        .span_id = incoming_header(incoming, OTEL_STR("HTTP_OT_TRACER_SPANID")),
        .sampled = incoming_header(incoming, OTEL_STR("HTTP_OT_TRACER_SAMPLED")),
    };
    struct remote_parent parent;

    if (ottrace_parse(&headers, &parent))
        propagated_set(out, &parent);
    baggage_extract_prefixed(incoming, OTEL_STR("HTTP_OT_BAGGAGE_"), false, out);
}

static void inject(const struct outgoing *outgoing, struct header_list *out)
{
    const struct otel_context *context = outgoing->context;
    char trace_id[2 * LOW_BYTES];
    char span_id[2 * sizeof context->span_id];

    (void)hex_put(trace_id, context->trace_id + sizeof context->trace_id - LOW_BYTES, LOW_BYTES);
    (void)hex_put(span_id, context->span_id, sizeof context->span_id);
    header_list_put(out, OTEL_STR("ot-tracer-traceid"),
                    (struct otel_str){ trace_id, sizeof trace_id });
    header_list_put(out, OTEL_STR("ot-tracer-spanid"),
                    (struct otel_str){ span_id, sizeof span_id });
    header_list_put(out, OTEL_STR("ot-tracer-sampled"),
                    otel_str(otel_context_is_sampled(context) ? "true" : "false"));
    baggage_inject_prefixed(outgoing, OTEL_STR("ot-baggage-"), false, out);
}

const struct propagator propagator_ottrace = { extract, inject };
