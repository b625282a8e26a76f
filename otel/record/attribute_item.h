/* Turning the API's attributes into the record's items. */
#ifndef OTEL_RECORD_ATTRIBUTE_ITEM_H
#define OTEL_RECORD_ATTRIBUTE_ITEM_H

#include "otel/attribute.h"
#include "otel/semconv.h"
#include "segment/place.h"

/*
 * Borrows the attribute's value. It holds no number itself, so that nothing points into it: it
 * lives in registers, where on the stack the header's small fields would be read as one word
 * before they are stored.
 */
struct attribute_item {
    struct record_item_source source;
    bool is_cut; /* the text was longer than the limit */
};

_Static_assert(sizeof(int64_t) == sizeof(double), "numbers are copied as they are");

static inline void source_set_text(struct attribute_item *item, struct otel_str text, size_t limit)
{
    size_t length = text.data ? text.length : 0;
    size_t kept = length <= limit ? length : record_text_fit(text.data, length, limit);

    item->is_cut = kept < length;
    item->source.type = RECORD_VALUE_STRING;
    item->source.value = text.data;
    item->source.value_length = (uint32_t)kept;
}

static inline void source_set_number(struct attribute_item *item, enum record_value_type type,
                                     const void *number)
{
    item->source.type = (uint8_t)type;
    item->source.value = number;
    item->source.value_length = sizeof(int64_t);
}

/* False for an attribute without a key, which is none. */
static inline bool attribute_item_init(struct attribute_item *item, enum record_item_kind kind,
                                       const struct otel_attribute *attribute, size_t text_limit)
{
    static const int64_t BOOLEANS[] = { 0, 1 };
    const struct otel_key *key = &attribute->key;
    /* A program that was built against a newer semconv.h may know ids that we do not. */
    bool is_known = key->id > 0 && key->id <= OTEL_SEMCONV_COUNT;

    if (!is_known && (!key->text || key->length == 0))
        return false;
    item->source.kind = (uint8_t)kind;
    item->source.key_id = is_known ? key->id : 0;
    item->source.key = key->text;
    item->source.key_length = is_known ? 0 : key->length;
    item->is_cut = false;
    switch (attribute->type) {
    case OTEL_VALUE_STRING:
        source_set_text(item, attribute->value.string, text_limit);
        return true;
    case OTEL_VALUE_BOOL:
        source_set_number(item, RECORD_VALUE_BOOL, &BOOLEANS[attribute->value.boolean ? 1 : 0]);
        return true;
    case OTEL_VALUE_INT:
        source_set_number(item, RECORD_VALUE_INT, &attribute->value.integer);
        return true;
    case OTEL_VALUE_DOUBLE:
        source_set_number(item, RECORD_VALUE_DOUBLE, &attribute->value.real);
        return true;
    }
    return false;
}

/* An item that is only a text. */
static inline void text_item_init(struct attribute_item *item, enum record_item_kind kind,
                                  struct otel_str text, size_t text_limit)
{
    *item = (struct attribute_item){ .source = { .kind = (uint8_t)kind } };
    source_set_text(item, text, text_limit);
}

#endif
