#include "agent/encode/prometheus_name.h"

#include <stdio.h>
#include <string.h>

/* --- characters ------------------------------------------------------------------------------- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* A text on its way to a name, character by character. */
struct escape {
    const char *text;
    size_t length;
    bool has_colons; /* metrics may have them, labels not */
    char last;       /* character that came; '\0': none yet */
};

/* The next character of the name; '\0' at the end. */
static char escape_next(struct escape *escape)
{
    if (escape->last == '\0' && escape->length > 0 && is_digit(escape->text[0]))
        return escape->last = '_'; /* no name begins with a digit */
    while (escape->length > 0) {
        char byte = *escape->text++;

        escape->length--;
        if (!is_letter(byte) && !is_digit(byte) && !(byte == ':' && escape->has_colons))
            byte = '_';
        if (byte == '_' && escape->last == '_')
            continue;
        return escape->last = byte;
    }
    return '\0';
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* Appends words behind an underscore; what does not fit is cut. */
static void words_add(char *out, size_t size, const char *words, size_t length)
{
    size_t used = strlen(out);
    struct escape escape = { .text = words, .length = length, .last = '_' };
    char byte;

    if (used > 0 && out[used - 1] != '_' && used + 1 < size)
        out[used++] = '_';
    while (used + 1 < size && (byte = escape_next(&escape)) != '\0')
        out[used++] = byte;
    if (used > 0 && out[used - 1] == '_')
        used--; /* nothing came behind it, or nothing that is a name */
    out[used] = '\0';
}

/* --- units ------------------------------------------------------------------------------------ */

struct unit_word {
    const char *unit, *word;
};

static const struct unit_word WORDS[] = {
    { "d", "days" },         { "h", "hours" },         { "min", "minutes" },
    { "s", "seconds" },      { "ms", "milliseconds" }, { "us", "microseconds" },
    { "ns", "nanoseconds" }, { "By", "bytes" },        { "KiBy", "kibibytes" },
    { "MiBy", "mebibytes" }, { "GiBy", "gibibytes" },  { "TiBy", "tebibytes" },
    { "kBy", "kilobytes" },  { "KBy", "kilobytes" },   { "MBy", "megabytes" },
    { "GBy", "gigabytes" },  { "TBy", "terabytes" },   { "m", "meters" },
    { "V", "volts" },        { "A", "amperes" },       { "J", "joules" },
    { "W", "watts" },        { "g", "grams" },         { "Cel", "celsius" },
    { "Hz", "hertz" },       { "%", "percent" },       { NULL, NULL },
};

/* Behind "per" one of them is meant. */
static const struct unit_word PER_WORDS[] = {
    { "s", "second" }, { "m", "minute" }, { "min", "minute" }, { "h", "hour" }, { "d", "day" },
    { "w", "week" },   { "mo", "month" }, { "y", "year" },     { NULL, NULL },
};

static void unit_add(char *out, const struct unit_word *words, const char *unit, size_t length)
{
    for (; words->unit != NULL; words++) {
        if (strlen(words->unit) == length && memcmp(words->unit, unit, length) == 0) {
            unit = words->word;
            length = strlen(unit);
            break;
        }
    }
    words_add(out, PROMETHEUS_UNIT_BYTES, unit, length);
}

/* Without {annotations}, which only say what is counted. */
static size_t annotations_drop(const char *unit, char *out, size_t size)
{
    size_t used = 0;
    bool is_inside = false;

    for (; *unit != '\0' && used + 1 < size; unit++) {
        is_inside |= *unit == '{';
        if (!is_inside && *unit != ' ')
            out[used++] = *unit;
        is_inside &= *unit != '}';
    }
    out[used] = '\0';
    return used;
}

static void unit_words(const char *unit, enum prometheus_type type, char *out)
{
    char bare[PROMETHEUS_UNIT_BYTES];
    size_t length = annotations_drop(unit, bare, sizeof bare);
    const char *slash = memchr(bare, '/', length);
    size_t first = slash != NULL ? (size_t)(slash - bare) : length;

    out[0] = '\0';
    if (strcmp(bare, "1") == 0) {
        if (type == PROMETHEUS_GAUGE)
            words_add(out, PROMETHEUS_UNIT_BYTES, "ratio", 5);
        return;
    }
    if (first > 0 && !(first == 1 && bare[0] == '1'))
        unit_add(out, WORDS, bare, first);
    if (slash == NULL || slash[1] == '\0')
        return;
    words_add(out, PROMETHEUS_UNIT_BYTES, "per", 3);
    unit_add(out, PER_WORDS, slash + 1, length - first - 1);
}

/* --- names ------------------------------------------------------------------------------------ */

static void name_escape(const char *name, char out[PROMETHEUS_NAME_BYTES])
{
    struct escape escape = { .text = name, .length = strlen(name), .has_colons = true };
    size_t used = 0, room = PROMETHEUS_NAME_BYTES - PROMETHEUS_UNIT_BYTES - 2;
    char byte;

    while (used < room && (byte = escape_next(&escape)) != '\0')
        out[used++] = byte;
    out[used] = '\0';
}

void prometheus_name(const char *name, const char *unit, enum prometheus_type type,
                     struct prometheus_name *out)
{
    size_t length;

    name_escape(name, out->family);
    unit_words(unit, type, out->unit);
    if (type == PROMETHEUS_COUNTER && ends_with(out->family, "_total"))
        out->family[strlen(out->family) - strlen("_total")] = '\0';
    length = strlen(out->unit);
    if (length > 0 &&
        (!ends_with(out->family, out->unit) ||
         (strlen(out->family) > length && out->family[strlen(out->family) - length - 1] != '_')))
        words_add(out->family, sizeof out->family, out->unit, length);
}

/* Behind a family's name, in the names of its samples. NULL behind the last. */
static const char *const *suffixes_of(enum prometheus_type type)
{
    static const char *const gauge[] = { "", NULL };
    static const char *const counter[] = { "", "_total", "_created", NULL };
    static const char *const histogram[] = { "", "_bucket", "_count", "_sum", "_created", NULL };
    static const char *const info[] = { "", "_info", NULL };

    switch (type) {
    case PROMETHEUS_GAUGE:
        break;
    case PROMETHEUS_COUNTER:
        return counter;
    case PROMETHEUS_HISTOGRAM:
        return histogram;
    case PROMETHEUS_INFO:
        return info;
    }
    return gauge;
}

/* `rest` stands behind the first family's name in the second's. */
static bool suffixes_clash(enum prometheus_type type, const char *rest,
                           enum prometheus_type other_type)
{
    size_t length = strlen(rest);

    for (const char *const *own = suffixes_of(type); *own != NULL; own++)
        for (const char *const *other = suffixes_of(other_type); *other != NULL; other++)
            if (strncmp(*own, rest, length) == 0 && strcmp(*own + length, *other) == 0)
                return true;
    return false;
}

bool prometheus_names_clash(const char *family, enum prometheus_type type, const char *other,
                            enum prometheus_type other_type)
{
    size_t length = strlen(family), other_length = strlen(other);

    if (length <= other_length)
        return memcmp(family, other, length) == 0 &&
               suffixes_clash(type, other + length, other_type);
    return memcmp(family, other, other_length) == 0 &&
           suffixes_clash(other_type, family + other_length, type);
}

/* --- labels ----------------------------------------------------------------------------------- */

void prometheus_label(struct buf *out, const char *key, size_t length)
{
    struct escape escape = { .text = key, .length = length };
    char byte;

    while ((byte = escape_next(&escape)) != '\0')
        buf_add(out, &byte, 1);
}

bool prometheus_labels_match(const char *left, size_t left_length, const char *right,
                             size_t right_length)
{
    struct escape one = { .text = left, .length = left_length };
    struct escape other = { .text = right, .length = right_length };
    char byte;

    do {
        byte = escape_next(&one);
        if (byte != escape_next(&other))
            return false;
    } while (byte != '\0');
    return true;
}
