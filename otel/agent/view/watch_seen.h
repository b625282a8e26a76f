/*
 * One finished request with its spans, log records and exception, as the status page gets it: out
 * of checked records, every text bounded.
 */
#ifndef OTEL_AGENT_WATCH_SEEN_H
#define OTEL_AGENT_WATCH_SEEN_H

#include "segment/layout.h"

/* Its SERVER span; then others of its trace in any order; then the spans in order of time. */
void watch_seen_begin(struct segment_seen *seen, const uint8_t *record, size_t size);
void watch_seen_add(struct segment_seen *seen, const uint8_t *record, size_t size);
void watch_seen_end(struct segment_seen *seen);

#endif
