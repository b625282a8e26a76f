#include "status/metrics.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

/* Label values: backslash, quote and line feed are escaped, in both formats. */
static void label_add(struct buf *out, const char *name, const char *value)
{
    buf_add_format(out, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\n')
            buf_add_text(out, "\\n");
        else if (*value == '"' || *value == '\\')
            buf_add_format(out, "\\%c", *value);
        else
            buf_add(out, value, 1);
    }
    buf_add_text(out, "\"");
}

static void head_add(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* --- routes ----------------------------------------------------------------------------------- */

static void route_labels(struct buf *out, const struct status *status,
                         const struct status_route *route)
{
    label_add(out, "fcgi_pool", status->pools[route->pool].name);
    buf_add_text(out, ",");
    label_add(out, "http_request_method", route->method);
    buf_add_text(out, ",");
    label_add(out, "http_route", route->route);
}

#define DURATION "http_server_request_duration_seconds"

/* A bucket for each doubling. */
static void route_buckets(struct buf *out, const struct status *status,
                          const struct status_route *route)
{
    uint64_t below = 0;
    uint64_t all = 0;

    for (size_t i = 0; i < LATENCY_COUNT; i++)
        all += route->total_latency[i];
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        below += route->total_latency[i];
        if (i % LATENCY_STEPS != 0)
            continue;
        buf_add_text(out, DURATION "_bucket{");
        route_labels(out, status, route);
        buf_add_format(out, ",le=\"%.9g\"} %" PRIu64 "\n",
                       (double)latency_bound_ns(i + 1) / (double)CLOCK_NS_PER_S, below);
    }
    buf_add_text(out, DURATION "_bucket{");
    route_labels(out, status, route);
    buf_add_format(out, ",le=\"+Inf\"} %" PRIu64 "\n" DURATION "_sum{", all);
    route_labels(out, status, route);
    buf_add_format(out, "} %.9g\n" DURATION "_count{",
                   (double)route->total_duration_ns / (double)CLOCK_NS_PER_S);
    route_labels(out, status, route);
    buf_add_format(out, "} %" PRIu64 "\n", all);
}

static void routes_add(struct buf *out, const struct status *status, const char *suffix)
{
    head_add(out, DURATION, "histogram", "Duration of requests.");
    for (size_t i = 0; i < status->route_count; i++)
        route_buckets(out, status, &status->routes[i]);
    buf_add_format(out,
                   "# HELP board_request_errors%s Requests that failed.\n"
                   "# TYPE board_request_errors%s counter\n",
                   suffix, suffix);
    for (size_t i = 0; i < status->route_count; i++) {
        buf_add_text(out, "board_request_errors_total{");
        route_labels(out, status, &status->routes[i]);
        buf_add_format(out, "} %" PRIu64 "\n", status->routes[i].total_errors);
    }
}

/* --- pools ------------------------------------------------------------------------------------ */

static void pool_value(struct buf *out, const char *name, const struct status_pool *pool,
                       uint64_t value)
{
    buf_add_format(out, "%s{", name);
    label_add(out, "fcgi_pool", pool->name);
    buf_add_format(out, "} %" PRIu64 "\n", value);
}

/* X(name, help, known?, value): gauges of a pool `p`. */
#define POOL_GAUGES(X)                                                                             \
    X("board_pool_serving", "1 while the pool answers.", true, status_pool_is_serving(p))          \
    X("board_pool_workers", "Workers that live.", true, p->view.workers_live)                      \
    X("board_pool_workers_expected", "Workers that there were at most.", true,                     \
      p->view.workers_expected)                                                                    \
    X("board_pool_queue", "Connections that wait to be accepted.",                                 \
      p->created_ns != 0 && p->view.queue_now != SEGMENT_UNKNOWN, p->view.queue_now)               \
    X("board_pool_queue_limit", "Connections that may wait.",                                      \
      p->created_ns != 0 && p->view.queue_limit != SEGMENT_UNKNOWN, p->view.queue_limit)

static void pool_gauges(struct buf *out, const struct status *status)
{
#define X(name, help, is_known, value)                                                             \
    head_add(out, name, "gauge", help);                                                            \
    for (size_t i = 0; i < status->pool_count; i++) {                                              \
        const struct status_pool *p = &status->pools[i];                                           \
        if (is_known)                                                                              \
            pool_value(out, name, p, value);                                                       \
    }
    POOL_GAUGES(X)
#undef X
}

static void pool_counters(struct buf *out, const struct status *status, const char *suffix)
{
    buf_add_format(out,
                   "# HELP board_worker_crashes%s Workers that died by themselves.\n"
                   "# TYPE board_worker_crashes%s counter\n",
                   suffix, suffix);
    for (size_t i = 0; i < status->pool_count; i++)
        pool_value(out, "board_worker_crashes_total", &status->pools[i],
                   status->pools[i].view.crashes);
    buf_add_format(out,
                   "# HELP board_worker_restarts%s Workers replaced on request.\n"
                   "# TYPE board_worker_restarts%s counter\n",
                   suffix, suffix);
    for (size_t i = 0; i < status->pool_count; i++)
        pool_value(out, "board_worker_restarts_total", &status->pools[i],
                   status->pools[i].view.restarts);
}

/* --- books ------------------------------------------------------------------------------------ */

static void book_add(struct buf *out, const char *signal, const char *fate, uint64_t value)
{
    buf_add_format(out, "board_telemetry_records{signal=\"%s\",fate=\"%s\"} %" PRIu64 "\n", signal,
                   fate, value);
}

static void books_add(struct buf *out, const char *signal, const struct segment_books *books)
{
    book_add(out, signal, "exported", books->exported);
    book_add(out, signal, "in_ring", books->in_ring);
    book_add(out, signal, "queued", books->queued);
    book_add(out, signal, "spooled", books->spooled);
    book_add(out, signal, "failed", books->failed);
    book_add(out, signal, "dropped", books->dropped);
    book_add(out, signal, "sampled_out", books->sampled_out);
}

void status_metrics_write(struct buf *out, const struct status *status, bool is_openmetrics)
{
    struct status_books books = status_books_sum(status);
    /* OpenMetrics names a counter's family without the suffix of its samples. */
    const char *suffix = is_openmetrics ? "" : "_total";

    routes_add(out, status, suffix);
    pool_gauges(out, status);
    pool_counters(out, status, suffix);
    head_add(out, "board_telemetry_records", "gauge",
             "Spans and log records that ended, by what became of them.");
    books_add(out, "spans", &books.spans);
    books_add(out, "logs", &books.logs);
    if (is_openmetrics)
        buf_add_text(out, "# EOF\n");
}
