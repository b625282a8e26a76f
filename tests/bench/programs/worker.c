/*
 * The pool of /board/{count} with what only a measurement needs, out of the product's own sources:
 *
 *   /board/stored     a body that is there already: the bytes of the file in BENCH_BODY
 *   /board/smallest   two bytes
 *   /board/{count}    the product's handler; one in BENCH_SLOW_EVERY calls sleeps 20 ms first
 *
 * The body of the first is read at the first request, by whichever thread serves it.
 */
#include "app.h"
#include "base/buf.h"
#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "routes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STORED_BYTES_MAX = 1 << 20, SLOW_MS = 20 };

static char stored[STORED_BYTES_MAX];
static size_t stored_length;
static unsigned slow_every;

static void prepare(void)
{
    const char *path = getenv("BENCH_BODY");
    const char *every = getenv("BENCH_SLOW_EVERY");
    FILE *file = path ? fopen(path, "rb") : NULL;

    slow_every = every ? (unsigned)strtoul(every, NULL, 10) : 0;
    if (file != NULL) {
        stored_length = fread(stored, 1, sizeof stored, file);
        fclose(file);
    }
}

static void prepare_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, prepare);
}

static enum handler_end handle_stored(struct http_exchange *exchange, struct otel_str parameter,
                                      struct app_thread *thread)
{
    (void)parameter;
    (void)thread;
    prepare_once();
    buf_add(&exchange->response.body, stored, stored_length);
    return answer_body(exchange, CONTENT_JSON);
}

static enum handler_end handle_smallest(struct http_exchange *exchange, struct otel_str parameter,
                                        struct app_thread *thread)
{
    (void)parameter;
    (void)thread;
    buf_add(&exchange->response.body, "{}", 2);
    return answer_body(exchange, CONTENT_JSON);
}

static enum handler_end handle_count(struct http_exchange *exchange, struct otel_str parameter,
                                     struct app_thread *thread)
{
    static atomic_uint calls;
    const struct timespec pause = { .tv_nsec = SLOW_MS * 1000000L };

    prepare_once();
    if (slow_every > 0 && atomic_fetch_add(&calls, 1) % slow_every == 0)
        nanosleep(&pause, NULL);
    return handle_board_count(exchange, parameter, thread);
}

static const struct route ROUTES[] = {
    { "/board/stored", handle_stored },
    { "/board/smallest", handle_smallest },
    { "/board/{count}", handle_count },
};

static const struct pool POOL = {
    .name = "board_count",
    .summary = "/board/{count}, and what only a measurement needs.",
    .routes = ROUTES,
    .route_count = sizeof ROUTES / sizeof ROUTES[0],
    .reads_store = true,
    .commits = true,
};

int main(int argc, char **argv)
{
    return app_main(argc, argv, &POOL);
}
