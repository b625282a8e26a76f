/*
 * How often the view is published. Whoever reads it leaves word in the segment: while somebody
 * does, what is new is there at once; otherwise seldom, because nobody is there to see it. A first
 * reader waits a moment for the launcher's next look (status/status.c).
 */
#ifndef OTEL_AGENT_PACE_H
#define OTEL_AGENT_PACE_H

#include "segment/layout.h"

struct pace {
    uint64_t published_ns; /* monotonic; 0: never */
    bool has_news;         /* something came since then */
};

/* Is it time to publish? Also tells the segment that its launcher lives. */
bool pace_step(struct pace *pace, struct segment *segment, uint64_t now_ns);

void pace_published(struct pace *pace, uint64_t now_ns);

#endif
