/*
 * Durations in a fixed row of counters: four to each doubling, from 16 us to 14 s. A quantile read
 * back is at most a fifth off.
 */
#ifndef OTEL_SEGMENT_LATENCY_H
#define OTEL_SEGMENT_LATENCY_H

#include <stddef.h>
#include <stdint.h>

enum { LATENCY_COUNT = 80, LATENCY_STEPS = 4 /* a doubling */ };

/* The counter that a duration belongs to. */
size_t latency_place(uint64_t duration_ns);

/* Where a counter begins; the one behind the last: where the last is taken to end. */
uint64_t latency_bound_ns(size_t place);

/* The duration below which the part `quantile` of all counts lies; 0 when there are none. */
uint64_t latency_quantile_ns(const uint64_t counts[LATENCY_COUNT], double quantile);

#endif
