#include "record/propagate_xray.h"
#include "record/hex.h"
#include "record/ows.h"

#define TIME_DIGITS 8
#define UNIQUE_DIGITS 24
#define SPAN_DIGITS 16
#define ROOT_LENGTH (2 + TIME_DIGITS + 1 + UNIQUE_DIGITS) /* "1-", and a dash between */

/* 1-<8 hex>-<24 hex> */
static bool root_read(struct otel_str root, uint8_t trace_id[16])
{
    char digits[TIME_DIGITS + UNIQUE_DIGITS];

    if (root.length != ROOT_LENGTH || memcmp(root.data, "1-", 2) != 0 ||
        root.data[2 + TIME_DIGITS] != '-')
        return false;
    memcpy(digits, root.data + 2, TIME_DIGITS);
    memcpy(digits + TIME_DIGITS, root.data + 2 + TIME_DIGITS + 1, UNIQUE_DIGITS);
    return hex_read_id((struct otel_str){ digits, sizeof digits }, trace_id, 16);
}

static bool sampled_read(struct otel_str text, enum remote_sampling *out)
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
    case '?':
        *out = REMOTE_DEFERRED;
        return true;
    }
    return false;
}

/* Each of them once. */
struct seen {
    bool root;
    bool parent;
    bool sampled;
};

/* False when the field is one of ours and wrong. */
static bool field_read(struct otel_str field, struct seen *seen, struct remote_parent *out)
{
    const char *equals = field.length ? memchr(field.data, '=', field.length) : NULL;
    struct otel_str name = { field.data, equals ? (size_t)(equals - field.data) : field.length };
    struct otel_str value = { NULL, 0 };
    bool *is_seen = NULL;

    if (name.length == 4 && memcmp(name.data, "Root", 4) == 0)
        is_seen = &seen->root;
    else if (name.length == 6 && memcmp(name.data, "Parent", 6) == 0)
        is_seen = &seen->parent;
    else if (name.length == 7 && memcmp(name.data, "Sampled", 7) == 0)
        is_seen = &seen->sampled;
    else
        return true;
    if (equals)
        value = (struct otel_str){ equals + 1, field.length - name.length - 1 };
    if (*is_seen)
        return false;
    *is_seen = true;
    if (is_seen == &seen->root)
        return root_read(value, out->context.trace_id);
    if (is_seen == &seen->parent)
        return value.length == SPAN_DIGITS &&
               hex_read_id(value, out->context.span_id, sizeof out->context.span_id);
    return sampled_read(value, &out->sampling);
}

bool xray_parse(struct otel_str header, struct remote_parent *out)
{
    struct remote_parent parsed = { .sampling = REMOTE_DEFERRED };
    struct seen seen = { .root = false };
    struct otel_str rest = header;

    while (rest.length) {
        const char *semicolon = memchr(rest.data, ';', rest.length);
        size_t length = semicolon ? (size_t)(semicolon - rest.data) : rest.length;

        if (!field_read(ows_trim((struct otel_str){ rest.data, length }), &seen, &parsed))
            return false;
        length += semicolon != NULL;
        rest.data += length;
        rest.length -= length;
    }
    if (!seen.root || !seen.parent)
        return false;
    remote_parent_settle(&parsed);
    *out = parsed;
    return true;
}

static void extract(const struct incoming *incoming, struct propagated *out)
{
    struct remote_parent parent;

    if (xray_parse(incoming_header(incoming, OTEL_STR("HTTP_X_AMZN_TRACE_ID")), &parent))
        propagated_set(out, &parent);
}

static char *text_put(char *out, const char *text)
{
    size_t length = strlen(text);

    memcpy(out, text, length);
    return out + length;
}

static void inject(const struct outgoing *outgoing, struct header_list *out)
{
    const struct otel_context *context = outgoing->context;
    const size_t time_bytes = TIME_DIGITS / 2;
    char value[sizeof "Root=;Parent=;Sampled=1" + ROOT_LENGTH + SPAN_DIGITS];
    char *end = text_put(value, "Root=1-");

    end = hex_put(end, context->trace_id, time_bytes);
    *end++ = '-';
    end = hex_put(end, context->trace_id + time_bytes, sizeof context->trace_id - time_bytes);
    end = text_put(end, ";Parent=");
    end = hex_put(end, context->span_id, sizeof context->span_id);
    end = text_put(end, otel_context_is_sampled(context) ? ";Sampled=1" : ";Sampled=0");
    header_list_put(out, OTEL_STR("x-amzn-trace-id"),
                    (struct otel_str){ value, (size_t)(end - value) });
}

const struct propagator propagator_xray = { extract, inject };
