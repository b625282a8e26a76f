/* The pools' states out of their segments. */
#include "handlers/pools.h"

#include "base/clock.h"
#include "segment/check.h"
#include "segment/map.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    HEARTBEAT_LATE_S = 5, /* the launcher beats once a second */
    VIEW_TRIES = 1000,
    PATH_BYTES = 4096 + 64, /* a folder and a file's name */
};

static const struct {
    const char *name;
    const char *route;
} POOLS[POOLS_COUNT] = {
    { "board", "/board" }, { "board_count", "/board/{count}" },
    { "log", "/log" },     { "user", "/user" },
    { "status", "/" },
};

const char *pool_state_text(enum pool_state state)
{
    switch (state) {
    case POOL_SERVING:
        return "serving";
    case POOL_SHORT:
        return "short of workers";
    case POOL_UNOBSERVED:
        return "no launcher";
    case POOL_NO_WORKER:
        return "no worker";
    case POOL_NOT_STARTED:
        return "not started";
    }
    return "";
}

bool pool_is_serving(const struct pool_status *pool)
{
    return pool->state != POOL_NO_WORKER && pool->state != POOL_NOT_STARTED;
}

/*
 * Copies the view under its sequence lock: even before and the same after means that the launcher
 * did not write in between. Each byte is loaded with acquire, so that the second look at the
 * sequence comes after them all. False when it never came to rest.
 */
static bool view_copy(const struct segment_view *view, struct segment_view *out)
{
    const _Atomic unsigned char *from = (const _Atomic unsigned char *)view;
    unsigned char *to = (unsigned char *)out;

    for (int i = 0; i < VIEW_TRIES; i++) {
        uint32_t before = atomic_load_explicit(&view->sequence, memory_order_acquire);

        for (size_t at = sizeof view->sequence; at < sizeof *view; at++)
            to[at] = atomic_load_explicit(&from[at], memory_order_acquire);
        if (before % 2 == 0 &&
            atomic_load_explicit(&view->sequence, memory_order_relaxed) == before)
            return true;
    }
    return false;
}

static bool heartbeat_is_late(const struct segment_header *header)
{
    uint64_t beat_ns = atomic_load_explicit(&header->heartbeat_ns, memory_order_relaxed);
    uint64_t now_ns = clock_monotonic_ns();

    return beat_ns < now_ns && now_ns - beat_ns > HEARTBEAT_LATE_S * CLOCK_NS_PER_S;
}

static void state_read(const struct segment *segment, struct pool_status *out)
{
    struct segment_view view = { 0 };

    if (!view_copy(&segment->view, &view)) {
        out->state = POOL_UNOBSERVED;
        return;
    }
    out->workers_live = view.workers_live;
    out->workers_expected = view.workers_expected;
    out->is_rolling = view.is_rolling != 0;
    out->restarts = view.restarts;
    out->crashes = view.crashes;
    out->answers_cut = view.answers_cut;
    segment_text_copy(out->last_error, sizeof out->last_error, view.last_error,
                      sizeof view.last_error);
    if (heartbeat_is_late(&segment->header))
        out->state = POOL_UNOBSERVED;
    else if (view.workers_live == 0)
        out->state = POOL_NO_WORKER;
    else if (view.workers_live < view.workers_expected && !out->is_rolling)
        out->state = POOL_SHORT;
}

/* Does anybody listen? Asked only where there is no segment: a service without its launchers. */
static bool socket_is_open(const char *run_dir, const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.sock", run_dir, name);
    int fd = -1;
    bool is_open = false;

    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    /* EAGAIN: a full backlog. Somebody owns it. */
    is_open =
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return is_open;
}

void pools_read(const char *run_dir, struct pool_status out[POOLS_COUNT])
{
    for (size_t i = 0; i < POOLS_COUNT; i++) {
        char path[PATH_BYTES];
        struct segment *segment = NULL;

        out[i] = (struct pool_status){ .name = POOLS[i].name, .route = POOLS[i].route };
        snprintf(path, sizeof path, "%s/%s.segment", run_dir, POOLS[i].name);
        /* Mapped anew each time: a pool that was started again has another file. */
        segment = segment_map(path, SEGMENT_READ_ONLY);
        if (segment)
            state_read(segment, &out[i]);
        else if (socket_is_open(run_dir, POOLS[i].name))
            out[i].state = POOL_UNOBSERVED;
        else
            out[i].state = POOL_NOT_STARTED;
        segment_unmap(segment);
    }
}

/* The routes of the pools in this state: "/log", "/log and /user", "/board, /log and /user". */
static size_t routes_add(struct buf *out, const struct pool_status *pools, enum pool_state state)
{
    size_t count = 0;
    size_t named = 0;

    for (size_t i = 0; i < POOLS_COUNT; i++)
        count += pools[i].state == state;
    for (size_t i = 0; i < POOLS_COUNT; i++) {
        if (pools[i].state != state)
            continue;
        if (named > 0)
            buf_add_text(out, named + 1 == count ? " and " : ", ");
        buf_add_text(out, pools[i].route);
        named++;
    }
    return count;
}

static bool has_state(const struct pool_status *pools, enum pool_state state)
{
    for (size_t i = 0; i < POOLS_COUNT; i++) {
        if (pools[i].state == state)
            return true;
    }
    return false;
}

/* "Not serving /log: no worker." for what is down, worst first. */
static void down_add(struct buf *out, const struct pool_status *pools)
{
    static const enum pool_state DOWN[] = { POOL_NOT_STARTED, POOL_NO_WORKER };
    const char *lead = "Not serving ";

    for (size_t i = 0; i < sizeof DOWN / sizeof DOWN[0]; i++) {
        if (!has_state(pools, DOWN[i]))
            continue;
        buf_add_text(out, lead);
        routes_add(out, pools, DOWN[i]);
        buf_add_format(out, ": %s", pool_state_text(DOWN[i]));
        lead = "; ";
    }
    buf_add_text(out, ".");
}

void pools_sentence(struct buf *out, const struct pool_status pools[POOLS_COUNT])
{
    bool is_short = has_state(pools, POOL_SHORT);
    bool is_unobserved = has_state(pools, POOL_UNOBSERVED);

    if (has_state(pools, POOL_NOT_STARTED) || has_state(pools, POOL_NO_WORKER)) {
        down_add(out, pools);
        return;
    }
    buf_add_text(out, "Serving");
    if (is_short) {
        size_t count;

        buf_add_text(out, ", but ");
        count = routes_add(out, pools, POOL_SHORT);
        buf_add_text(out, count > 1 ? " are short of workers" : " is short of workers");
    }
    if (is_unobserved) {
        buf_add_text(out, is_short ? " and nothing watches " : ", but nothing watches ");
        routes_add(out, pools, POOL_UNOBSERVED);
    }
    buf_add_text(out, ".");
}

void pool_remedy(struct buf *out, const struct pool_status *pool)
{
    switch (pool->state) {
    case POOL_SERVING:
        break;
    case POOL_NOT_STARTED:
        buf_add_text(out, "make start");
        break;
    case POOL_SHORT:
    case POOL_UNOBSERVED:
    case POOL_NO_WORKER:
        buf_add_format(out, "make restart POOL=%s", pool->name);
        break;
    }
}
