/* Time that only the test moves: takes the place of base/clock.c in a program that includes it. */
#ifndef TESTS_FAKE_CLOCK_H
#define TESTS_FAKE_CLOCK_H

#include "base/clock.h"

#define FAKE_CLOCK_WALL_START_NS UINT64_C(1700000000000000000)
#define FAKE_CLOCK_MONOTONIC_START_NS UINT64_C(5000000000)

void fake_clock_reset(void);
void fake_clock_advance(uint64_t duration_ns);  /* both clocks */
void fake_clock_step_wall(int64_t duration_ns); /* as NTP or an operator does */

#endif
