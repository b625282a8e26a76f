#include "agent/sdk/aggregate.h"

#include <math.h>

const struct aggregate_bounds AGGREGATE_BOUNDS_DEFAULT = {
    .count = 15,
    .bounds = { 0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000 },
};

bool aggregate_bounds_check(const struct aggregate_bounds *bounds)
{
    if (bounds->count > AGGREGATE_BOUNDS_MAX)
        return false;
    for (unsigned i = 0; i < bounds->count; i++) {
        if (!isfinite(bounds->bounds[i]) || (i > 0 && bounds->bounds[i] <= bounds->bounds[i - 1]))
            return false;
    }
    return true;
}

unsigned aggregate_histogram_bucket(const struct aggregate_bounds *bounds, double value)
{
    unsigned bucket = 0;

    while (bucket < bounds->count && value > bounds->bounds[bucket])
        bucket++;
    return bucket;
}

bool aggregate_histogram_record(struct aggregate_histogram *histogram,
                                const struct aggregate_bounds *bounds, double value)
{
    if (!isfinite(value))
        return false;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (histogram->count == 0 || value > histogram->max)
        histogram->max = value;
    histogram->has_negative |= value < 0;
    histogram->count++;
    histogram->sum += value;
    histogram->buckets[aggregate_histogram_bucket(bounds, value)]++;
    return true;
}
