#include "agent/sdk/aggregate.h"

#include <math.h>

bool aggregate_sum_add(struct aggregate_number *sum, struct aggregate_number value,
                       bool is_monotonic)
{
    int64_t total;

    if (value.is_double && !isfinite(value.value.real))
        return false;
    if (is_monotonic && aggregate_as_double(value) < 0)
        return false;
    if (!sum->is_double && !value.is_double &&
        !__builtin_add_overflow(sum->value.integer, value.value.integer, &total)) {
        sum->value.integer = total;
        return true;
    }
    *sum = aggregate_double(aggregate_as_double(*sum) + aggregate_as_double(value));
    return true;
}
