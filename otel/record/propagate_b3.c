#include "record/propagate_b3.h"
#include "record/hex.h"
#include "record/ows.h"

#include <strings.h>

#define SHORT_DIGITS 16 /* a trace id of 64 bits, and a span id */
#define LONG_DIGITS 32

/* --- in --------------------------------------------------------------------------------------- */

static bool ids_read(struct otel_str trace_id, struct otel_str span_id, struct otel_context *out)
{
    return (trace_id.length == SHORT_DIGITS || trace_id.length == LONG_DIGITS) &&
           span_id.length == SHORT_DIGITS &&
           hex_read_id(trace_id, out->trace_id, sizeof out->trace_id) &&
           hex_read_id(span_id, out->span_id, sizeof out->span_id);
}

static bool state_read(struct otel_str text, enum remote_sampling *out)
{
    if (text.length != 1)
        return false;
    switch (text.data[0]) {
    case '0':
        *out = REMOTE_NOT_SAMPLED;
        return true;
    case '1':
        *out = REMOTE_SAMPLED;
        return true;
    case 'd':
        *out = REMOTE_DEBUG;
        return true;
    }
    return false;
}

static bool is_span_id(struct otel_str text)
{
    uint8_t id[8];

    return text.length == SHORT_DIGITS && hex_read_id(text, id, sizeof id);
}

bool b3_parse(struct otel_str header, struct remote_parent *out)
{
    enum { TRACE, SPAN, STATE, PARENT, FIELDS };
    struct otel_str text = ows_trim(header);
    struct otel_str fields[FIELDS] = { { text.data, 0 } };
    struct remote_parent parsed = { .sampling = REMOTE_DEFERRED };
    size_t field = TRACE;

    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '-')
            fields[field].length++;
        else if (++field == FIELDS)
            return false;
        else
            fields[field].data = text.data + i + 1;
    }
    if (field == TRACE) {
        if (!state_read(text, &parsed.sampling))
            return false;
    } else if (!ids_read(fields[TRACE], fields[SPAN], &parsed.context) ||
               (field >= STATE && !state_read(fields[STATE], &parsed.sampling)) ||
               (field == PARENT && !is_span_id(fields[PARENT]))) {
        return false;
    }
    remote_parent_settle(&parsed);
    *out = parsed;
    return true;
}

static bool word_is(struct otel_str text, struct otel_str word)
{
    return text.length == word.length && strncasecmp(text.data, word.data, word.length) == 0;
}

static bool sampled_read(struct otel_str text, enum remote_sampling *out)
{
    if (word_is(text, OTEL_STR("1")) || word_is(text, OTEL_STR("true")))
        *out = REMOTE_SAMPLED;
    else if (word_is(text, OTEL_STR("0")) || word_is(text, OTEL_STR("false")))
        *out = REMOTE_NOT_SAMPLED;
    else
        return false;
    return true;
}

bool b3_multi_parse(const struct b3_headers *headers, struct remote_parent *out)
{
    struct remote_parent parsed = { .sampling = REMOTE_DEFERRED };
    bool has_ids = headers->trace_id.data || headers->span_id.data;

    if (has_ids &&
        !ids_read(ows_trim(headers->trace_id), ows_trim(headers->span_id), &parsed.context))
        return false;
    if (headers->sampled.data && !sampled_read(ows_trim(headers->sampled), &parsed.sampling))
        return false;
    if (word_is(ows_trim(headers->flags), OTEL_STR("1")))
        parsed.sampling = REMOTE_DEBUG;
    if (!has_ids && parsed.sampling == REMOTE_DEFERRED)
        return false;
    remote_parent_settle(&parsed);
    *out = parsed;
    return true;
}

static void extract(const struct incoming *incoming, struct propagated *out)
{
    struct otel_str single = incoming_header(incoming, OTEL_STR("HTTP_B3"));
    struct remote_parent parent;

    if (b3_parse(single, &parent)) {
        propagated_set(out, &parent);
        return;
    }
    const struct b3_headers headers = {
        .trace_id = incoming_header(incoming, OTEL_STR("HTTP_X_B3_TRACEID")),
        .span_id = incoming_header(incoming, OTEL_STR("HTTP_X_B3_SPANID")),
        .sampled = incoming_header(incoming, OTEL_STR("HTTP_X_B3_SAMPLED")),
        .flags = incoming_header(incoming, OTEL_STR("HTTP_X_B3_FLAGS")),
    };

    if (b3_multi_parse(&headers, &parent))
        propagated_set(out, &parent);
}

/* --- out -------------------------------------------------------------------------------------- */

static bool is_sampled(const struct outgoing *outgoing)
{
    return otel_context_is_sampled(outgoing->context);
}

static void inject_single(const struct outgoing *outgoing, struct header_list *out)
{
    const struct otel_context *context = outgoing->context;
    char value[LONG_DIGITS + 1 + SHORT_DIGITS + 2];
    char *end = hex_put(value, context->trace_id, sizeof context->trace_id);

    *end++ = '-';
    end = hex_put(end, context->span_id, sizeof context->span_id);
    *end++ = '-';
    *end++ = outgoing->is_debug ? 'd' : is_sampled(outgoing) ? '1' : '0';
    header_list_put(out, OTEL_STR("b3"), (struct otel_str){ value, (size_t)(end - value) });
}

static void inject_multi(const struct outgoing *outgoing, struct header_list *out)
{
    const struct otel_context *context = outgoing->context;
    char trace_id[LONG_DIGITS];
    char span_id[SHORT_DIGITS];

    (void)hex_put(trace_id, context->trace_id, sizeof context->trace_id);
    (void)hex_put(span_id, context->span_id, sizeof context->span_id);
    header_list_put(out, OTEL_STR("x-b3-traceid"), (struct otel_str){ trace_id, sizeof trace_id });
    header_list_put(out, OTEL_STR("x-b3-spanid"), (struct otel_str){ span_id, sizeof span_id });
    if (outgoing->is_debug) /* which implies that it is sampled */
        header_list_put(out, OTEL_STR("x-b3-flags"), OTEL_STR("1"));
    else
        header_list_put(out, OTEL_STR("x-b3-sampled"), otel_str(is_sampled(outgoing) ? "1" : "0"));
}

const struct propagator propagator_b3 = { extract, inject_single };
const struct propagator propagator_b3multi = { extract, inject_multi };
