/* Turning the API's attributes into the record's items. */
#ifndef OTEL_RECORD_ATTRIBUTE_ITEM_H
#define OTEL_RECORD_ATTRIBUTE_ITEM_H

#include "otel/attribute.h"
#include "segment/place.h"

/* The source points into the item itself for numbers, so an item stays where it was made. */
struct attribute_item {
    struct record_item_source source;
    int64_t scalar;
    bool is_cut; /* the text was longer than the limit */
};

/* False for an attribute without a key, which is none. */
bool attribute_item_init(struct attribute_item *item, enum record_item_kind kind,
                         const struct otel_attribute *attribute, size_t text_limit);

/* An item that is only a text. */
void text_item_init(struct attribute_item *item, enum record_item_kind kind, struct otel_str text,
                    size_t text_limit);

#endif
