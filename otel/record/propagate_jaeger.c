#include "record/propagate_jaeger.h"
#include "record/hex.h"
#include "record/ows.h"
#include "record/propagate_baggage.h"

#define FLAG_SAMPLED 1u
#define FLAG_DEBUG 2u
#define HEADER_BYTES_MAX 256 /* three times what the longest plain one has */

/* The fields lie in the text. */
struct fields {
    struct otel_str trace_id;
    struct otel_str span_id;
    struct otel_str parent_id;
    struct otel_str flags;
};

static bool fields_split(struct otel_str text, struct fields *out)
{
    struct otel_str *const fields[] = { &out->trace_id, &out->span_id, &out->parent_id,
                                        &out->flags };
    size_t field = 0;

    *out = (struct fields){ .trace_id = { text.data, 0 } };
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != ':')
            fields[field]->length++;
        else if (++field == sizeof fields / sizeof fields[0])
            return false;
        else
            fields[field]->data = text.data + i + 1;
    }
    return field + 1 == sizeof fields / sizeof fields[0];
}

/* "0", which says that there is none, or an id. */
static bool parent_is_good(struct otel_str digits)
{
    bool is_good = digits.length >= 1 && digits.length <= 16;

    for (size_t i = 0; i < digits.length; i++)
        is_good &= hex_value(digits.data[i]) >= 0;
    return is_good;
}

static bool flags_read(struct otel_str digits, enum remote_sampling *out)
{
    unsigned flags = 0;

    if (digits.length < 1 || digits.length > 2)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        int value = hex_value(digits.data[i]);

        if (value < 0)
            return false;
        flags = flags << 4 | (unsigned)value;
    }
    *out = !(flags & FLAG_SAMPLED) ? REMOTE_NOT_SAMPLED
           : flags & FLAG_DEBUG    ? REMOTE_DEBUG
                                   : REMOTE_SAMPLED;
    return true;
}

bool uber_trace_id_parse(struct otel_str header, struct remote_parent *out)
{
    struct otel_str text = ows_trim(header);
    struct remote_parent parsed = { .sampling = REMOTE_DEFERRED };
    char plain[HEADER_BYTES_MAX];
    size_t length = 0;
    struct fields fields;

    if (text.length > sizeof plain)
        return false;
    for (size_t at = 0; at < text.length;)
        plain[length++] = percent_byte_next(text, &at);
    if (!fields_split((struct otel_str){ plain, length }, &fields) ||
        !hex_read_id(fields.trace_id, parsed.context.trace_id, sizeof parsed.context.trace_id) ||
        !hex_read_id(fields.span_id, parsed.context.span_id, sizeof parsed.context.span_id) ||
        !parent_is_good(fields.parent_id) || !flags_read(fields.flags, &parsed.sampling))
        return false;
    remote_parent_settle(&parsed);
    *out = parsed;
    return true;
}

static void extract(const struct incoming *incoming, struct propagated *out)
{
    struct remote_parent parent;

    if (uber_trace_id_parse(incoming_header(incoming, OTEL_STR("HTTP_UBER_TRACE_ID")), &parent))
        propagated_set(out, &parent);
    baggage_extract_prefixed(incoming, OTEL_STR("HTTP_UBERCTX_"), true, out);
}

static void inject(const struct outgoing *outgoing, struct header_list *out)
{
    const struct otel_context *context = outgoing->context;
    char value[32 + 1 + 16 + sizeof ":0:1"];
    char *end = hex_put(value, context->trace_id, sizeof context->trace_id);
    const char *rest = outgoing->is_debug                 ? ":0:3"
                       : otel_context_is_sampled(context) ? ":0:1"
                                                          : ":0:0";

    *end++ = ':';
    end = hex_put(end, context->span_id, sizeof context->span_id);
    memcpy(end, rest, sizeof ":0:1");
    header_list_put(out, OTEL_STR("uber-trace-id"), otel_str(value));
    baggage_inject_prefixed(outgoing, OTEL_STR("uberctx-"), true, out);
}

const struct propagator propagator_jaeger = { extract, inject };
