/*
 * otel-status: how the pools are, in a terminal, read from their segments. It needs neither nginx
 * nor a worker nor a back end, and shows dead pools as well as living ones.
 */
#include "status/json.h"
#include "status/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    OUT_BYTES_MAX = 4 * 1024 * 1024,
    REQUESTS_SHOWN = 15,
    ROWS_BESIDE_REQUESTS = 30, /* of a screen: what is not a request, about */
};

#define DEFAULT_FOLDER "var/run"
#define SCREEN_CLEAR "\033[H\033[2J"

struct wishes {
    const char *folder;
    const char *trace_id;
    bool is_json;
    bool is_once;
    bool is_composed;
};

static void help_print(void)
{
    printf("otel-status [--json] [--once] [--dir FOLDER] [--trace ID]\n\n"
           "Shows the pools whose segments lie in FOLDER, anew each second on a terminal.\n"
           "  --json        as /status.json, once\n"
           "  --once        as text, once; so it is where the output is no terminal\n"
           "  --dir FOLDER  default $BOARD_RUN_DIR, else " DEFAULT_FOLDER "\n"
           "  --trace ID    --json: with this request's spans, log lines and exception\n"
           "Status 0: serving; 1: something is down; 2: wrong use.\n");
}

/* False when it is over, with *status. */
static bool arguments_read(int argc, char **argv, struct wishes *out, int *status)
{
    const char *folder = getenv("BOARD_RUN_DIR");
    const char *installation = getenv("BOARD_INSTALLATION");

    *out = (struct wishes){ .folder = folder && *folder ? folder : DEFAULT_FOLDER,
                            .is_composed = installation && strcmp(installation, "compose") == 0 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            out->is_json = true;
        } else if (strcmp(argv[i], "--once") == 0) {
            out->is_once = true;
        } else if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc) {
            out->folder = argv[++i];
        } else if (strcmp(argv[i], "--trace") == 0 && i + 1 < argc) {
            out->trace_id = argv[++i];
        } else {
            *status = strcmp(argv[i], "--help") == 0 ? 0 : 2;
            if (*status != 0)
                fprintf(stderr, "otel-status: %s: see --help\n", argv[i]);
            else
                help_print();
            return false;
        }
    }
    return true;
}

static size_t request_limit(bool is_screen)
{
    struct winsize size;

    if (!is_screen || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 ||
        size.ws_row <= ROWS_BESIDE_REQUESTS)
        return REQUESTS_SHOWN;
    return (size_t)size.ws_row - ROWS_BESIDE_REQUESTS;
}

static void json_print(struct buf *out, const struct status *status)
{
    struct json json = json_writer(out);

    json_object_begin(&json);
    status_json_write(&json, status, true);
    json_object_end(&json);
    buf_add_text(out, "\n");
}

/* Once; the program's status, or -1 when nobody reads any more. */
static int show(const struct wishes *wishes, bool is_screen, struct buf *out)
{
    struct status *status =
        status_create(&(struct status_options){ .folder = wishes->folder,
                                                .trace_id = wishes->trace_id,
                                                .is_composed = wishes->is_composed });
    int result = 1;

    if (status == NULL) {
        fprintf(stderr, "otel-status: there is no memory\n");
        return 1;
    }
    buf_clear(out);
    if (wishes->is_json)
        json_print(out, status);
    else
        status_table_write(out, status, request_limit(is_screen));
    result = status_level(status) == STATUS_BAD;
    status_destroy(status);
    if (is_screen)
        fputs(SCREEN_CLEAR, stdout);
    if (fwrite(out->data, 1, out->length, stdout) != out->length || fflush(stdout) != 0)
        return -1;
    return result;
}

int main(int argc, char **argv)
{
    struct wishes wishes;
    struct buf out;
    bool is_screen;
    int status = 0;

    if (!arguments_read(argc, argv, &wishes, &status))
        return status;
    is_screen = isatty(STDOUT_FILENO) && !wishes.is_json && !wishes.is_once;
    buf_init(&out, OUT_BYTES_MAX);
    status = show(&wishes, is_screen, &out);
    while (is_screen && status >= 0) {
        struct timespec second = { .tv_sec = 1 };

        (void)nanosleep(&second, NULL); /* a signal ends the program, or shows it sooner */
        status = show(&wishes, is_screen, &out);
    }
    buf_release(&out);
    return status < 0 ? 1 : status;
}
