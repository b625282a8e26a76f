/* The state of the whole in words: what is worst first, and what follows from it. */
#include "base/clock.h"
#include "status/status.h"
#include "status/words.h"

#include <inttypes.h>

static bool has_state(const struct status *status, enum status_state state)
{
    for (size_t i = 0; i < status->pool_count; i++)
        if (status->pools[i].state == state)
            return true;
    return false;
}

/* The routes of the pools in this state: "/log", "/log and /user", "/board, /log and /user". */
static size_t routes_add(const struct status *status, enum status_state state, struct buf *out)
{
    size_t count = 0;
    size_t named = 0;

    for (size_t i = 0; i < status->pool_count; i++)
        count += status->pools[i].state == state;
    for (size_t i = 0; i < status->pool_count; i++) {
        if (status->pools[i].state != state)
            continue;
        if (named > 0)
            buf_add_text(out, named + 1 == count ? " and " : ", ");
        buf_add_text(out, status->pools[i].route);
        named++;
    }
    return count;
}

/* "Not serving /log: no worker." for what is down, worst first. */
static void down_add(const struct status *status, struct buf *out)
{
    static const enum status_state DOWN[] = { STATUS_NOT_STARTED, STATUS_NO_WORKER };
    const char *lead = "Not serving ";

    for (size_t i = 0; i < sizeof DOWN / sizeof DOWN[0]; i++) {
        if (!has_state(status, DOWN[i]))
            continue;
        buf_add_text(out, lead);
        routes_add(status, DOWN[i], out);
        buf_add_format(out, ": %s", status_state_text(DOWN[i]));
        lead = "; ";
    }
    buf_add_text(out, ".");
}

/* The first pool whose last export failed; NULL: none. */
static const struct status_pool *export_trouble(const struct status *status)
{
    for (size_t i = 0; i < status->pool_count; i++)
        if (status->pools[i].view.last_error[0] != '\0')
            return &status->pools[i];
    return NULL;
}

enum status_level status_level(const struct status *status)
{
    if (status->pool_count == 0 || has_state(status, STATUS_NOT_STARTED) ||
        has_state(status, STATUS_NO_WORKER))
        return STATUS_BAD;
    if (has_state(status, STATUS_SHORT) || has_state(status, STATUS_UNOBSERVED) ||
        export_trouble(status))
        return STATUS_WARNING;
    return STATUS_GOOD;
}

void status_sentence(const struct status *status, struct buf *out)
{
    const char *lead = ", but ";

    if (status->pool_count == 0) {
        buf_add_text(out, "Nothing is here: no pool has a segment.");
        return;
    }
    if (status_level(status) == STATUS_BAD) {
        down_add(status, out);
        return;
    }
    buf_add_text(out, "Serving");
    if (has_state(status, STATUS_SHORT)) {
        size_t count;

        buf_add_text(out, lead);
        count = routes_add(status, STATUS_SHORT, out);
        buf_add_text(out, count > 1 ? " are short of workers" : " is short of workers");
        lead = " and ";
    }
    if (has_state(status, STATUS_UNOBSERVED)) {
        buf_add_format(out, "%snothing watches ", lead);
        routes_add(status, STATUS_UNOBSERVED, out);
        lead = " and ";
    }
    if (export_trouble(status))
        buf_add_format(out, "%stelemetry does not reach its receiver", lead);
    buf_add_text(out, ".");
}

static void strength_add(const struct status *status, struct buf *out)
{
    size_t whole = 0;

    for (size_t i = 0; i < status->pool_count; i++)
        whole += status->pools[i].state == STATUS_SERVING;
    buf_add_format(out, "%zu of %zu pools at full strength.", whole, status->pool_count);
}

static void telemetry_add(const struct status *status, struct buf *out)
{
    struct status_books books = status_books_sum(status);
    uint64_t lost =
        books.spans.dropped + books.spans.failed + books.logs.dropped + books.logs.failed;
    uint64_t last_ns = 0;

    for (size_t i = 0; i < status->pool_count; i++)
        if (status->pools[i].view.last_export_ns > last_ns)
            last_ns = status->pools[i].view.last_export_ns;
    if (last_ns == 0) {
        buf_add_text(out, " No telemetry has left yet.");
    } else {
        buf_add_text(out, " Telemetry last left ");
        words_age(status->now_ns > last_ns ? status->now_ns - last_ns : 0, out);
        buf_add_text(out, " ago.");
    }
    if (lost == 0)
        buf_add_text(out, " Nothing lost.");
    else
        buf_add_format(out, " %" PRIu64 " spans and log records lost.", lost);
}

/* The last crash, for as long as the figures of the routes reach back. */
static void crash_add(const struct status *status, struct buf *out)
{
    const struct status_pool *last = NULL;

    for (size_t i = 0; i < status->pool_count; i++)
        if (status->pools[i].view.crash_ns > (last ? last->view.crash_ns : 0))
            last = &status->pools[i];
    if (last == NULL || last->view.crash_ns > status->now_ns ||
        status->now_ns - last->view.crash_ns > SEGMENT_SECOND_COUNT * CLOCK_NS_PER_S)
        return;
    buf_add_format(out, " A worker of %s crashed ", last->name);
    words_age(status->now_ns - last->view.crash_ns, out);
    buf_add_text(out, " ago.");
}

void status_detail(const struct status *status, struct buf *out)
{
    strength_add(status, out);
    crash_add(status, out);
    telemetry_add(status, out);
}

void status_pool_remedy(const struct status *status, const struct status_pool *pool,
                        struct buf *out)
{
    switch (pool->state) {
    case STATUS_SERVING:
        break;
    case STATUS_NOT_STARTED:
        if (status->is_composed)
            buf_add_format(out, "docker compose up -d %s", pool->name);
        else
            buf_add_text(out, "make start");
        break;
    case STATUS_SHORT:
    case STATUS_UNOBSERVED:
    case STATUS_NO_WORKER:
        buf_add_format(out,
                       status->is_composed ? "docker compose restart %s" : "make restart POOL=%s",
                       pool->name);
        break;
    }
}

void status_remedy(const struct status *status, struct buf *out)
{
    const struct status_pool *worst = NULL;

    for (size_t i = 0; i < status->pool_count; i++)
        if (!worst || status->pools[i].state > worst->state)
            worst = &status->pools[i];
    if (worst && worst->state != STATUS_SERVING)
        status_pool_remedy(status, worst, out);
    else if (export_trouble(status))
        buf_add_text(out, export_trouble(status)->view.last_error);
}
