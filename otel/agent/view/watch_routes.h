/*
 * Ten minutes of every route, by second: how many requests, how many failed, how long they took.
 * Read off the measurements of http.server.request.duration, so that requests count whether their
 * trace was sampled or not.
 */
#ifndef OTEL_AGENT_WATCH_ROUTES_H
#define OTEL_AGENT_WATCH_ROUTES_H

#include "segment/layout.h"

struct watch_route {
    char method[16];
    char route[SEGMENT_ROUTE_BYTES];
    bool is_used;
    bool is_dirty; /* something has come that is not published */
    uint64_t count;
    uint64_t errors;
    uint64_t duration_ns;
    uint64_t latency[LATENCY_COUNT];
    struct segment_second now;
};

struct watch_routes {
    struct segment *segment;
    uint64_t second; /* wall clock */
    struct watch_route routes[SEGMENT_ROUTE_COUNT];
};

void watch_routes_init(struct watch_routes *routes, struct segment *segment);

/* A checked measurement of a request's duration in seconds. */
void watch_routes_add(struct watch_routes *routes, const uint8_t *record, size_t size);

/* It is now this second: what belongs to another one is published and over. */
void watch_routes_turn(struct watch_routes *routes, uint64_t second);

void watch_routes_publish(struct watch_routes *routes);

#endif
