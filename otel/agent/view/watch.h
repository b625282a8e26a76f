/*
 * What the status page shows of requests, gathered from the records on their way to the pipeline:
 * per route and second how many, how many failed and how long they took (watch_routes.h), and the
 * last requests with all that belongs to their traces (watch_seen.h).
 *
 * It must cost nothing worth speaking of at thousands of requests a second: a record is copied as
 * it is into a window of the newest, and only of the few requests that are shown is anything read.
 */
#ifndef OTEL_AGENT_WATCH_H
#define OTEL_AGENT_WATCH_H

#include "agent/view/watch_routes.h"
#include "segment/layout.h"

enum {
    WATCH_WINDOW_BYTES = 512 * 1024,
    WATCH_RECORD_COUNT = 1024, /* of them in the window, at most */
    WATCH_TROUBLE_COUNT = 8,   /* failed requests looked at between two publications */
};

/* Where a record lies in the window. */
struct watch_record {
    uint64_t position; /* grows; its place is modulo the window's size */
    uint64_t trace;    /* the low half of its trace id */
    uint64_t pass;     /* of the drain, in which it came */
    uint32_t size;
    bool is_request; /* a SERVER span */
    bool is_taken;   /* it has been shown */
};

struct watch {
    struct segment *segment;
    uint8_t *window;
    uint64_t head; /* bytes written */
    struct watch_record records[WATCH_RECORD_COUNT];
    uint64_t record_count; /* ever */
    uint64_t shown_count;  /* records that the last publication had seen */
    uint64_t pass;
    uint64_t troubles[WATCH_TROUBLE_COUNT]; /* numbers of the records of failed requests */
    size_t trouble_count;
    size_t trouble_budget; /* left until the next publication */
    uint64_t seen_number;
    size_t recent_next;
    size_t kept_next;
    uint64_t crash_ns; /* of the last request that died with its worker; 0: none */
    uint8_t crash_trace_id[16];
    uint8_t fatal_trace_id[16]; /* of the last FATAL log record: a death tells it of its request */
    struct watch_routes routes;
};

/* False when there is no memory; the rest works without it, and shows nothing. */
bool watch_init(struct watch *watch, struct segment *segment);
void watch_release(struct watch *watch);

/* Checked records, one by one. */
void watch_record(struct watch *watch, const uint8_t *record, size_t size);
void watch_measure(struct watch *watch, const struct segment_instrument *definition,
                   const uint8_t *record, size_t size);

/* All rings have been looked at once more: what failed is put by before it leaves the window. */
void watch_pass(struct watch *watch, uint64_t wall_ns);

void watch_publish(struct watch *watch);

#endif
