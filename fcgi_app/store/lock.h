/*
 * The write lock of a database file: flock on `<path>.lock`. Whoever writes, or checkpoints,
 * holds it; so no two connections of this machine's workers ever do at the same moment, which
 * also keeps clear of the WAL-reset defect of SQLite 3.7.0 to 3.51.2.
 *
 * Advisory, and beside SQLite's own locks, which stay in force for everybody else.
 */
#ifndef BOARD_STORE_LOCK_H
#define BOARD_STORE_LOCK_H

#include "store/deadline.h"
#include "store/store.h"

#include <sys/types.h>

/* One thread. All zero but for the path is a lock that was never taken. */
struct store__lock {
    const char *path; /* of the database; the owner's */
    pid_t pid;        /* who opened it: a lock shared over fork would be held by both; 0: nobody */
    int descriptor;
    bool is_first; /* in the queue, while waiting */
};

/* Errors: BUSY when time is up; otherwise why `<path>.lock` cannot be opened. */
enum store_status store__lock_take(struct store__lock *lock,
                                   const struct store__deadline *deadline);
void store__lock_give(struct store__lock *lock);
void store__lock_close(struct store__lock *lock);

#endif
