/*
 * What becomes of the measurements of one stream. Each aggregation is a file of its own;
 * another one is another file and another case.
 *
 * Specification: metrics/sdk.md "Aggregation".
 */
#ifndef OTEL_AGENT_SDK_AGGREGATE_H
#define OTEL_AGENT_SDK_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum aggregate_kind {
    AGGREGATE_SUM = 0,
    AGGREGATE_LAST_VALUE,
    AGGREGATE_HISTOGRAM,
    AGGREGATE_BASE2,
    AGGREGATE_DROP /* has no streams */
};

/* An integer until a double comes, or until it no longer fits. */
struct aggregate_number {
    bool is_double;
    union {
        int64_t integer;
        double real;
    } value;
};

static inline struct aggregate_number aggregate_int(int64_t value)
{
    return (struct aggregate_number){ .is_double = false, .value.integer = value };
}

static inline struct aggregate_number aggregate_double(double value)
{
    return (struct aggregate_number){ .is_double = true, .value.real = value };
}

static inline double aggregate_as_double(struct aggregate_number number)
{
    return number.is_double ? number.value.real : (double)number.value.integer;
}

/* False when the value is refused: a negative to a monotonic sum, or no finite number. */
bool aggregate_sum_add(struct aggregate_number *sum, struct aggregate_number value,
                       bool is_monotonic);

struct aggregate_last_value {
    struct aggregate_number value;
    uint64_t time_ns; /* when it was measured */
};

/* The newest by its own clock: measurements of several threads do not arrive in order. */
void aggregate_last_value_set(struct aggregate_last_value *last, struct aggregate_number value,
                              uint64_t time_ns);

enum { AGGREGATE_BOUNDS_MAX = 128 };

/* Upper bounds, ascending; bucket i holds what is above bounds[i - 1] and at most bounds[i]. */
struct aggregate_bounds {
    uint8_t count;
    double bounds[AGGREGATE_BOUNDS_MAX];
};

extern const struct aggregate_bounds AGGREGATE_BOUNDS_DEFAULT;

/* False unless the bounds are finite and ascending. */
bool aggregate_bounds_check(const struct aggregate_bounds *bounds);

struct aggregate_histogram {
    uint64_t count;
    double sum; /* of no meaning once has_negative */
    double min, max;
    bool has_negative;
    uint64_t buckets[AGGREGATE_BOUNDS_MAX + 1]; /* bounds.count + 1 of them are used, and there */
};

/* Bytes of a histogram of so many bounds. */
static inline size_t aggregate_histogram_bytes(const struct aggregate_bounds *bounds)
{
    return offsetof(struct aggregate_histogram, buckets) +
           (bounds->count + (size_t)1) * sizeof(uint64_t);
}

/* The bucket of a value. */
unsigned aggregate_histogram_bucket(const struct aggregate_bounds *bounds, double value);

/* False when the value is refused: no finite number. */
bool aggregate_histogram_record(struct aggregate_histogram *histogram,
                                const struct aggregate_bounds *bounds, double value);

#endif
