#include "agent/sdk/aggregate.h"

void aggregate_last_value_set(struct aggregate_last_value *last, struct aggregate_number value,
                              uint64_t time_ns)
{
    if (time_ns < last->time_ns)
        return;
    last->value = value;
    last->time_ns = time_ns;
}
