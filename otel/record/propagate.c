#include "record/propagate.h"
#include "record/context_state.h"

/* In the order of enum segment_propagator; the first is the end of a list. */
static const struct propagator *const PROPAGATORS[SEGMENT_PROPAGATOR_COUNT] = {
    [SEGMENT_PROPAGATOR_TRACECONTEXT] = &propagator_tracecontext,
    [SEGMENT_PROPAGATOR_BAGGAGE] = &propagator_baggage,
    [SEGMENT_PROPAGATOR_B3] = &propagator_b3,
    [SEGMENT_PROPAGATOR_B3MULTI] = &propagator_b3multi,
    [SEGMENT_PROPAGATOR_JAEGER] = &propagator_jaeger,
    [SEGMENT_PROPAGATOR_XRAY] = &propagator_xray,
    [SEGMENT_PROPAGATOR_OTTRACE] = &propagator_ottrace,
};

/* The configuration lies in the segment: a number that means nothing is left out. */
static const struct propagator *propagator_at(const uint8_t *propagators, size_t i)
{
    return propagators[i] < SEGMENT_PROPAGATOR_COUNT ? PROPAGATORS[propagators[i]] : NULL;
}

/* --- in --------------------------------------------------------------------------------------- */

struct otel_str incoming_header(const struct incoming *incoming, struct otel_str param)
{
    struct otel_str found = { NULL, 0 };

    for (char *const *text = incoming->texts; text && *text; text++) {
        if (strncmp(*text, param.data, param.length) != 0 || (*text)[param.length] != '=')
            continue;
        if (found.data)
            return (struct otel_str){ NULL, 0 };
        found = otel_str(*text + param.length + 1);
    }
    return found;
}

void propagated_set(struct propagated *out, const struct remote_parent *parent)
{
    out->parent = *parent;
    out->trace_state_length = 0;
}

void propagate_extract(const uint8_t propagators[SEGMENT_PROPAGATOR_COUNT],
                       const struct incoming *incoming, struct propagated *out)
{
    out->parent = (struct remote_parent){ .sampling = REMOTE_DEFERRED };
    out->is_cut = false;
    out->trace_state_length = 0;
    out->baggage_length = 0;
    for (size_t i = 0; i < SEGMENT_PROPAGATOR_COUNT && propagators[i]; i++) {
        const struct propagator *propagator = propagator_at(propagators, i);

        if (propagator && propagator->extract)
            propagator->extract(incoming, out);
    }
}

/* --- out -------------------------------------------------------------------------------------- */

/* A line break would begin another header. */
static bool has_control(struct otel_str text)
{
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = (uint8_t)text.data[i];

        if ((byte < ' ' && byte != '\t') || byte == 0x7f)
            return true;
    }
    return false;
}

void header_list_put(struct header_list *list, struct otel_str name, struct otel_str value)
{
    static const char separator[] = { ':', ' ' };
    size_t length = name.length + sizeof separator + value.length + 1;

    if (length >= list->size - list->used || has_control(name) || has_control(value)) {
        list->is_cut = true;
        return;
    }
    memcpy(list->out + list->used, name.data, name.length);
    memcpy(list->out + list->used + name.length, separator, sizeof separator);
    memcpy(list->out + list->used + name.length + sizeof separator, value.data, value.length);
    list->used += length;
    list->out[list->used - 1] = '\0';
    list->out[list->used] = '\0';
    list->count++;
}

size_t propagate_inject(const uint8_t propagators[SEGMENT_PROPAGATOR_COUNT],
                        const struct outgoing *outgoing, struct header_list *out)
{
    out->out[out->used] = '\0';
    for (size_t i = 0; i < SEGMENT_PROPAGATOR_COUNT && propagators[i]; i++) {
        const struct propagator *propagator = propagator_at(propagators, i);

        if (propagator && propagator->inject)
            propagator->inject(outgoing, out);
    }
    return out->count;
}
