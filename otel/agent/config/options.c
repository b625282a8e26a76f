#include "agent/config/options.h"

#include "agent/report.h"
#include "agent/version.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum option_type {
    OPTION_TYPE_TEXT = 0,
    OPTION_TYPE_ENDPOINT,
    OPTION_TYPE_BOOL,
    OPTION_TYPE_PYTHON_BOOL,
    OPTION_TYPE_INT,
    OPTION_TYPE_DURATION,
    OPTION_TYPE_TIMEOUT,
    OPTION_TYPE_RATIO,
    OPTION_TYPE_CHOICE,
    OPTION_TYPE_CHOICES,
    OPTION_TYPE_PYTHON_CHOICES,
};

struct option_spec {
    const char *name;
    enum option_type type;
    const char *fallback;
    int64_t minimum;
    int64_t maximum;
    const char *accepted;
    const char *help;
};

#define OPTION_SPEC(id, name, type, fallback, minimum, maximum, accepted, help)                    \
    { name, OPTION_TYPE_##type, fallback, minimum, maximum, accepted, help },
static const struct option_spec SPECS[OPTION_COUNT] = { OPTION_LIST(OPTION_SPEC) };
#undef OPTION_SPEC

enum { OPTION_VARIABLE_SIZE = 128 };

const char *option_name(enum option_id id)
{
    return SPECS[id].name;
}

static bool option_is_python(const struct option_spec *spec)
{
    return spec->type == OPTION_TYPE_PYTHON_BOOL || spec->type == OPTION_TYPE_PYTHON_CHOICES;
}

static void option_variable(const struct option_spec *spec, const char *prefix,
                            char out[OPTION_VARIABLE_SIZE])
{
    int length = snprintf(out, OPTION_VARIABLE_SIZE, "%s%s", prefix, spec->name);

    for (int i = 0; i < length && i < OPTION_VARIABLE_SIZE; i++)
        out[i] = (char)toupper((unsigned char)out[i]);
}

/* --- values ------------------------------------------------------------------------------------
 */

static const char *text_skip_space(const char *text)
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

/* The place of a word among "a|b|c", whatever its case; -1 when it is none of them. */
static int choice_find(const char *accepted, const char *word, size_t length)
{
    int place = 0;

    for (const char *choice = accepted; *choice; place++) {
        size_t size = strcspn(choice, "|");
        if (size == length && strncasecmp(choice, word, size) == 0)
            return place;
        choice += size + (choice[size] == '|');
    }
    return -1;
}

static bool value_parse_bool(const char *text, struct option_value *out)
{
    size_t length = text_trimmed(text, strlen(text));

    out->integer = choice_find("false|true", text, length);
    return out->integer >= 0;
}

static bool value_parse_integer(const struct option_spec *spec, const char *text,
                                struct option_value *out)
{
    char *end = NULL;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || *text_skip_space(end) || errno || number < spec->minimum ||
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

    if (end == text || *text_skip_space(end) || !isfinite(number) ||
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

    for (; *text; text += *text == ',') {
        const char *word = text_skip_space(text);
        size_t size;
        int place;

        text += strcspn(text, ",");
        size = word < text ? text_trimmed(word, (size_t)(text - word)) : 0;
        place = choice_find(spec->accepted, word, size);
        if (place >= 0) {
            out->bits |= 1u << place;
        } else if (size > 0 && !unknown) {
            unknown = word;
            unknown_size = size;
        }
    }
    if (unknown && out->bits)
        report_warn("%s: \"%.*s\" is not known and left out; accepted are %s", origin,
                    (int)unknown_size, unknown, spec->accepted);
    return out->bits != 0;
}

static bool value_parse(const struct option_spec *spec, const char *origin, const char *text,
                        struct option_value *out)
{
    bool is_good = false;

    text = text_skip_space(text);
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
        out->integer = choice_find(spec->accepted, text, text_trimmed(text, strlen(text)));
        is_good = out->integer >= 0;
        break;
    case OPTION_TYPE_CHOICES:
    case OPTION_TYPE_PYTHON_CHOICES:
        is_good = value_parse_choices(spec, origin, text, out);
        break;
    }
    out->text = text;
    return is_good;
}

/* What would have been right, for the message about a wrong value. */
static void accepted_describe(const struct option_spec *spec, char *out, size_t size)
{
    switch (spec->type) {
    case OPTION_TYPE_TEXT:
        (void)snprintf(out, size, "text");
        break;
    case OPTION_TYPE_ENDPOINT:
        (void)snprintf(out, size, "http://HOST:PORT or https://HOST:PORT; of grpc also HOST:PORT");
        break;
    case OPTION_TYPE_BOOL:
    case OPTION_TYPE_PYTHON_BOOL:
        (void)snprintf(out, size, "true or false");
        break;
    case OPTION_TYPE_INT:
        (void)snprintf(out, size, "a whole number from %lld to %lld", (long long)spec->minimum,
                       (long long)spec->maximum);
        break;
    case OPTION_TYPE_DURATION:
    case OPTION_TYPE_TIMEOUT:
        (void)snprintf(out, size, "milliseconds from %lld to %lld", (long long)spec->minimum,
                       (long long)spec->maximum);
        break;
    case OPTION_TYPE_RATIO:
        (void)snprintf(out, size, "a number from %lld to %lld", (long long)spec->minimum,
                       (long long)spec->maximum);
        break;
    case OPTION_TYPE_CHOICE:
    case OPTION_TYPE_CHOICES:
    case OPTION_TYPE_PYTHON_CHOICES:
        (void)snprintf(out, size, "%s", spec->accepted);
        break;
    }
}

static void value_default(const struct option_spec *spec, struct option_value *out)
{
    *out = (struct option_value){ .text = "" };
    if (*spec->fallback)
        (void)value_parse(spec, "default", spec->fallback, out); /* the list's own are right */
}

/* `text` NULL or blank: not set. origin is what the user wrote: --name or the variable. */
static void value_decide(const struct option_spec *spec, const char *origin, const char *text,
                         struct option_value *out)
{
    char accepted[256];

    value_default(spec, out);
    if (!text || !*text_skip_space(text))
        return;
    *out = (struct option_value){ .is_set = true, .is_option = origin[0] == '-' };
    if (value_parse(spec, origin, text, out))
        return;
    value_default(spec, out);
    accepted_describe(spec, accepted, sizeof accepted);
    report_warn("%s: \"%s\" is not accepted (%s); %s%s", origin, text, accepted,
                *spec->fallback ? "the default applies: " : "it counts as not set", spec->fallback);
}

/* --- command line --------------------------------------------------------------------------------
 */

/* The option that `name` (length bytes) means; OPTION_COUNT when there is none. */
static enum option_id option_find(const char *name, size_t length)
{
    static const char PYTHON[] = "python_";

    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = &SPECS[id];
        const char *bare = name;
        size_t size = length;

        if (option_is_python(spec) && size > sizeof PYTHON - 1 &&
            strncmp(name, PYTHON, sizeof PYTHON - 1) == 0) {
            bare += sizeof PYTHON - 1;
            size -= sizeof PYTHON - 1;
        }
        if (strlen(spec->name) == size && strncmp(spec->name, bare, size) == 0)
            return (enum option_id)id;
    }
    return OPTION_COUNT;
}

/*
 * Walks over the options in front of the program. given[id] is the value of each that was there;
 * the last one of a name counts.
 */
static enum options_outcome arguments_read(int argc, char **argv, const char *given[OPTION_COUNT],
                                           char ***program)
{
    int at = 1;

    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        const char *name = argv[at] + 2;
        size_t length = strcspn(name, "=");
        enum option_id id;

        if (!*name) {
            at++;
            break;
        }
        if (strcmp(name, "version") == 0) {
            (void)printf("otel-instrument %s\n", AGENT_VERSION);
            return OPTIONS_SHOWN;
        }
        if (strcmp(name, "help") == 0 || strcmp(name, "help=markdown") == 0) {
            (name[4] ? options_print_markdown : options_print_help)(stdout);
            return OPTIONS_SHOWN;
        }
        id = option_find(name, length);
        if (id == OPTION_COUNT) {
            report_error("there is no option --%.*s; --help lists all", (int)length, name);
            return OPTIONS_WRONG;
        }
        if (!name[length] && at + 1 >= argc) {
            report_error("--%s: its value is missing", name);
            return OPTIONS_WRONG;
        }
        given[id] = name[length] ? name + length + 1 : argv[++at];
    }
    if (at < argc && argv[at][0] == '-' && strcmp(argv[at - 1], "--") != 0) {
        report_error("there is no option %s; --help lists all", argv[at]);
        return OPTIONS_WRONG;
    }
    if (at >= argc) {
        report_error("the program is missing; usage: otel-instrument [options] [--] PROGRAM ARGS");
        return OPTIONS_WRONG;
    }
    *program = &argv[at];
    return OPTIONS_RUN;
}

static bool variable_is_set(const char *name)
{
    const char *value = getenv(name);

    return value && *text_skip_space(value);
}

/* The variable of an option, or NULL; `name` becomes the variable's name. */
static const char *variable_read(const struct option_spec *spec, char name[OPTION_VARIABLE_SIZE])
{
    if (!option_is_python(spec)) {
        option_variable(spec, "otel_", name);
    } else {
        option_variable(spec, "otel_c_", name);
        if (!variable_is_set(name))
            option_variable(spec, "otel_python_", name);
    }
    return getenv(name);
}

enum options_outcome options_parse(int argc, char **argv, struct options *out)
{
    const char *given[OPTION_COUNT] = { NULL };
    enum options_outcome outcome = arguments_read(argc, argv, given, &out->program);

    if (outcome != OPTIONS_RUN)
        return outcome;
    for (int id = 0; id < OPTION_COUNT; id++) {
        char origin[OPTION_VARIABLE_SIZE];
        const char *text = variable_read(&SPECS[id], origin);

        /* Python's tool writes options into the environment, where empty is unset: so here. */
        if (given[id] && *text_skip_space(given[id])) {
            text = given[id];
            (void)snprintf(origin, sizeof origin, "--%s", SPECS[id].name);
        }
        value_decide(&SPECS[id], origin, text, &out->values[id]);
        if (id == OPTION_LOG_LEVEL) /* the list's first: what follows is shown or not by it */
            report_level_set((enum settings_log_level)out->values[id].integer);
    }
    return OPTIONS_RUN;
}

/* --- help
 * ------------------------------------------------------------------------------------------ */

static void variables_describe(const struct option_spec *spec, const char *between, char *out,
                               size_t size)
{
    char first[OPTION_VARIABLE_SIZE];
    char second[OPTION_VARIABLE_SIZE];

    if (option_is_python(spec)) {
        option_variable(spec, "otel_c_", first);
        option_variable(spec, "otel_python_", second);
        (void)snprintf(out, size, "%s%s%s", first, between, second);
    } else {
        option_variable(spec, "otel_", first);
        (void)snprintf(out, size, "%s", first);
    }
}

void options_print_help(FILE *out)
{
    (void)fprintf(
        out,
        "Usage: otel-instrument [options] [--] PROGRAM ARGS\n\n"
        "Starts PROGRAM under observation, unchanged: its FastCGI requests become traces, metrics\n"
        "and logs, sent as OTLP: by default http/json, port 4318.\n"
        "SIGTERM and SIGINT end the program, SIGHUP replaces its workers one by one.\n"
        "An option wins over its environment variable. Every option is --NAME VALUE or "
        "--NAME=VALUE.\n\n"
        "  --help [=markdown]\n  --version\n");
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = &SPECS[id];
        char accepted[256];
        char variables[2 * OPTION_VARIABLE_SIZE + 8];

        accepted_describe(spec, accepted, sizeof accepted);
        variables_describe(spec, ", ", variables, sizeof variables);
        (void)fprintf(out, "\n  --%s\n      %s.\n      %s%s%s%s\n      %s\n", spec->name,
                      spec->help, accepted, *spec->fallback ? " [" : "", spec->fallback,
                      *spec->fallback ? "]" : "", variables);
    }
}

void options_print_markdown(FILE *out)
{
    (void)fprintf(out, "| option | variable | accepted | default | meaning |\n"
                       "|---|---|---|---|---|\n");
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = &SPECS[id];
        char accepted[256];
        char variables[2 * OPTION_VARIABLE_SIZE + 8];

        accepted_describe(spec, accepted, sizeof accepted);
        for (char *bar = strchr(accepted, '|'); bar; bar = strchr(bar, '|'))
            *bar = ' '; /* a bar would end the table's cell */
        variables_describe(spec, "`, `", variables, sizeof variables);
        (void)fprintf(out, "| `%s` | `%s` | %s | %s | %s |\n", spec->name, variables, accepted,
                      *spec->fallback ? spec->fallback : "-", spec->help);
    }
}
