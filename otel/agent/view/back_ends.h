/*
 * Jaeger, Prometheus, Loki, the collector: does each answer? Asked here, once for all who look at
 * the page: one question at a time, each back end at most every 5 s, for at most 300 ms.
 */
#ifndef OTEL_AGENT_BACK_ENDS_H
#define OTEL_AGENT_BACK_ENDS_H

#include "agent/send/probe.h"
#include "segment/layout.h"

enum { BACK_END_URL_BYTES = 256 };

struct back_end {
    char ask_url[BACK_END_URL_BYTES];
    uint64_t asked_ns; /* monotonic */
    struct segment_back_end shown;
};

struct back_ends {
    struct probe *probe;
    struct back_end all[SEGMENT_BACK_END_COUNT];
    size_t count;
    size_t asking; /* count: nobody is being asked */
};

/*
 * "Jaeger=http://127.0.0.1:16686,…": name and address; with "|" and another address behind it
 * where people reach it by that one. Reports what cannot be read and leaves it out.
 */
void back_ends_init(struct back_ends *back_ends, const char *list);
void back_ends_release(struct back_ends *back_ends);

/* An answer is waited for: its limit is counted by back_ends_step. */
bool back_ends_is_asking(const struct back_ends *back_ends);

void back_ends_step(struct back_ends *back_ends, uint64_t now_ns);

void back_ends_fill(const struct back_ends *back_ends,
                    struct segment_back_end out[SEGMENT_BACK_END_COUNT]);

#endif
