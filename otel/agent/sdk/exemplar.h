/*
 * Exemplars: single measurements, with their trace, kept beside the point that they went into. A
 * reservoir belongs to one stream and one interval. Of an explicit histogram it has a place for
 * each bucket, which holds the last one; else it holds a uniform sample of fixed size.
 *
 * Memory: made at the first measurement that passes the filter; 64 bytes a place, and what a view
 * left out of the stream, at most EXEMPLAR_FILTERED_BYTES each.
 *
 * Specification: metrics/sdk.md "Exemplar".
 */
#ifndef OTEL_AGENT_SDK_EXEMPLAR_H
#define OTEL_AGENT_SDK_EXEMPLAR_H

#include "agent/sdk/aggregate.h"
#include "segment/record.h"

enum { EXEMPLAR_FILTERED_BYTES = 1024, EXEMPLAR_BASE2_MAX = 20 };

enum exemplar_filter {
    EXEMPLAR_TRACE_BASED = 0, /* of sampled spans */
    EXEMPLAR_ALWAYS_ON,
    EXEMPLAR_ALWAYS_OFF
};

struct exemplar {
    struct aggregate_number value;
    uint64_t time_ns; /* 0: the place is empty */
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t *filtered; /* a set (attributes.h), owned; NULL: none */
};

struct exemplars {
    uint32_t size;
    uint64_t offered; /* in this interval */
    struct exemplar places[];
};

bool exemplar_passes(enum exemplar_filter filter, const struct record_measurement *measurement);

/* NULL when there is no memory: the stream then goes without. */
struct exemplars *exemplars_create(uint32_t size);
void exemplars_destroy(struct exemplars *exemplars);
void exemplars_clear(struct exemplars *exemplars);

/* The place for one more of a uniform sample; NULL: it is not taken. */
struct exemplar *exemplars_sample(struct exemplars *exemplars, uint64_t random);

/* Fills the place; `filtered` is copied, NULL for none. */
void exemplar_set(struct exemplar *exemplar, const struct record_measurement *measurement,
                  uint64_t time_ns, const uint8_t *filtered);

#endif
