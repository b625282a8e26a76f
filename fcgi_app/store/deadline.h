/*
 * Waiting with an end: a point in time after which one stops trying, and the short uneven sleeps
 * until then. Sleeps that grow to 100 ms, as SQLite's own do, let whoever has the lock keep it.
 */
#ifndef BOARD_STORE_DEADLINE_H
#define BOARD_STORE_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct store__deadline {
    int64_t at_ns; /* monotonic */
};

int64_t store__now_ns(void); /* monotonic */

struct store__deadline store__deadline_in(int64_t wait_ms);

/* Sleeps for some `sleep_us`, half to one and a half of it. False at once when time is up. */
bool store__deadline_sleep(const struct store__deadline *deadline, int64_t sleep_us);

#endif
