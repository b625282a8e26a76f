/*
 * A set of attributes as the items of a record of its own: the one shape in which resource,
 * metric streams and records carry attributes, so that one writer per format serves them all.
 * Canonical: each key once with its last value, sorted by the keys' bytes, padding zero.
 */
#ifndef OTEL_AGENT_SDK_ATTRIBUTES_H
#define OTEL_AGENT_SDK_ATTRIBUTES_H

#include "otel/attribute.h"
#include "segment/check.h"

/* Room for a set while it is made. Invariant: the first `size` bytes are a valid record. */
struct attributes {
    size_t size;
    _Alignas(8) uint8_t record[RECORD_BYTES_MAX];
};

void attributes_clear(struct attributes *attributes);

/* Back to an earlier size. */
void attributes_cut(struct attributes *attributes, size_t size);

/* Appends; false when there is no room. A key that is there already is not looked for. */
bool attributes_add(struct attributes *attributes, const struct otel_attribute *attribute);
bool attributes_add_view(struct attributes *attributes, const struct record_view *item);

/* The attributes of a record in canonical form; false when there are too many. */
bool attributes_canonical(struct attributes *out, const uint8_t *record);

/* The attributes that the predicate takes, in their order; all that fits. */
typedef bool (*attributes_take_fn)(const void *user, const struct record_view *item);
void attributes_filter(struct attributes *out, const uint8_t *record, attributes_take_fn take,
                       const void *user);

/* The next attribute of a set, with *offset 0 at first. */
static inline bool attributes_next(const uint8_t *record, size_t *offset, struct record_view *out)
{
    return record_item_next(record, offset, out);
}

#endif
