#include "record/propagate_tracecontext.h"
#include "record/context_state.h"
#include "record/ows.h"

/* --- traceparent: 00-<32 hex>-<16 hex>-<2 hex> ------------------------------------------------ */

#define TRACEPARENT_LENGTH 55
#define TRACE_ID_AT 3
#define SPAN_ID_AT 36
#define FLAGS_AT 53
#define VERSION_FORBIDDEN 0xff

static int hex_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return -1;
}

/* Lower-case digits only. */
static bool hex_read(const char *text, uint8_t *out, size_t out_length)
{
    for (size_t i = 0; i < out_length; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_zero(const uint8_t *bytes, size_t length)
{
    uint8_t any = 0;

    for (size_t i = 0; i < length; i++)
        any |= bytes[i];
    return any == 0;
}

bool traceparent_parse(struct otel_str header, struct otel_context *out)
{
    struct otel_str text = ows_trim(header);
    struct otel_context parsed = { .is_remote = true };
    uint8_t version = 0;

    if (text.length < TRACEPARENT_LENGTH || !hex_read(text.data, &version, 1) ||
        version == VERSION_FORBIDDEN)
        return false;
    /* Version 00 ends here; a later one may go on behind another dash. */
    if (text.length > TRACEPARENT_LENGTH && (version == 0 || text.data[TRACEPARENT_LENGTH] != '-'))
        return false;
    if (text.data[TRACE_ID_AT - 1] != '-' || text.data[SPAN_ID_AT - 1] != '-' ||
        text.data[FLAGS_AT - 1] != '-')
        return false;
    if (!hex_read(text.data + TRACE_ID_AT, parsed.trace_id, sizeof parsed.trace_id) ||
        !hex_read(text.data + SPAN_ID_AT, parsed.span_id, sizeof parsed.span_id) ||
        !hex_read(text.data + FLAGS_AT, &parsed.trace_flags, 1))
        return false;
    if (is_zero(parsed.trace_id, sizeof parsed.trace_id) ||
        is_zero(parsed.span_id, sizeof parsed.span_id))
        return false;
    parsed.trace_flags &= TRACE_FLAG_SAMPLED | TRACE_FLAG_RANDOM;
    *out = parsed;
    return true;
}

/* --- tracestate ------------------------------------------------------------------------------- */

#define MEMBER_KEY_MAX 256
#define MEMBER_VALUE_MAX 256
#define MEMBER_LONG 128 /* when it is too much, members longer than this go first */

static bool is_key_start(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
}

static bool key_is_good(const char *key, size_t length)
{
    if (length == 0 || length > MEMBER_KEY_MAX || !is_key_start(key[0]))
        return false;
    for (size_t i = 1; i < length; i++)
        if (!is_key_start(key[i]) && !memchr("_-*/@", key[i], 5))
            return false;
    return true;
}

static bool value_is_good(const char *value, size_t length)
{
    if (length == 0 || length > MEMBER_VALUE_MAX || value[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (value[i] < 0x20 || value[i] > 0x7E || value[i] == ',' || value[i] == '=')
            return false;
    return true;
}

static bool member_is_good(struct otel_str member)
{
    const char *equals = memchr(member.data, '=', member.length);
    size_t key_length = equals ? (size_t)(equals - member.data) : 0;

    return equals && key_is_good(member.data, key_length) &&
           value_is_good(equals + 1, member.length - key_length - 1);
}

static void member_add(struct tracestate *state, struct otel_str member)
{
    if (member.length == 0)
        return;
    if (state->count == TRACESTATE_MEMBERS_MAX || !member_is_good(member))
        state->is_bad = true;
    else
        state->members[state->count++] = member;
}

void tracestate_add(struct tracestate *state, struct otel_str header)
{
    const char *end = header.data + header.length;
    const char *start = header.data;

    while (start < end && !state->is_bad) {
        const char *comma = memchr(start, ',', (size_t)(end - start));
        const char *member_end = comma ? comma : end;

        member_add(state, ows_trim((struct otel_str){ start, (size_t)(member_end - start) }));
        start = member_end + 1;
    }
}

/* Length of the list of the members that are kept, commas included. */
static size_t list_length(const struct tracestate *state, const bool *is_kept)
{
    size_t length = 0;

    for (size_t i = 0; i < state->count; i++)
        if (is_kept[i])
            length += state->members[i].length + (length ? 1 : 0);
    return length;
}

/* From the right: the left-most are the youngest. */
static void members_drop(const struct tracestate *state, bool *is_kept, size_t longer_than)
{
    for (size_t i = state->count; i-- > 0;) {
        if (list_length(state, is_kept) <= TRACESTATE_BYTES_MAX)
            return;
        if (state->members[i].length > longer_than)
            is_kept[i] = false;
    }
}

size_t tracestate_write(const struct tracestate *state, char out[TRACESTATE_BYTES_MAX])
{
    bool is_kept[TRACESTATE_MEMBERS_MAX];
    size_t used = 0;

    if (state->is_bad)
        return 0;
    memset(is_kept, true, sizeof is_kept);
    members_drop(state, is_kept, MEMBER_LONG);
    members_drop(state, is_kept, 0);
    for (size_t i = 0; i < state->count; i++) {
        if (!is_kept[i])
            continue;
        if (used)
            out[used++] = ',';
        memcpy(out + used, state->members[i].data, state->members[i].length);
        used += state->members[i].length;
    }
    return used;
}

/* --- the propagator --------------------------------------------------------------------------- */

static size_t trace_state_read(const struct param_list *headers, char out[TRACESTATE_BYTES_MAX])
{
    struct tracestate state = { .count = 0 };

    for (size_t i = 0; i < headers->count; i++)
        tracestate_add(&state, headers->values[i]);
    if (headers->has_more)
        state.is_bad = true;
    return tracestate_write(&state, out);
}

static void extract(const struct incoming *incoming, struct propagated *out)
{
    const struct params *params = incoming->params;
    struct remote_parent parent;

    /* Two traceparents: nobody can tell which one is meant. */
    if (params->traceparent.count != 1 ||
        !traceparent_parse(params->traceparent.values[0], &parent.context))
        return;
    parent.sampling =
        otel_context_is_sampled(&parent.context) ? REMOTE_SAMPLED : REMOTE_NOT_SAMPLED;
    propagated_set(out, &parent);
    if (params->tracestate.count)
        out->trace_state_length = trace_state_read(&params->tracestate, out->trace_state);
}

static void inject(const struct outgoing *outgoing, struct header_list *out)
{
    char value[OTEL_TRACEPARENT_SIZE];

    otel_context_traceparent(outgoing->context, value);
    header_list_put(out, OTEL_STR("traceparent"), otel_str(value));
    if (outgoing->trace_state.length)
        header_list_put(out, OTEL_STR("tracestate"), outgoing->trace_state);
}

const struct propagator propagator_tracecontext = { extract, inject };
