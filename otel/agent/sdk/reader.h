/*
 * When the metric reader collects: at fixed distances from start to start, the first time after
 * a random part of one, so that launchers that start together do not export together.
 *
 * Specification: metrics/sdk.md "Periodic exporting MetricReader".
 */
#ifndef OTEL_AGENT_SDK_READER_H
#define OTEL_AGENT_SDK_READER_H

#include <stdbool.h>
#include <stdint.h>

struct reader {
    uint64_t interval_ns;
    uint64_t next_ns; /* monotonic */
};

/* `random` decides the first distance; all its values are as good. */
void reader_init(struct reader *reader, uint64_t interval_ns, uint64_t now_ns, uint64_t random);

/* True when a collection is due; the next one is then set. What was slept over is left out. */
bool reader_due(struct reader *reader, uint64_t now_ns);

#endif
