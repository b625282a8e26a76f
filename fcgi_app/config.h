/*
 * Every setting, default and limit of the application: the one place. Settings come from the
 * environment; a value that cannot be is refused at start, in one line that names it.
 */
#ifndef BOARD_CONFIG_H
#define BOARD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* X(field, variable, default, lowest, highest, help) */
/* clang-format off */
#define CONFIG_NUMBERS(X) \
    X(threads, "BOARD_THREADS", 4, 1, 16, "handler threads of one process") \
    X(connections, "BOARD_CONNECTIONS", 256, 1, 512, "connections of one process; more wait in the backlog") \
    X(read_timeout_ms, "BOARD_READ_TIMEOUT_MS", 10000, 100, 600000, "for one whole request to arrive, ms") \
    X(send_timeout_ms, "BOARD_SEND_TIMEOUT_MS", 30000, 100, 600000, "while the front takes nothing of an answer, ms") \
    X(drain_timeout_ms, "BOARD_DRAIN_TIMEOUT_MS", 2000, 0, 60000, "for the requests under way when asked to leave, ms") \
    X(commit_queue, "BOARD_COMMIT_QUEUE", 512, 1, 4096, "answers that may wait for their commit; more are refused with 503")
/* clang-format on */

enum {
    CONFIG_PATH_BYTES = 4096,
    CONFIG_TOKEN_BYTES = 128,
    CONFIG_BODY_BYTES_MAX = 16 * 1024 * 1024, /* of an answer that is built before it is sent */
    CONFIG_JSON_ROWS_MAX = 100,               /* more rows than that are answered by a sentence */
    CONFIG_LOG_CHUNK_ROWS = 10000,            /* of the call log, read under one snapshot */
    CONFIG_LOG_CHUNK_BYTES = 1024 * 1024,     /* of them as JSON: a chunk ends early at this */
    CONFIG_RETRY_AFTER_S = 1,                 /* what a 503 says */
    CONFIG_TICK_MS = 500,
};

struct config {
    char db_path[CONFIG_PATH_BYTES]; /* BOARD_DB */
    char run_dir[CONFIG_PATH_BYTES]; /* BOARD_RUN_DIR */
    char
        token[CONFIG_TOKEN_BYTES]; /* BOARD_TOKEN: the page's details need it; empty: they do not */
    bool uses_accept_loop;         /* BOARD_ACCEPT=loop */
    bool is_composed;              /* BOARD_INSTALLATION=compose: what remedies name */
#define X(field, variable, fallback, lowest, highest, help) unsigned field;
    CONFIG_NUMBERS(X)
#undef X
};

/* False, with one line on `errors` that begins with `program`, when a value cannot be. */
bool config_read(struct config *out, const char *program, FILE *errors);

/* The settings as --help shows them. */
void config_help(FILE *out);

#endif
