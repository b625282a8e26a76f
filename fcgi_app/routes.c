/* The service's table of contents. */
#include "routes.h"

#include "handlers/handlers.h"

static const struct route BOARD[] = {
    { "/board", handle_board },
};

static const struct route BOARD_COUNT[] = {
    { "/board/{count}", handle_board_count },
};

static const struct route LOG[] = {
    { "/log", handle_log },
};

static const struct route USER[] = {
    { "/user", handle_user },
};

static const struct route STATUS[] = {
    { "/", handle_status_page },
    { "/status.json", handle_status_json },
    { "/metrics", handle_metrics },
};

#define ROUTES(table) .routes = (table), .route_count = sizeof(table) / sizeof(table)[0]

const struct pool POOL_BOARD = {
    .name = "board",
    .summary = "Every post, as JSON up to 100 of them.",
    ROUTES(BOARD),
    .reads_store = true,
};

const struct pool POOL_BOARD_COUNT = {
    .name = "board_count",
    .summary = "The first posts, as many as asked for; each call is logged in the database.",
    ROUTES(BOARD_COUNT),
    .reads_store = true,
    .commits = true,
};

const struct pool POOL_LOG = {
    .name = "log",
    .summary = "The call log, streamed.",
    ROUTES(LOG),
    .reads_store = true,
};

const struct pool POOL_USER = {
    .name = "user",
    .summary = "Fails inside the application, always: to see a failure observed.",
    ROUTES(USER),
};

const struct pool POOL_STATUS = {
    .name = "status",
    .summary = "The page, its data, and 404 for every path that no other pool serves.",
    ROUTES(STATUS),
    .reads_store = true,
};
