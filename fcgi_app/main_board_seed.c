/*
 * board_seed: makes the database file and fills it, or looks whether it holds together. Leaves a
 * table that has rows as it is, so it can be run before every start.
 */
#include "store/seed.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, ROWS_DEFAULT = 10000, PROGRESS_LINE_ROWS = 100000 };

static const char HELP[] =
    "Usage: board_seed PATH [--rows N]\n"
    "       board_seed PATH --check\n"
    "\n"
    "Makes the database file PATH with its tables where they are missing, and fills an empty\n"
    "board with posts. A board that has posts is left as it is.\n"
    "\n"
    "  --rows N   posts to make, 0 to 1000000 (default 10000)\n"
    "  --check    only look whether the file holds together\n"
    "  --help     this text\n";

struct options {
    const char *path;
    int64_t rows;
    bool is_check;
    bool is_help;
};

static bool rows_read(const char *text, int64_t *out)
{
    char *end = NULL;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > STORE_SEED_ROWS_MAX)
        return false;
    *out = value;
    return true;
}

static bool options_read(int argc, char **argv, struct options *out)
{
    static const struct option LONG[] = {
        { "rows", required_argument, NULL, 'r' },
        { "check", no_argument, NULL, 'c' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        switch (letter) {
        case 'r':
            if (!rows_read(optarg, &out->rows)) {
                fprintf(stderr, "board_seed: --rows %s: want a number from 0 to %d\n", optarg,
                        STORE_SEED_ROWS_MAX);
                return false;
            }
            break;
        case 'c':
            out->is_check = true;
            break;
        case 'h':
            out->is_help = true;
            return true;
        default:
            return false; /* getopt has said what is wrong */
        }
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "board_seed: want one path; --help says more\n");
        return false;
    }
    out->path = argv[optind];
    return true;
}

static const char *reason(enum store_status status)
{
    switch (status) {
    case STORE_OK:
        return "fine";
    case STORE_ERR_BUSY:
        return "another program keeps it locked; try again when that has ended";
    case STORE_ERR_UNAVAILABLE:
        return "it cannot be opened; is its folder there and is it a database of the board?";
    case STORE_ERR_FULL:
        return "no space is left on the disk";
    case STORE_ERR_IO:
        return "the disk reported an error";
    case STORE_ERR_CORRUPT:
        return "the file is damaged; restore it from a copy";
    case STORE_ERR_READ_ONLY:
        return "it cannot be written; check the owner and mode of the file and its folder";
    case STORE_ERR_NOMEM:
        return "no memory is left";
    case STORE_ERR_OTHER:
        return "the database engine refused";
    }
    return "the database engine refused";
}

/* One line that grows on a terminal, a line a tenth elsewhere. */
static void progress_show(void *user, int64_t done)
{
    int64_t rows = ((const struct options *)user)->rows;
    bool is_terminal = isatty(STDERR_FILENO) == 1;

    if (rows < PROGRESS_LINE_ROWS || (!is_terminal && done % (rows / 10) >= 10000))
        return;
    fprintf(stderr, "%sboard_seed: %" PRId64 " of %" PRId64 " posts%s", is_terminal ? "\r" : "",
            done, rows, is_terminal && done + 10000 <= rows ? "" : "\n");
}

static enum store_status seed(struct options *options)
{
    int64_t made = 0;
    enum store_status status =
        store_seed(options->path, options->rows, progress_show, options, &made);

    if (status == STORE_OK && made > 0)
        printf("board_seed: %s: %" PRId64 " posts made\n", options->path, made);
    else if (status == STORE_OK && options->rows > 0)
        printf("board_seed: %s: has posts already, left as it is\n", options->path);
    return status;
}

static enum store_status check(const struct options *options)
{
    enum store_status status = store_check(options->path);
    struct store_facts facts;

    store_facts_read(options->path, &facts);
    if (status == STORE_OK)
        printf("board_seed: %s: holds together; SQLite %s: %s\n", options->path,
               facts.engine_version, facts.engine_note);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = { .rows = ROWS_DEFAULT };
    enum store_status status;

    if (!options_read(argc, argv, &options))
        return EXIT_USAGE;
    if (options.is_help) {
        fputs(HELP, stdout);
        return EXIT_SUCCESS;
    }
    status = options.is_check ? check(&options) : seed(&options);
    if (status != STORE_OK)
        fprintf(stderr, "board_seed: %s: %s\n", options.path, reason(status));
    return status == STORE_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
