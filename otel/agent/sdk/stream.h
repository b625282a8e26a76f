/*
 * The table of metric streams: one per instrument and attribute set.
 *
 * A measurement's attributes are looked up as the bytes in which they came: one hash, one
 * comparison. Only a form not seen before is made canonical; it then becomes a further name
 * ("form") of its stream. Forms are limited like streams, so a table is bounded whatever comes.
 */
#ifndef OTEL_AGENT_SDK_STREAM_H
#define OTEL_AGENT_SDK_STREAM_H

#include "agent/sdk/aggregate.h"
#include "agent/sdk/base2.h"
#include "agent/sdk/exemplar.h"

#include <stddef.h>

enum { STREAM_FORMS_MAX = 4 }; /* orders of its attributes under which a stream is found at once */

struct stream_form;
struct instrument;

union stream_value {
    struct aggregate_number sum;
    struct aggregate_last_value last_value;
    struct aggregate_histogram *histogram;
    struct base2 *base2;
};

struct stream {
    struct stream *next; /* of the same instrument, in the order of creation */
    struct instrument *instrument;
    struct stream_form *forms;
    unsigned form_count;
    uint64_t start_ns;   /* wall clock of its first measurement */
    uint64_t collection; /* the last one that exported it, if not every one does */
    bool is_touched;     /* measured in the present interval, for those that end with it */
    union stream_value value;
    union stream_value ended;     /* of the interval that the present collection exports */
    struct aggregate_number base; /* observable and delta: the total of the last collection */
    struct exemplars *exemplars;  /* of the present interval; NULL: none yet */
    struct exemplars *ended_exemplars;
    const uint8_t *attributes; /* a canonical set (attributes.h); behind this structure */
};

struct stream_table {
    struct stream_form **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t form_count;
    uint64_t seed;
};

void stream_table_init(struct stream_table *table, uint64_t seed);
void stream_table_release(struct stream_table *table); /* the streams go first */

/* The stream that has this form; items is the part of a record behind its fixed part. */
struct stream *stream_find(const struct stream_table *table, const struct instrument *instrument,
                           const uint8_t *items, size_t size);

/* A stream with the canonical set `attributes`, known by it. NULL when there is no memory. */
struct stream *stream_create(struct stream_table *table, struct instrument *instrument,
                             const uint8_t *attributes, size_t size);
void stream_destroy(struct stream_table *table, struct stream *stream);

/* Makes the stream known by another form; nothing at the limit or without memory. */
void stream_form_add(struct stream_table *table, struct stream *stream, const uint8_t *items,
                     size_t size);

#endif
