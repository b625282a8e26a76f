#include "agent/encode/prometheus_format.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WEIGHT_MAX = 1000 };

static const struct {
    const char *type, *version, *content_type;
} FORMATS[PROMETHEUS_FORMAT_COUNT] = {
#define FORMAT(id, type, version, content_type) { type, version, content_type },
    PROMETHEUS_FORMATS(FORMAT)
#undef FORMAT
};

/* A run of characters of the header. */
struct part {
    const char *text;
    size_t length;
};

static bool part_is(struct part part, const char *text)
{
    return strlen(text) == part.length && strncasecmp(part.text, text, part.length) == 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* What stands before the next `separator`, without blanks and quotes round it; moves behind it. */
static struct part part_next(struct part *rest, char separator)
{
    const char *end = memchr(rest->text, separator, rest->length);
    struct part out = { rest->text, end != NULL ? (size_t)(end - rest->text) : rest->length };
    size_t taken = out.length + (end != NULL);

    rest->text += taken;
    rest->length -= taken;
    while (out.length > 0 && is_blank(out.text[0])) {
        out.text++;
        out.length--;
    }
    while (out.length > 0 && is_blank(out.text[out.length - 1]))
        out.length--;
    if (out.length >= 2 && out.text[0] == '"' && out.text[out.length - 1] == '"')
        out = (struct part){ out.text + 1, out.length - 2 };
    return out;
}

/* "0.75" in thousandths; what is no weight counts as none at all. */
static int weight_of(struct part value)
{
    char text[8] = "";
    char *end = NULL;
    double weight;

    if (value.length == 0 || value.length >= sizeof text)
        return 0;
    memcpy(text, value.text, value.length);
    weight = strtod(text, &end);
    return *end == '\0' && weight >= 0 && weight <= 1 ? (int)(weight * WEIGHT_MAX) : 0;
}

static enum prometheus_format format_of(struct part type, struct part version)
{
    if (part_is(type, "*/*") || part_is(type, "text/*"))
        return PROMETHEUS_TEXT;
    for (int i = 0; i < PROMETHEUS_FORMAT_COUNT; i++)
        if (part_is(type, FORMATS[i].type) &&
            (version.length == 0 || part_is(version, FORMATS[i].version)))
            return (enum prometheus_format)i;
    return PROMETHEUS_FORMAT_COUNT;
}

enum prometheus_format prometheus_format_choose(const char *accept)
{
    struct part rest = { accept, strlen(accept) };
    enum prometheus_format best = PROMETHEUS_TEXT;
    int best_weight = 0;

    while (rest.length > 0) {
        struct part range = part_next(&rest, ',');
        struct part type = part_next(&range, ';'), version = { "", 0 };
        enum prometheus_format format;
        int weight = WEIGHT_MAX;

        while (range.length > 0) {
            struct part value = part_next(&range, ';');
            struct part key = part_next(&value, '=');

            value = part_next(&value, ';');
            if (part_is(key, "version"))
                version = value;
            else if (part_is(key, "q"))
                weight = weight_of(value);
        }
        format = format_of(type, version);
        if (format != PROMETHEUS_FORMAT_COUNT && weight > best_weight) {
            best = format;
            best_weight = weight;
        }
    }
    return best;
}

const char *prometheus_content_type(enum prometheus_format format)
{
    return FORMATS[format].content_type;
}
