#include "record/headers.h"
#include "segment/check.h"

#define PARAM_PREFIX "HTTP_"
#define PARAM_PREFIX_LENGTH (sizeof PARAM_PREFIX - 1)
#define REQUEST_PREFIX "http.request.header."
#define RESPONSE_PREFIX "http.response.header."
#define KEY_BYTES_MAX (sizeof RESPONSE_PREFIX + SEGMENT_HEADERS_BYTES)
#define REDACTED OTEL_STR("[REDACTED]")
#define VALUES_BYTES_MAX 2048 /* of one header, all its values */

static char lower(char character)
{
    return character >= 'A' && character <= 'Z' ? (char)(character - 'A' + 'a') : character;
}

/* --- the configured names --------------------------------------------------------------------- */

static void names_add(struct header_names *out, const char *name, size_t length, size_t *used)
{
    bool is_secret = length > 0 && name[length - 1] == '=';

    length -= is_secret;
    if (length == 0 || out->count == HEADER_NAMES_MAX)
        return;
    out->is_secret[out->count] = is_secret;
    out->offsets[out->count] = (uint16_t)*used;
    out->lengths[out->count] = (uint16_t)length;
    out->count++;
    for (size_t i = 0; i < length; i++)
        out->text[(*used)++] = lower(name[i]);
}

void header_names_parse(struct header_names *out, const char *list, size_t list_size)
{
    char copy[SEGMENT_HEADERS_BYTES]; /* the list lies in the segment: it is looked at once */
    size_t length = 0;
    size_t used = 0;
    size_t start = 0;

    segment_text_copy(copy, sizeof copy, list, list_size);
    length = strlen(copy);
    *out = (struct header_names){ 0 };
    for (size_t i = 0; i <= length; i++) {
        size_t end = i;

        if (i < length && copy[i] != ',')
            continue;
        while (start < end && copy[start] == ' ')
            start++;
        while (end > start && copy[end - 1] == ' ')
            end--;
        names_add(out, copy + start, end - start, &used);
        start = i + 1;
    }
}

static struct otel_str name_at(const struct header_names *names, size_t i)
{
    return (struct otel_str){ names->text + names->offsets[i], names->lengths[i] };
}

/* --- attributes ------------------------------------------------------------------------------- */

/* An array of strings as the record has it. */
struct values {
    uint8_t bytes[VALUES_BYTES_MAX];
    uint32_t used;
    bool is_cut;
};

static void values_add(struct values *values, struct otel_str value)
{
    size_t room = sizeof values->bytes - values->used;
    uint32_t length = 0;

    if (room < sizeof length) {
        values->is_cut = true;
        return;
    }
    length = (uint32_t)record_text_fit(value.data, value.length, room - sizeof length);
    values->is_cut |= length < value.length;
    memcpy(values->bytes + values->used, &length, sizeof length);
    if (length)
        memcpy(values->bytes + values->used + sizeof length, value.data, length);
    values->used += (uint32_t)sizeof length + length;
}

static size_t key_make(char out[KEY_BYTES_MAX], const char *prefix, struct otel_str name)
{
    size_t prefix_length = strlen(prefix);

    memcpy(out, prefix, prefix_length);
    memcpy(out + prefix_length, name.data, name.length);
    return prefix_length + name.length;
}

/* Returns 1 when something was lost. */
static size_t values_put(const struct record_place *place, const char *key, size_t key_length,
                         const struct values *values)
{
    const struct record_item_source item = {
        .kind = RECORD_ITEM_ATTRIBUTE,
        .type = RECORD_VALUE_STRINGS,
        .key = key,
        .key_length = (uint32_t)key_length,
        .value = values->bytes,
        .value_length = values->used,
    };

    return !place_put(place, &item) || values->is_cut;
}

/* --- request ---------------------------------------------------------------------------------- */

/* The value of a parameter "HTTP_NAME=value" that this header could have become; data NULL: it
 * is another one. */
static struct otel_str param_value(const char *param, struct otel_str name)
{
    const char *text = param + PARAM_PREFIX_LENGTH;
    size_t i = 0;

    if (param[0] != PARAM_PREFIX[0] || strncmp(param, PARAM_PREFIX, PARAM_PREFIX_LENGTH) != 0)
        return (struct otel_str){ NULL, 0 };
    for (; i < name.length; i++) {
        char expected = name.data[i] == '-' ? '_' : name.data[i];

        if (lower(text[i]) != expected)
            return (struct otel_str){ NULL, 0 };
    }
    return text[i] == '=' ? otel_str(text + i + 1) : (struct otel_str){ NULL, 0 };
}

size_t headers_request_put(const struct header_names *names, char *const *params,
                           const struct record_place *place)
{
    char key[KEY_BYTES_MAX];
    size_t lost = 0;

    for (size_t i = 0; i < names->count && params; i++) {
        struct otel_str name = name_at(names, i);
        struct values values;

        values.used = 0;
        values.is_cut = false;
        for (char *const *param = params; *param; param++) {
            struct otel_str value = param_value(*param, name);

            if (value.data)
                values_add(&values, names->is_secret[i] ? REDACTED : value);
        }
        if (values.used)
            lost += values_put(place, key, key_make(key, REQUEST_PREFIX, name), &values);
    }
    return lost;
}

/* --- response --------------------------------------------------------------------------------- */

static bool name_is(struct otel_str configured, struct otel_str name)
{
    if (configured.length != name.length)
        return false;
    for (size_t i = 0; i < name.length; i++)
        if (configured.data[i] != lower(name.data[i]))
            return false;
    return true;
}

/*
 * Gathers what an earlier header of the same name left in the record. The record is the worker's
 * own; its sizes are believed as far as they stay inside of it.
 */
static void values_gather(struct values *values, const struct record_place *place, const char *key,
                          size_t key_length)
{
    size_t used = place_used(place);
    struct record_item item;

    for (size_t at = sizeof(struct record_span); at + sizeof item <= used; at += item.size) {
        const uint8_t *value = place->bytes + at + sizeof item;

        memcpy(&item, place->bytes + at, sizeof item);
        if (item.size < sizeof item || item.size > used - at)
            return;
        if (item.type == RECORD_VALUE_STRINGS && item.key_length == key_length &&
            item.value_length <= sizeof values->bytes &&
            item.value_length + key_length <= item.size - sizeof item &&
            memcmp(value + item.value_length, key, key_length) == 0) {
            memcpy(values->bytes, value, item.value_length);
            values->used = item.value_length;
        }
    }
}

int header_names_find(const struct header_names *names, struct otel_str name)
{
    for (int i = 0; i < names->count; i++)
        if (name_is(name_at(names, (size_t)i), name))
            return i;
    return -1;
}

size_t headers_response_put(const struct header_names *names, int which, struct otel_str value,
                            const struct record_place *place)
{
    char key[KEY_BYTES_MAX];
    size_t key_length = key_make(key, RESPONSE_PREFIX, name_at(names, (size_t)which));
    struct values values;

    values.used = 0;
    values.is_cut = false;
    values_gather(&values, place, key, key_length);
    values_add(&values, names->is_secret[which] ? REDACTED : value);
    return values_put(place, key, key_length, &values);
}
