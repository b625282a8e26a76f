#include "status/table.h"

#include "base/clock.h"
#include "status/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A path may hold what would drive the terminal; bytes beyond ASCII could do so in an old one. */
static void text_add(struct buf *out, const char *text, int width)
{
    int length = 0;

    for (; *text != '\0' && (width == 0 || length < width); text++, length++)
        buf_add(out, (unsigned char)*text < ' ' || (unsigned char)*text > '~' ? "." : text, 1);
    for (; length < width; length++)
        buf_add_text(out, " ");
}

/* Right-aligned, made by a writer of words.h. */
static void ms_add(struct buf *out, bool is_known, uint64_t ns)
{
    char room[32] = "-";
    struct buf text = { .data = room, .capacity = sizeof room, .limit = sizeof room - 1 };

    if (is_known) {
        words_ms(ns, &text);
        room[text.length] = '\0';
    }
    buf_add_format(out, " %8s", room);
}

static void time_add(struct buf *out, uint64_t wall_ns)
{
    time_t s = (time_t)(wall_ns / CLOCK_NS_PER_S);
    struct tm local = { 0 };

    (void)localtime_r(&s, &local); /* fails for years that no clock shows */
    buf_add_format(out, "%02d:%02d:%02d.%03d", local.tm_hour, local.tm_min, local.tm_sec,
                   (int)(wall_ns / CLOCK_NS_PER_MS % 1000));
}

static void state_add(struct buf *out, const struct status *status)
{
    size_t begin;

    status_sentence(status, out);
    buf_add_text(out, " ");
    status_detail(status, out);
    buf_add_text(out, "\n");
    begin = out->length;
    buf_add_text(out, "-> ");
    status_remedy(status, out);
    if (out->length == begin + 3)
        out->length = begin;
    else
        buf_add_text(out, "\n");
}

static void routes_add(struct buf *out, const struct status *status)
{
    buf_add_format(out, "\n%-30s %8s %8s %8s %8s %8s %8s\n", "route", "req/s", "p50 ms", "p95",
                   "p99", "requests", "errors");
    for (size_t i = 0; i < status->route_count; i++) {
        const struct status_route *route = &status->routes[i];

        text_add(out, route->method, 8);
        text_add(out, route->route[0] != '\0' ? route->route : "no route", 22);
        buf_add_format(out, " %8.1f", route->per_s);
        ms_add(out, route->count > 0, route->p50_ns);
        ms_add(out, route->count > 0, route->p95_ns);
        ms_add(out, route->count > 0, route->p99_ns);
        buf_add_format(out, " %8" PRIu64 " %8" PRIu64 "\n", route->count, route->errors);
    }
}

/* A letter a thread, as "..W.w": idle, reading, working, writing. */
static void threads_add(struct buf *out, const struct status_pool *pool)
{
    static const char LETTERS[STATUS_ACTIVITY_COUNT] = { '.', 'r', 'W', 'w' };
    int length = 0;

    for (size_t i = 0; i < pool->thread_count && length < 18; i++, length++)
        buf_add(out, &LETTERS[pool->threads[i].activity], 1);
    for (; length < 18; length++)
        buf_add_text(out, " ");
}

static void pools_add(struct buf *out, const struct status *status)
{
    buf_add_format(out, "\n%-14s %-18s %-18s %9s %13s %9s %8s\n", "pool", "state",
                   "threads (W works)", "workers", "queue", "replaced", "crashes");
    for (size_t i = 0; i < status->pool_count; i++) {
        const struct status_pool *pool = &status->pools[i];
        const struct segment_view *view = &pool->view;
        char queue[32] = "-";

        if (pool->created_ns != 0 && view->queue_now != SEGMENT_UNKNOWN)
            (void)snprintf(queue, sizeof queue, "%" PRIu32 " / %" PRIu32, view->queue_now,
                           view->queue_limit);
        text_add(out, pool->name, 14);
        buf_add_format(out, " %-18s ", status_state_text(pool->state));
        threads_add(out, pool);
        buf_add_format(out, " %4" PRIu32 " / %2" PRIu32 " %13s %9" PRIu64 " %8" PRIu64 "\n",
                       view->workers_live, view->workers_expected, queue, view->restarts,
                       view->crashes);
    }
}

static void requests_add(struct buf *out, const struct status *status, size_t limit)
{
    buf_add_format(out, "\n%-12s %-6s %8s %8s %8s %8s %8s  %s\n", "request", "status", "ms",
                   "queue", "app", "database", "writing", "path, trace");
    for (size_t i = 0; i < status->request_count && i < limit; i++) {
        const struct status_request *request = &status->requests[i];
        char code[12];

        (void)snprintf(code, sizeof code, "%" PRIu32, request->status_code);
        time_add(out, request->start_ns);
        buf_add_format(out, " %-6s",
                       request->is_crash           ? "crash"
                       : request->status_code != 0 ? code
                                                   : "none");
        ms_add(out, true, request->duration_ns + request->parts_ns[STATUS_QUEUE]);
        ms_add(out, request->has_queue, request->parts_ns[STATUS_QUEUE]);
        ms_add(out, true, request->parts_ns[STATUS_APPLICATION]);
        ms_add(out, true, request->parts_ns[STATUS_DATABASE]);
        ms_add(out, true, request->parts_ns[STATUS_ANSWERING]);
        buf_add_text(out, "  ");
        text_add(out, request->path, 0);
        buf_add_format(out, " %s\n", request->trace_id);
    }
}

static void book_add(struct buf *out, const char *name, const struct segment_books *books)
{
    buf_add_format(out,
                   "%-8s %10" PRIu64 " = %10" PRIu64 " + %7" PRIu64 " + %7" PRIu64 " + %7" PRIu64
                   " + %7" PRIu64 " + %7" PRIu64 " + %7" PRIu64 "\n",
                   name, books->ended, books->exported, books->in_ring, books->queued,
                   books->spooled, books->failed, books->dropped, books->sampled_out);
}

void status_table_write(struct buf *out, const struct status *status, size_t request_limit)
{
    struct status_books books = status_books_sum(status);

    state_add(out, status);
    routes_add(out, status);
    pools_add(out, status);
    requests_add(out, status, request_limit);
    buf_add_format(out, "\n%-8s %10s = %10s + %7s + %7s + %7s + %7s + %7s + %7s\n", "books",
                   "ended", "exported", "in ring", "queued", "on disk", "failed", "dropped",
                   "sampled");
    book_add(out, "spans", &books.spans);
    book_add(out, "logs", &books.logs);
}
