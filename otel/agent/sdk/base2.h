/*
 * The base-2 exponential histogram: bucket i of scale s holds what is above base^i and at most
 * base^(i+1), where base is 2^(2^-s). It begins at its finest scale, and halves it until what was
 * measured fits into its buckets. The mapping is exact for every finite double.
 *
 * Memory: two runs of size_max counts, one for each sign, behind the structure.
 *
 * Specification: metrics/sdk.md "Base2 Exponential Bucket Histogram Aggregation"; data-model.md.
 */
#ifndef OTEL_AGENT_SDK_BASE2_H
#define OTEL_AGENT_SDK_BASE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct base2_buckets {
    int32_t first; /* index of counts[0] */
    uint32_t used;
    uint64_t *counts; /* size_max of them; in the histogram's own memory */
};

struct base2 {
    uint64_t count;
    double sum; /* of no meaning once has_negative */
    double min, max;
    bool has_negative;
    uint64_t zero_count;
    int32_t scale;
    int32_t scale_max;
    uint32_t size_max; /* at least 2 */
    struct base2_buckets positive, negative;
    uint64_t room[];
};

/* NULL when there is no memory. Free it with mem_free. */
struct base2 *base2_create(uint32_t size_max, int32_t scale_max);

/* Empty again, at its finest scale. */
void base2_clear(struct base2 *base2);

/* False when the value is refused: no finite number. */
bool base2_record(struct base2 *base2, double value);

/* Adds what the other holds; their sizes may differ. */
void base2_merge(struct base2 *base2, const struct base2 *other);

/* The bucket of a finite value above 0. */
int32_t base2_index(double value, int32_t scale);

#endif
