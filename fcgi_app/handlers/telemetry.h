/* What the service measures and logs beyond what the hooks see by themselves. */
#ifndef BOARD_HANDLERS_TELEMETRY_H
#define BOARD_HANDLERS_TELEMETRY_H

#include "http/exchange.h"
#include "otel/metric.h"

struct telemetry {
    const struct otel_instrument *posts;             /* gauge: total number of posts */
    const struct otel_instrument *posts_returned;    /* counter */
    const struct otel_instrument *count_requested;   /* histogram */
    const struct otel_instrument *log_rows_returned; /* counter */
    const struct otel_instrument *queue_time;        /* histogram: front to worker, whole ms */
    const struct otel_instrument *errors;            /* counter, by error.type */
};

/* Once, at start. */
void telemetry_create(struct telemetry *out);

/* The keys of the domain, on spans and log records. */
#define BOARD_COUNT_REQUESTED OTEL_KEY("board.count.requested")
#define BOARD_POSTS_RETURNED OTEL_KEY("board.posts.returned")
#define BOARD_LOG_ROWS_RETURNED OTEL_KEY("board.log.rows.returned")
#define BOARD_QUEUE_TIME OTEL_KEY("board.queue_time")
#define BOARD_COMMIT_SIZE OTEL_KEY("board.commit.size")

/* A number that belongs to a call; key.text NULL: none. */
struct call_number {
    struct otel_key key;
    int64_t value;
};

/* The log record of a call: its client's address and up to two numbers, on its span too. */
void telemetry_call(const struct http_exchange *exchange, struct otel_str body,
                    struct call_number first, struct call_number second);

/*
 * A request has begun: how long ago the front took it in, in whole milliseconds, for those are
 * the front's steps; never negative. Nothing where the front does not say.
 */
void telemetry_begin(const struct telemetry *telemetry, const struct http_exchange *exchange);

/* A request failed: on its span, and in board.errors. */
void telemetry_failure(const struct telemetry *telemetry, struct otel_str error_type);

#endif
