#include "agent/config/options.h"

#include "agent/config/config_file.h"
#include "agent/config/config_print.h"
#include "agent/config/option_spec.h"
#include "agent/report.h"
#include "agent/version.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define OPTION_SPEC(id, name, type, fallback, minimum, maximum, accepted, help)                    \
    { name, OPTION_TYPE_##type, fallback, minimum, maximum, accepted, help },
static const struct option_spec SPECS[OPTION_COUNT] = { OPTION_LIST(OPTION_SPEC) };
#undef OPTION_SPEC

const struct option_spec *option_spec(enum option_id id)
{
    return &SPECS[id];
}

const char *option_name(enum option_id id)
{
    return SPECS[id].name;
}

bool option_is_python(const struct option_spec *spec)
{
    return spec->type == OPTION_TYPE_PYTHON_BOOL || spec->type == OPTION_TYPE_PYTHON_CHOICE ||
           spec->type == OPTION_TYPE_PYTHON_CHOICES;
}

const char *option_older_prefix(const struct option_spec *spec)
{
    if (spec == &SPECS[OPTION_CONFIG_FILE])
        return "otel_experimental_";
    return option_is_python(spec) ? "otel_python_" : NULL;
}

void option_variable(const struct option_spec *spec, const char *prefix,
                     char out[OPTION_VARIABLE_SIZE])
{
    int length = snprintf(out, OPTION_VARIABLE_SIZE, "%s%s", prefix, spec->name);

    for (int i = 0; i < length && i < OPTION_VARIABLE_SIZE; i++)
        out[i] = (char)toupper((unsigned char)out[i]);
}

static void value_default(const struct option_spec *spec, struct option_value *out)
{
    *out = (struct option_value){ .text = "" };
    if (*spec->fallback)
        (void)option_value_parse(spec, "default", spec->fallback,
                                 out); /* the list's own are right */
}

/* `text` NULL or blank: not set. origin is what the user wrote: --name or the variable. */
static void value_decide(const struct option_spec *spec, const char *origin, const char *text,
                         struct option_value *out)
{
    char accepted[OPTION_ACCEPTED_SIZE];

    value_default(spec, out);
    if (!text || !*option_text_begin(text))
        return;
    *out = (struct option_value){
        .is_set = true,
        .origin = origin[0] == '-' ? ORIGIN_OPTION : ORIGIN_VARIABLE,
    };
    if (option_value_parse(spec, origin, text, out))
        return;
    value_default(spec, out);
    option_accepted_describe(spec, accepted);
    report_warn("%s: \"%s\" is not accepted (%s); %s%s", origin, text, accepted,
                *spec->fallback ? "the default applies: " : "it counts as not set", spec->fallback);
}

void options_release(struct options *options)
{
    config_file_destroy(options->file);
    options->file = NULL;
    for (int id = 0; id < OPTION_COUNT; id++) {
        mem_free(options->secrets[id]);
        options->secrets[id] = NULL;
    }
}

/* A secret moves into our own memory: from here on ps shows asterisks in its place. */
static const char *argument_hide(struct options *out, enum option_id id, char *argument)
{
    size_t length = strlen(argument);
    char *secret = mem_alloc(length + 1);

    if (secret == NULL)
        return argument;
    memcpy(secret, argument, length + 1);
    memset(argument, '*', length);
    out->secrets[id] = secret;
    return secret;
}

/* --- command line --------------------------------------------------------------------------------
 */

enum option_id option_find(const char *name, size_t length)
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
static enum options_outcome arguments_read(int argc, char **argv, char *given[OPTION_COUNT],
                                           char ***program, bool *is_yaml)
{
    static char *none[] = { (char *)(uintptr_t) "PROGRAM", NULL };
    enum options_outcome outcome = OPTIONS_RUN;
    int at = 1;

    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        char *name = argv[at] + 2;
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
        if (strcmp(name, "print-config") == 0 || strcmp(name, "print-config=yaml") == 0) {
            outcome = OPTIONS_PRINT;
            *is_yaml = name[12] != '\0';
            continue;
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
        if (given[id] && config_is_secret(SPECS[id].name, given[id]))
            memset(given[id], '*', strlen(given[id])); /* the last one counts */
        given[id] = name[length] ? name + length + 1 : argv[++at];
    }
    if (at < argc && argv[at][0] == '-' && strcmp(argv[at - 1], "--") != 0) {
        report_error("there is no option %s; --help lists all", argv[at]);
        return OPTIONS_WRONG;
    }
    if (at >= argc && outcome == OPTIONS_PRINT) {
        *program = none;
        return outcome;
    }
    if (at >= argc) {
        report_error("the program is missing; usage: otel-instrument [options] [--] PROGRAM ARGS");
        return OPTIONS_WRONG;
    }
    *program = &argv[at];
    return outcome;
}

static bool variable_is_set(const char *name)
{
    const char *value = getenv(name);

    return value && *option_text_begin(value);
}

const char *option_variable_read(const struct option_spec *spec, char name[OPTION_VARIABLE_SIZE])
{
    const char *older = option_older_prefix(spec);

    option_variable(spec, option_is_python(spec) ? "otel_c_" : "otel_", name);
    if (older && !variable_is_set(name))
        option_variable(spec, older, name);
    return getenv(name);
}

enum options_outcome options_parse(int argc, char **argv, struct options *out)
{
    char *given[OPTION_COUNT] = { NULL };
    enum options_outcome outcome =
        arguments_read(argc, argv, given, &out->program, &out->prints_yaml);

    out->file = NULL;
    memset(out->secrets, 0, sizeof out->secrets);
    if (outcome != OPTIONS_RUN && outcome != OPTIONS_PRINT)
        return outcome;
    for (int id = 0; id < OPTION_COUNT; id++) {
        char origin[OPTION_VARIABLE_SIZE];
        const char *text = option_variable_read(&SPECS[id], origin);

        /* With a file, no other variable counts: specification configuration/sdk.md. */
        if (id > OPTION_CONFIG_FILE && out->values[OPTION_CONFIG_FILE].is_set)
            text = NULL;
        /* Python's tool writes options into the environment, where empty is unset: so here. */
        if (given[id] && *option_text_begin(given[id])) {
            text = config_is_secret(SPECS[id].name, given[id])
                       ? argument_hide(out, (enum option_id)id, given[id])
                       : given[id];
            (void)snprintf(origin, sizeof origin, "--%s", SPECS[id].name);
        }
        value_decide(&SPECS[id], origin, text, &out->values[id]);
        if (id == OPTION_LOG_LEVEL) /* the list's first: what follows is shown or not by it */
            report_level_set((enum settings_log_level)out->values[id].integer);
    }
    if (!out->values[OPTION_CONFIG_FILE].is_set)
        return outcome;
    if (!config_file_read(out->values[OPTION_CONFIG_FILE].text, out))
        return OPTIONS_WRONG;
    report_level_set((enum settings_log_level)out->values[OPTION_LOG_LEVEL].integer);
    return outcome;
}
