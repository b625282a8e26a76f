/*
 * How a service of pools is, read from its segments: the one reader behind the page at /, its
 * /status.json and otel-status. Nothing that lies in a segment is trusted or changed.
 *
 *   <folder>/<pool>.segment ... -> struct status -> a page, JSON (json.h), text (table.h)
 */
#ifndef OTEL_STATUS_STATUS_H
#define OTEL_STATUS_STATUS_H

#include "base/buf.h"
#include "segment/layout.h"

enum {
    STATUS_POOL_COUNT = 16,
    STATUS_ROUTE_COUNT = 32,
    STATUS_REQUEST_COUNT = SEGMENT_SEEN_COUNT,
    STATUS_HISTORY_COUNT = 60, /* of ten minutes: 10 s each */
    STATUS_TRACE_ID_SIZE = 33,
    STATUS_FOLDER_BYTES = 4096,
};

#define STATUS_UNKNOWN_NS UINT64_MAX
#define STATUS_NOT_MEASURED UINT32_MAX

enum status_state {
    STATUS_SERVING = 0,
    STATUS_SHORT,      /* fewer workers than there were */
    STATUS_UNOBSERVED, /* it may well serve, but its launcher is gone: nobody restarts or exports */
    STATUS_NO_WORKER,
    STATUS_NOT_STARTED, /* neither a segment nor a socket */
};

/* "serving", "short of workers", … as one lower-case phrase. Never NULL. */
const char *status_state_text(enum status_state state);

enum status_activity { /* as the recorder notes it; IDLE is 0 */
                       STATUS_IDLE = 0,
                       STATUS_READING,
                       STATUS_WORKING,
                       STATUS_WRITING,
                       STATUS_ACTIVITY_COUNT
};

const char *status_activity_text(enum status_activity activity);

struct status_thread {
    int32_t pid;
    int32_t tid;
    enum status_activity activity;
    uint64_t since_ns;               /* how long */
    char route[SEGMENT_ROUTE_BYTES]; /* of what it works at; empty: not known */
};

struct status_pool {
    char name[SEGMENT_POOL_BYTES];
    char route[SEGMENT_ROUTE_BYTES]; /* by which a person knows it */
    enum status_state state;
    uint64_t created_ns;      /* wall clock; 0: no segment */
    struct segment_view view; /* all zero without a segment; texts are ended */
    size_t thread_count;
    struct status_thread threads[SEGMENT_SLOT_COUNT];
};

struct status_route {
    size_t pool;
    char method[16];
    char route[SEGMENT_ROUTE_BYTES];
    uint64_t count; /* of the last ten minutes */
    uint64_t errors;
    double per_s;    /* of the last ten whole seconds */
    uint64_t p50_ns; /* of ten minutes; of no meaning where count is 0 */
    uint64_t p95_ns;
    uint64_t p99_ns;
    /* Requests, the oldest first; STATUS_NOT_MEASURED before its pool began. */
    uint32_t history[STATUS_HISTORY_COUNT];
    uint64_t total; /* since its launcher began, and of that: */
    uint64_t total_errors;
    uint64_t total_duration_ns;
    uint64_t total_latency[LATENCY_COUNT];
};

/* Where the time of a request went; they add up to the time from front to end. */
enum status_part {
    STATUS_QUEUE = 0, /* between the front and the worker */
    STATUS_APPLICATION,
    STATUS_DATABASE,
    STATUS_ANSWERING, /* writing the answer */
    STATUS_PART_COUNT
};

const char *status_part_text(enum status_part part);

struct status_request {
    size_t pool;
    uint64_t number;
    uint64_t start_ns;    /* wall clock */
    uint64_t duration_ns; /* in the worker */
    uint32_t status_code;
    bool is_error;
    bool is_crash;
    bool is_slow;   /* above its route's p95 */
    bool has_queue; /* the front told when it took the request in */
    char trace_id[STATUS_TRACE_ID_SIZE];
    char method[16];
    char route[SEGMENT_ROUTE_BYTES];
    char path[192];
    uint64_t parts_ns[STATUS_PART_COUNT];
    size_t detail; /* its place among status.details */
};

struct status {
    uint64_t now_ns;  /* wall clock */
    bool is_composed; /* as in the options */
    size_t pool_count;
    struct status_pool pools[STATUS_POOL_COUNT];
    size_t route_count;
    struct status_route routes[STATUS_ROUTE_COUNT];
    size_t request_count;
    struct status_request requests[STATUS_REQUEST_COUNT]; /* newest first */
    struct segment_seen *details; /* STATUS_REQUEST_COUNT, as chosen_seen; NULL: not wished for */
    bool has_chosen;
    struct status_request chosen;
    struct segment_seen chosen_seen; /* texts are ended, counts are true */
};

/* A pool that should be there, and the route that people know it by. */
struct status_expected {
    const char *name;
    const char *route;
};

struct status_options {
    const char *folder;                     /* of the segments */
    const struct status_expected *expected; /* NULL: whatever segments lie in the folder */
    size_t expected_count;
    const char *trace_id; /* of the request to choose; "" or NULL: none */
    bool has_details;     /* of every request, not of the chosen one alone */
    bool is_composed;     /* a pool is a service of docker compose: remedies name its commands */
};

/*
 * NULL when there is no memory. The first reader after a while waits up to 200 ms for launchers to
 * publish: nobody else's wish has been there for them to do it.
 */
struct status *status_create(const struct status_options *options);
void status_destroy(struct status *status); /* NULL is legal */

bool status_pool_is_serving(const struct status_pool *pool);

enum status_level { STATUS_GOOD = 0, STATUS_WARNING, STATUS_BAD };

/*
 * The state of the whole, worst first: "Serving.", "Serving, but …" or "Not serving /log: no
 * worker."; then what stands behind it, and what a person does about it ("" where nothing is).
 */
enum status_level status_level(const struct status *status);
void status_sentence(const struct status *status, struct buf *out);
void status_detail(const struct status *status, struct buf *out);
void status_remedy(const struct status *status, struct buf *out);

/* Adds what a person types to mend one pool; nothing where there is nothing to mend. */
void status_pool_remedy(const struct status *status, const struct status_pool *pool,
                        struct buf *out);

/* The books of all pools together. */
struct status_books {
    struct segment_books spans;
    struct segment_books logs;
};
struct status_books status_books_sum(const struct status *status);

#endif
