/* The pools of the service and the routes that each serves. One pool, one program. */
#ifndef BOARD_ROUTES_H
#define BOARD_ROUTES_H

#include "router.h"

struct pool {
    const char *name;    /* of the program and of its socket */
    const char *summary; /* one line for --help */
    const struct route *routes;
    size_t route_count;
    bool reads_store;
    bool commits; /* has a committer */
};

extern const struct pool POOL_BOARD;
extern const struct pool POOL_BOARD_COUNT;
extern const struct pool POOL_LOG;
extern const struct pool POOL_USER;
extern const struct pool POOL_STATUS;

#endif
