#include "record/attribute_item.h"
#include "otel/semconv.h"

#include <string.h>

static void source_set_text(struct attribute_item *item, struct otel_str text, size_t limit)
{
    size_t length = text.data ? text.length : 0;
    size_t kept = length <= limit ? length : record_text_fit(text.data, length, limit);

    item->is_cut = kept < length;
    item->source.type = RECORD_VALUE_STRING;
    item->source.value = text.data;
    item->source.value_length = (uint32_t)kept;
}

static void source_set_scalar(struct attribute_item *item, enum record_value_type type)
{
    item->source.type = (uint8_t)type;
    item->source.value = &item->scalar;
    item->source.value_length = sizeof item->scalar;
}

bool attribute_item_init(struct attribute_item *item, enum record_item_kind kind,
                         const struct otel_attribute *attribute, size_t text_limit)
{
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
        item->scalar = attribute->value.boolean;
        source_set_scalar(item, RECORD_VALUE_BOOL);
        return true;
    case OTEL_VALUE_INT:
        item->scalar = attribute->value.integer;
        source_set_scalar(item, RECORD_VALUE_INT);
        return true;
    case OTEL_VALUE_DOUBLE:
        memcpy(&item->scalar, &attribute->value.real, sizeof item->scalar);
        source_set_scalar(item, RECORD_VALUE_DOUBLE);
        return true;
    }
    return false;
}

void text_item_init(struct attribute_item *item, enum record_item_kind kind, struct otel_str text,
                    size_t text_limit)
{
    *item = (struct attribute_item){ .source = { .kind = (uint8_t)kind } };
    source_set_text(item, text, text_limit);
}
