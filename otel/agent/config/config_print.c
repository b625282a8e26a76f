#include "agent/config/config_print.h"

#include "agent/config/config_file.h"
#include "agent/config/option_spec.h"

#include <stdlib.h>
#include <string.h>

bool config_is_secret(const char *option, const char *text)
{
    const char *end = strstr(option, "_headers");
    const char *authority = strstr(text, "://");

    if (strncmp(option, "exporter_", 9) == 0 &&
        ((end && end[8] == '\0') || strstr(option, "password")))
        return text[0] != '\0';
    return authority && memchr(authority + 3, '@', strcspn(authority + 3, "/?#"));
}

static void origin_print(const struct options *options, const struct option_spec *spec,
                         const struct option_value *value, FILE *out)
{
    char variable[OPTION_VARIABLE_SIZE];

    switch (value->origin) {
    case ORIGIN_DEFAULT:
        (void)fprintf(out, "default\n");
        break;
    case ORIGIN_VARIABLE:
        (void)option_variable_read(spec, variable);
        (void)fprintf(out, "variable %s\n", variable);
        break;
    case ORIGIN_FILE:
        (void)fprintf(out, "file %s:%u:%u\n", options->file->path, value->line, value->column);
        break;
    case ORIGIN_OPTION:
        (void)fprintf(out, "option --%s\n", spec->name);
        break;
    }
}

bool config_print(const struct options *options, FILE *out)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_spec *spec = option_spec((enum option_id)id);
        const struct option_value *value = &options->values[id];

        (void)fprintf(out, "%s = %s\t# ", spec->name,
                      config_is_secret(spec->name, value->text) ? "(set, not shown)" : value->text);
        origin_print(options, spec, value, out);
    }
    if (options->file && options->file->extras.has_samplers)
        (void)fprintf(out, "# the sampler is that of %s\n", options->file->path);
    return fflush(out) == 0 && !ferror(out);
}
