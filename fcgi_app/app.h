/*
 * The life of a worker: settings, store, telemetry, server, and a clean leave.
 *
 * The main thread only waits for signals. USR1, TERM, QUIT, INT and HUP all mean: drain and leave
 * (multiwatch sends USR1, a supervisor TERM).
 */
#ifndef BOARD_APP_H
#define BOARD_APP_H

#include "config.h"
#include "handlers/telemetry.h"
#include "handlers/trouble.h"
#include "store/store.h"

struct committer;
struct pool;

struct app {
    const struct pool *pool;
    struct config config;
    struct telemetry telemetry;
    struct trouble reading; /* of the database */
    struct trouble writing;
    struct committer *committer; /* NULL where the pool writes nothing */
};

/* What one handler thread owns. */
struct app_thread {
    struct app *app;
    struct store_reader *reader; /* NULL where the pool reads nothing */
};

/* Runs a pool's program; returns its exit status. */
int app_main(int argc, char **argv, const struct pool *pool);

#endif
