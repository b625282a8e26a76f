/*
 * How the pools are, as the status page shows it: read from their segments, which nothing here
 * trusts or changes.
 */
#ifndef BOARD_HANDLERS_POOLS_H
#define BOARD_HANDLERS_POOLS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum pool_state {
    POOL_SERVING = 0,
    POOL_SHORT,      /* fewer workers than there were */
    POOL_UNOBSERVED, /* it may well serve, but its launcher is gone: nobody restarts or exports */
    POOL_NO_WORKER,
    POOL_NOT_STARTED, /* neither a segment nor a socket */
};

/* "serving", "short of workers", … as one lower-case phrase. Never NULL. */
const char *pool_state_text(enum pool_state state);

struct pool_status {
    const char *name;  /* "log" */
    const char *route; /* "/log" */
    enum pool_state state;
    uint32_t workers_live;
    uint32_t workers_expected; /* 0: not known yet */
    bool is_rolling;
    uint64_t restarts;
    uint64_t crashes;
    uint64_t answers_cut;
    char last_error[256]; /* of its launcher; empty: none */
};

enum { POOLS_COUNT = 5 };

/* All pools of the service, from <run_dir>/<pool>.segment. */
void pools_read(const char *run_dir, struct pool_status out[POOLS_COUNT]);

/* True when the pool answers requests. */
bool pool_is_serving(const struct pool_status *pool);

/*
 * The state of the whole in one sentence: "Serving.", "Serving, but …", or
 * "Not serving /log: no worker."
 */
void pools_sentence(struct buf *out, const struct pool_status pools[POOLS_COUNT]);

/* Adds what a person types to mend it; nothing where there is nothing to mend. */
void pool_remedy(struct buf *out, const struct pool_status *pool);

#endif
