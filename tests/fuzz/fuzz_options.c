/* The launcher's command line and variables, one argument a line; then what follows from them. */
#include "agent/config/options.h"
#include "agent/config/settings.h"
#include "fuzz.h"

enum { ARGUMENTS_MAX = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char program[] = "otel-instrument", end[] = "--", command[] = "true";
    struct fuzz_input input = { data, size };
    char *text = fuzz_text(&input, size);
    char *arguments[ARGUMENTS_MAX + 4] = { program };
    struct options options = { 0 };
    struct settings settings = { 0 };
    char *rest = text;
    int count = 1;

    for (char *line; count < ARGUMENTS_MAX && (line = strsep(&rest, "\n")) != NULL; count++)
        arguments[count] = line;
    arguments[count++] = end;
    arguments[count++] = command;
    if (options_parse(count, arguments, &options) == OPTIONS_RUN) {
        FUZZ_PROMISE(options.program != NULL && options.program[0] != NULL);
        if (settings_derive(&options, &settings))
            FUZZ_PROMISE(settings.span_batch.batch_size_max <= settings.span_batch.queue_size_max);
        settings_release(&settings);
    }
    options_release(&options);
    free(text);
    return 0;
}
