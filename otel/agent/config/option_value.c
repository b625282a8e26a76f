#include "agent/config/option_spec.h"

#include "agent/report.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *option_text_begin(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

/* Length without white space at the end. */
static size_t text_trimmed(const char *text, size_t length)
{
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    return length;
}

/* The places of a word among "a|b=c|d", whatever its case, as bits: names of one have "=" between,
 * and a name may stand at several places. */
static uint32_t choice_find(const char *accepted, const char *word, size_t length)
{
    uint32_t bits = 0;
    unsigned place = 0;

    for (const char *choice = accepted; *choice;) {
        size_t size = strcspn(choice, "|=");
        if (size == length && strncasecmp(choice, word, size) == 0)
            bits |= 1u << place;
        place += choice[size] == '|';
        choice += size + (choice[size] != '\0');
    }
    return bits;
}

/* The place of the one word that is the text; false when it is none. */
static bool value_parse_choice(const char *accepted, const char *text, struct option_value *out)
{
    uint32_t bits = choice_find(accepted, text, text_trimmed(text, strlen(text)));

    out->integer = bits ? __builtin_ctz(bits) : 0;
    return bits != 0;
}

static bool value_parse_bool(const char *text, struct option_value *out)
{
    return value_parse_choice("false|true", text, out);
}

static bool value_parse_integer(const struct option_spec *spec, const char *text,
                                struct option_value *out)
{
    char *end = NULL;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || *option_text_begin(end) || errno || number < spec->minimum ||
        number > spec->maximum)
        return false;
    out->integer = number;
    return true;
}

static bool value_parse_ratio(const struct option_spec *spec, const char *text,
                              struct option_value *out)
{
    char *end = NULL;
    double number = strtod(text, &end);

    if (end == text || *option_text_begin(end) || !isfinite(number) ||
        number < (double)spec->minimum || number > (double)spec->maximum)
        return false;
    out->real = number;
    return true;
}

/* [user@]host[:port]: an IPv6 address stands in brackets, a port is a number up to 65535. */
static bool authority_check(const char *text, size_t length)
{
    const char *user = memrchr(text, '@', length);
    const char *host = user ? user + 1 : text;
    const char *end = text + length;
    const char *bracket =
        host < end && *host == '[' ? memchr(host, ']', (size_t)(end - host)) : NULL;
    const char *host_end = bracket ? bracket + 1 : memchr(host, ':', (size_t)(end - host));
    unsigned port = 0;

    if (!host_end)
        host_end = end;
    if (host_end == host || (*host == '[' && !bracket) || (host_end < end && *host_end != ':'))
        return false;
    for (const char *digit = host_end + 1; digit < end; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        port = port * 10 + (unsigned)(*digit - '0');
        if (port > UINT16_MAX)
            return false;
    }
    return true;
}

/* A URL, or host and port alone, which only grpc takes: settings.c knows the protocol. */
static bool value_parse_endpoint(const char *text)
{
    size_t scheme = strncasecmp(text, "http://", 7) == 0    ? 7
                    : strncasecmp(text, "https://", 8) == 0 ? 8
                                                            : 0;
    size_t length = text_trimmed(text, strlen(text));

    return length > scheme && strcspn(text, " \t\r\n") >= length &&
           authority_check(text + scheme, strcspn(text + scheme, "/?# \t\r\n")) &&
           (scheme > 0 || (strcspn(text, "/") >= length && text[0] != ':'));
}

/*
 * A list: members that are not known are left out and the first is reported; none left is a wrong
 * value, which the caller reports.
 */
static bool value_parse_choices(const struct option_spec *spec, const char *origin,
                                const char *text, struct option_value *out)
{
    const char *unknown = NULL;
    size_t unknown_size = 0;
    size_t count = 0;

    for (; *text; text += *text == ',') {
        const char *word = option_text_begin(text);
        size_t size;
        uint32_t bits;

        text += strcspn(text, ",");
        size = word < text ? text_trimmed(word, (size_t)(text - word)) : 0;
        bits = choice_find(spec->accepted, word, size);
        if ((bits & ~out->bits) != 0 && count < OPTION_CHOICES_MAX)
            out->order[count++] = (uint8_t)(__builtin_ctz(bits) + 1);
        out->bits |= bits;
        if (bits == 0 && size > 0 && !unknown) {
            unknown = word;
            unknown_size = size;
        }
    }
    if (unknown && out->bits)
        report_warn("%s: \"%.*s\" is not known and left out; accepted are %s", origin,
                    (int)unknown_size, unknown, spec->accepted);
    return out->bits != 0;
}

bool option_value_parse(const struct option_spec *spec, const char *origin, const char *text,
                        struct option_value *out)
{
    bool is_good = false;

    text = option_text_begin(text);
    switch (spec->type) {
    case OPTION_TYPE_TEXT:
        is_good = true;
        break;
    case OPTION_TYPE_ENDPOINT:
        is_good = value_parse_endpoint(text);
        break;
    case OPTION_TYPE_BOOL:
    case OPTION_TYPE_PYTHON_BOOL:
        is_good = value_parse_bool(text, out);
        break;
    case OPTION_TYPE_INT:
    case OPTION_TYPE_DURATION:
    case OPTION_TYPE_TIMEOUT:
        is_good = value_parse_integer(spec, text, out);
        break;
    case OPTION_TYPE_RATIO:
        is_good = value_parse_ratio(spec, text, out);
        break;
    case OPTION_TYPE_CHOICE:
    case OPTION_TYPE_PYTHON_CHOICE:
        is_good = value_parse_choice(spec->accepted, text, out);
        break;
    case OPTION_TYPE_CHOICES:
    case OPTION_TYPE_PYTHON_CHOICES:
        is_good = value_parse_choices(spec, origin, text, out);
        break;
    }
    out->text = text;
    return is_good;
}

void option_accepted_describe(const struct option_spec *spec, char out[OPTION_ACCEPTED_SIZE])
{
    switch (spec->type) {
    case OPTION_TYPE_TEXT:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE, "text");
        break;
    case OPTION_TYPE_ENDPOINT:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE,
                       "http://HOST:PORT or https://HOST:PORT; of grpc also HOST:PORT");
        break;
    case OPTION_TYPE_BOOL:
    case OPTION_TYPE_PYTHON_BOOL:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE, "true or false");
        break;
    case OPTION_TYPE_INT:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE, "a whole number from %lld to %lld",
                       (long long)spec->minimum, (long long)spec->maximum);
        break;
    case OPTION_TYPE_DURATION:
    case OPTION_TYPE_TIMEOUT:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE, "milliseconds from %lld to %lld",
                       (long long)spec->minimum, (long long)spec->maximum);
        break;
    case OPTION_TYPE_RATIO:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE, "a number from %lld to %lld",
                       (long long)spec->minimum, (long long)spec->maximum);
        break;
    case OPTION_TYPE_CHOICE:
    case OPTION_TYPE_PYTHON_CHOICE:
    case OPTION_TYPE_CHOICES:
    case OPTION_TYPE_PYTHON_CHOICES:
        (void)snprintf(out, OPTION_ACCEPTED_SIZE, "%s", spec->accepted);
        break;
    }
}
