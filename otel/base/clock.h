/*
 * The two clocks. Wall time is what goes on the wire, monotonic time is what durations and
 * timers are made of. Both are vDSO calls: no system call.
 */
#ifndef OTEL_BASE_CLOCK_H
#define OTEL_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_wall_ns(void);      /* CLOCK_REALTIME, since the epoch */
uint64_t clock_monotonic_ns(void); /* CLOCK_MONOTONIC */

#define CLOCK_NS_PER_MS UINT64_C(1000000)
#define CLOCK_NS_PER_S UINT64_C(1000000000)

#endif
