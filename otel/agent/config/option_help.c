#include "agent/config/option_spec.h"

#include <string.h>

static void variables_describe(const struct option_spec *spec, const char *between, char *out,
                               size_t size)
{
    const char *older = option_older_prefix(spec);
    char first[OPTION_VARIABLE_SIZE];
    char second[OPTION_VARIABLE_SIZE];

    option_variable(spec, option_is_python(spec) ? "otel_c_" : "otel_", first);
    if (older)
        option_variable(spec, older, second);
    (void)snprintf(out, size, "%s%s%s", first, older ? between : "", older ? second : "");
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
        "  --help [=markdown]\n  --version\n"
        "  --print-config [=yaml]   every value and where it comes from; as a configuration "
        "file\n");
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = option_spec((enum option_id)id);
        char accepted[OPTION_ACCEPTED_SIZE];
        char variables[2 * OPTION_VARIABLE_SIZE + 8];

        option_accepted_describe(spec, accepted);
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
        const struct option_spec *spec = option_spec((enum option_id)id);
        char accepted[OPTION_ACCEPTED_SIZE];
        char variables[2 * OPTION_VARIABLE_SIZE + 8];

        option_accepted_describe(spec, accepted);
        for (char *bar = strchr(accepted, '|'); bar; bar = strchr(bar, '|'))
            *bar = ' '; /* a bar would end the table's cell */
        variables_describe(spec, "`, `", variables, sizeof variables);
        (void)fprintf(out, "| `%s` | `%s` | %s | %s | %s |\n", spec->name, variables, accepted,
                      *spec->fallback ? spec->fallback : "-", spec->help);
    }
}
