#include "segment/latency.h"

enum { LOWEST_BIT = 14 /* what is below 2^14 ns shares the first counter */, STEP_BITS = 2 };

_Static_assert(1 << STEP_BITS == LATENCY_STEPS, "a doubling has so many counters");

size_t latency_place(uint64_t duration_ns)
{
    int bit;
    size_t place;

    if (duration_ns >> LOWEST_BIT == 0)
        return 0;
    bit = 63 - __builtin_clzll(duration_ns);
    place = 1 + (size_t)(bit - LOWEST_BIT) * LATENCY_STEPS +
            ((duration_ns >> (bit - STEP_BITS)) & (LATENCY_STEPS - 1));
    return place < LATENCY_COUNT ? place : LATENCY_COUNT - 1;
}

uint64_t latency_bound_ns(size_t place)
{
    if (place == 0)
        return 0;
    place--;
    return (uint64_t)(LATENCY_STEPS + place % LATENCY_STEPS)
           << (LOWEST_BIT - STEP_BITS + place / LATENCY_STEPS);
}

uint64_t latency_quantile_ns(const uint64_t counts[LATENCY_COUNT], double quantile)
{
    uint64_t total = 0;
    double rank;
    double below = 0;

    for (size_t i = 0; i < LATENCY_COUNT; i++)
        total += counts[i];
    if (total == 0)
        return 0;
    rank = quantile * (double)total;
    for (size_t i = 0; i < LATENCY_COUNT; i++) {
        double here = (double)counts[i];
        uint64_t low_ns = latency_bound_ns(i);

        if (counts[i] > 0 && below + here >= rank)
            return low_ns +
                   (uint64_t)((double)(latency_bound_ns(i + 1) - low_ns) * (rank - below) / here);
        below += here;
    }
    return latency_bound_ns(LATENCY_COUNT);
}
