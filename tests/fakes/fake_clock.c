#include "fake_clock.h"

static uint64_t wall_ns = FAKE_CLOCK_WALL_START_NS;
static uint64_t monotonic_ns = FAKE_CLOCK_MONOTONIC_START_NS;

uint64_t clock_wall_ns(void)
{
    return wall_ns;
}

uint64_t clock_monotonic_ns(void)
{
    return monotonic_ns;
}

void fake_clock_reset(void)
{
    wall_ns = FAKE_CLOCK_WALL_START_NS;
    monotonic_ns = FAKE_CLOCK_MONOTONIC_START_NS;
}

void fake_clock_advance(uint64_t duration_ns)
{
    wall_ns += duration_ns;
    monotonic_ns += duration_ns;
}

void fake_clock_step_wall(int64_t duration_ns)
{
    wall_ns += (uint64_t)duration_ns;
}
