#include "record/propagate_baggage.h"
#include "base/utf8.h"
#include "otel/baggage.h"
#include "record/carried.h"
#include "record/hex.h"
#include "record/ows.h"
#include "record/thread.h"

/* Takes what is before the separator off the text; the rest stays, empty behind the last. */
static struct otel_str take_until(struct otel_str *text, char separator)
{
    const char *found = text->length ? memchr(text->data, separator, text->length) : NULL;
    struct otel_str part = { text->data, found ? (size_t)(found - text->data) : text->length };
    size_t taken = part.length + (found ? 1 : 0);

    text->data += taken;
    text->length -= taken;
    return ows_trim(part);
}

size_t baggage_append(char *list, size_t size, size_t used, struct otel_str header, bool *is_cut)
{
    while (header.length) {
        struct otel_str member = take_until(&header, ',');
        size_t comma = used ? 1 : 0;

        if (member.length == 0)
            continue;
        if (member.length + comma > size - used) {
            *is_cut = true;
            continue;
        }
        if (comma)
            list[used++] = ',';
        memcpy(list + used, member.data, member.length);
        used += member.length;
    }
    return used;
}

char percent_byte_next(struct otel_str text, size_t *at)
{
    char byte = text.data[(*at)++];
    int high = -1;
    int low = -1;

    if (byte != '%' || text.length - *at < 2)
        return byte;
    high = hex_value(text.data[*at]);
    low = hex_value(text.data[*at + 1]);
    if (high < 0 || low < 0)
        return byte;
    *at += 2;
    return (char)(high << 4 | low);
}

/* Replaces what is not UTF-8 by U+FFFD, which may need more room; -1 when there is not enough. */
static int utf8_repair(char *text, size_t length, size_t size)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    const size_t replacement_length = sizeof replacement - 1;
    size_t at = 0;

    while (at < length) {
        uint32_t code_point = 0;
        size_t taken = utf8_next(text + at, length - at, &code_point);

        if (code_point == UTF8_REPLACEMENT) {
            if (length - taken + replacement_length >= size)
                return -1;
            memmove(text + at + replacement_length, text + at + taken, length - at - taken);
            memcpy(text + at, replacement, replacement_length);
            length += replacement_length - taken;
            taken = replacement_length;
        }
        at += taken;
    }
    text[length] = '\0';
    return (int)length;
}

static int value_decode(struct otel_str value, char *out, size_t size)
{
    size_t length = 0;

    for (size_t at = 0; at < value.length;) {
        if (length + 1 >= size)
            return -1;
        out[length++] = percent_byte_next(value, &at);
    }
    return utf8_repair(out, length, size);
}

int baggage_find(struct otel_str list, struct otel_str name, char *out, size_t size)
{
    int length = -1;

    if (size == 0)
        return -1;
    while (list.length) {
        struct otel_str member = take_until(&list, ',');
        struct otel_str entry = take_until(&member, ';'); /* properties are not the value */
        bool has_equals = entry.length && memchr(entry.data, '=', entry.length);
        struct otel_str key = take_until(&entry, '=');

        if (has_equals && key.length == name.length && key.length &&
            memcmp(key.data, name.data, key.length) == 0) {
            length = value_decode(ows_trim(entry), out, size);
            break;
        }
    }
    if (length < 0)
        out[0] = '\0';
    return length;
}

int otel_baggage_get(struct otel_str name, char *out, size_t size)
{
    const struct segment_request *request = carried_request(&record_thread.current);

    if (size)
        out[0] = '\0';
    return request ? baggage_find(carried_baggage(request), name, out, size) : -1;
}

/* --- the propagator --------------------------------------------------------------------------- */

static void extract(const struct incoming *incoming, struct propagated *out)
{
    const struct param_list *headers = &incoming->params->baggage;

    out->is_cut |= headers->has_more;
    for (size_t i = 0; i < headers->count; i++)
        out->baggage_length = baggage_append(out->baggage, sizeof out->baggage, out->baggage_length,
                                             headers->values[i], &out->is_cut);
}

static void inject(const struct outgoing *outgoing, struct header_list *out)
{
    if (outgoing->baggage.length)
        header_list_put(out, OTEL_STR("baggage"), outgoing->baggage);
}

const struct propagator propagator_baggage = { extract, inject };

/* --- one header per entry --------------------------------------------------------------------- */

#define NAME_BYTES_MAX 256

/* What stands in a value of W3C Baggage as it is; a percent sign begins an encoded byte there. */
static bool is_plain(char character)
{
    return character > ' ' && character < 0x7f && !strchr("\",;\\%", character);
}

/* A character of an HTTP token. */
static bool is_token(char character)
{
    return character > ' ' && character < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", character);
}

/* "name=value" behind the members that are there; nothing of it when it does not fit. */
static void entry_add(struct propagated *out, const char *name, size_t name_length,
                      struct otel_str value, bool is_encoded)
{
    static const char digits[] = "0123456789ABCDEF";
    const size_t longest = 3; /* of one encoded byte */
    size_t used = out->baggage_length;

    if (name_length + 2 > sizeof out->baggage - used) {
        out->is_cut = true;
        return;
    }
    if (used)
        out->baggage[used++] = ',';
    for (size_t i = 0; i < name_length; i++) {
        bool is_capital = name[i] >= 'A' && name[i] <= 'Z';

        out->baggage[used++] =
            name[i] == '_' ? '-' : (char)(name[i] + (is_capital ? 'a' - 'A' : 0));
    }
    out->baggage[used++] = '=';
    for (size_t i = 0; i < value.length; i++) {
        uint8_t byte = (uint8_t)value.data[i];

        if (used + longest > sizeof out->baggage) {
            out->is_cut = true;
            return;
        }
        if (is_plain(value.data[i]) || (is_encoded && value.data[i] == '%')) {
            out->baggage[used++] = value.data[i];
            continue;
        }
        out->baggage[used++] = '%';
        out->baggage[used++] = digits[byte >> 4];
        out->baggage[used++] = digits[byte & 0xF];
    }
    out->baggage_length = used;
}

void baggage_extract_prefixed(const struct incoming *incoming, struct otel_str prefix,
                              bool is_encoded, struct propagated *out)
{
    for (char *const *text = incoming->texts; text && *text; text++) {
        const char *name = *text + prefix.length;
        const char *equals = NULL;
        bool is_name = true;

        if (strncmp(*text, prefix.data, prefix.length) != 0)
            continue;
        equals = strchr(name, '=');
        for (const char *at = name; equals && at < equals; at++)
            is_name &= is_token(*at);
        if (equals && equals > name && is_name)
            entry_add(out, name, (size_t)(equals - name), ows_trim(otel_str(equals + 1)),
                      is_encoded);
    }
}

static void entry_put(const struct otel_str *entry_name, struct otel_str prefix,
                      struct otel_str value, bool is_encoded, struct header_list *out)
{
    char name[NAME_BYTES_MAX];
    char plain[BAGGAGE_BYTES_MAX];
    bool is_name = entry_name->length > 0 && prefix.length + entry_name->length <= sizeof name;

    for (size_t i = 0; i < entry_name->length; i++)
        is_name &= is_token(entry_name->data[i]);
    if (!is_name) {
        out->is_cut = true;
        return;
    }
    memcpy(name, prefix.data, prefix.length);
    memcpy(name + prefix.length, entry_name->data, entry_name->length);
    if (!is_encoded) {
        int length = value_decode(value, plain, sizeof plain);

        if (length < 0) {
            out->is_cut = true;
            return;
        }
        value = (struct otel_str){ plain, (size_t)length };
    }
    header_list_put(out, (struct otel_str){ name, prefix.length + entry_name->length }, value);
}

void baggage_inject_prefixed(const struct outgoing *outgoing, struct otel_str prefix,
                             bool is_encoded, struct header_list *out)
{
    struct otel_str list = outgoing->baggage;

    while (list.length) {
        struct otel_str member = take_until(&list, ',');
        struct otel_str entry = take_until(&member, ';');
        struct otel_str name = take_until(&entry, '=');

        if (name.length)
            entry_put(&name, prefix, ows_trim(entry), is_encoded, out);
    }
}
