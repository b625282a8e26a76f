/* Settings from the environment. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_DB "var/board.db"
#define DEFAULT_RUN_DIR "var/run"

static bool number_read(const char *variable, unsigned lowest, unsigned highest, unsigned *value,
                        const char *program, FILE *errors)
{
    const char *text = getenv(variable);
    char *end = NULL;
    unsigned long number;

    if (text == NULL || text[0] == '\0')
        return true;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || number < lowest ||
        number > highest) {
        fprintf(errors, "%s: %s=%s is not a whole number from %u to %u\n", program, variable, text,
                lowest, highest);
        return false;
    }
    *value = (unsigned)number;
    return true;
}

static bool text_read(const char *variable, const char *fallback, char *out, size_t size,
                      const char *program, FILE *errors)
{
    const char *text = getenv(variable);

    if (text == NULL || text[0] == '\0')
        text = fallback;
    if (strlen(text) >= size) {
        fprintf(errors, "%s: %s is longer than %zu bytes\n", program, variable, size - 1);
        return false;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

/* One of two words; the first is the default. */
static bool is_second_read(const char *variable, const char *first, const char *second,
                           bool *is_second, const char *program, FILE *errors)
{
    const char *text = getenv(variable);

    *is_second = text && strcmp(text, second) == 0;
    if (text == NULL || text[0] == '\0' || *is_second || strcmp(text, first) == 0)
        return true;
    fprintf(errors, "%s: %s=%s is neither %s nor %s\n", program, variable, text, first, second);
    return false;
}

bool config_read(struct config *out, const char *program, FILE *errors)
{
    struct config config = {
#define X(field, variable, fallback, lowest, highest, help) .field = fallback,
        CONFIG_NUMBERS(X)
#undef X
    };
    bool is_good =
        text_read("BOARD_DB", DEFAULT_DB, config.db_path, CONFIG_PATH_BYTES, program, errors) &&
        text_read("BOARD_RUN_DIR", DEFAULT_RUN_DIR, config.run_dir, CONFIG_PATH_BYTES, program,
                  errors) &&
        text_read("BOARD_TOKEN", "", config.token, CONFIG_TOKEN_BYTES, program, errors) &&
        is_second_read("BOARD_ACCEPT", "epoll", "loop", &config.uses_accept_loop, program,
                       errors) &&
        is_second_read("BOARD_INSTALLATION", "make", "compose", &config.is_composed, program,
                       errors);

#define X(field, variable, fallback, lowest, highest, help)                                        \
    is_good = is_good && number_read(variable, lowest, highest, &config.field, program, errors);
    CONFIG_NUMBERS(X)
#undef X
    if (is_good)
        *out = config;
    return is_good;
}

void config_help(FILE *out)
{
    fprintf(out, "  %-24s the database file (" DEFAULT_DB ")\n", "BOARD_DB");
    fprintf(out, "  %-24s where <pool>.segment files lie (" DEFAULT_RUN_DIR ")\n", "BOARD_RUN_DIR");
    fprintf(out, "  %-24s what the page's details ask for; empty: nothing\n", "BOARD_TOKEN");
    fprintf(out, "  %-24s epoll, or loop: one connection a thread (epoll)\n", "BOARD_ACCEPT");
    fprintf(out, "  %-24s make, or compose: whose commands remedies name (make)\n",
            "BOARD_INSTALLATION");
#define X(field, variable, fallback, lowest, highest, help)                                        \
    fprintf(out, "  %-24s %s (%u; %u to %u)\n", variable, help, (unsigned)(fallback),              \
            (unsigned)(lowest), (unsigned)(highest));
    CONFIG_NUMBERS(X)
#undef X
}
