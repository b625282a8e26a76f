#include "agent/sdk/attributes.h"

#include "otel/semconv.h"
#include "segment/write.h"

#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTES_SORT_MAX = 256 }; /* in one set; more is refused */

static bool put(struct attributes *attributes, const struct record_item_source *source)
{
    size_t size =
        record_item_put(attributes->record, sizeof attributes->record, attributes->size, source);

    if (size == 0)
        return false;
    attributes->size = size;
    ((struct record_header *)attributes->record)->size = (uint32_t)size;
    return true;
}

void attributes_clear(struct attributes *attributes)
{
    struct record_measurement head = {
        .header = { .size = sizeof head, .type = RECORD_MEASUREMENT, .version = RECORD_VERSION },
    };

    memcpy(attributes->record, &head, sizeof head);
    attributes->size = sizeof head;
}

void attributes_cut(struct attributes *attributes, size_t size)
{
    attributes->size = size;
    ((struct record_header *)attributes->record)->size = (uint32_t)size;
}

bool attributes_add(struct attributes *attributes, const struct otel_attribute *attribute)
{
    int64_t integer;
    struct record_item_source source = {
        .kind = RECORD_ITEM_ATTRIBUTE,
        .key_id = attribute->key.id,
        .key = attribute->key.text,
        .key_length = attribute->key.id != 0 ? 0 : attribute->key.length,
    };

    switch (attribute->type) {
    case OTEL_VALUE_STRING:
        if (attribute->value.string.length > RECORD_VALUE_BYTES_MAX)
            return false;
        source.type = RECORD_VALUE_STRING;
        source.value = attribute->value.string.data;
        source.value_length = (uint32_t)attribute->value.string.length;
        break;
    case OTEL_VALUE_BOOL:
        integer = attribute->value.boolean;
        source.type = RECORD_VALUE_BOOL;
        source.value = &integer;
        source.value_length = sizeof integer;
        break;
    case OTEL_VALUE_INT:
        source.type = RECORD_VALUE_INT;
        source.value = &attribute->value.integer;
        source.value_length = sizeof attribute->value.integer;
        break;
    case OTEL_VALUE_DOUBLE:
        source.type = RECORD_VALUE_DOUBLE;
        source.value = &attribute->value.real;
        source.value_length = sizeof attribute->value.real;
        break;
    }
    return put(attributes, &source);
}

bool attributes_add_view(struct attributes *attributes, const struct record_view *item)
{
    struct record_item_source source = {
        .kind = RECORD_ITEM_ATTRIBUTE,
        .type = (uint8_t)item->type,
        .key_id = item->key_id,
        .key = item->key,
        .key_length = item->key_id != 0 ? 0 : item->key_length,
        .value = item->value,
        .value_length = item->value_length,
    };

    return put(attributes, &source);
}

/* A well-known key that came as text is the same key. */
static uint16_t key_id(const struct record_view *item)
{
    if (item->key_id != 0)
        return item->key_id;
    for (uint16_t id = 1; id <= OTEL_SEMCONV_COUNT; id++) {
        const char *text = record_key_text(id);
        if (text != NULL && strlen(text) == item->key_length &&
            memcmp(text, item->key, item->key_length) == 0)
            return id;
    }
    return 0;
}

static int key_compare(const void *left, const void *right)
{
    const struct record_view *a = left, *b = right;
    size_t shorter = a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = shorter == 0 ? 0 : memcmp(a->key, b->key, shorter);

    if (order == 0)
        order = (a->key_length > b->key_length) - (a->key_length < b->key_length);
    return order;
}

bool attributes_canonical(struct attributes *out, const uint8_t *record)
{
    struct record_view items[ATTRIBUTES_SORT_MAX], item;
    size_t count = 0, offset = 0;

    attributes_clear(out);
    while (record_item_next(record, &offset, &item)) {
        size_t place = 0;

        if (item.kind != RECORD_ITEM_ATTRIBUTE || item.key_length == 0)
            continue;
        item.key_id = key_id(&item);
        while (place < count && key_compare(&items[place], &item) != 0)
            place++;
        if (place == ATTRIBUTES_SORT_MAX)
            return false;
        items[place] = item;
        count += place == count;
    }
    qsort(items, count, sizeof items[0], key_compare);
    for (size_t i = 0; i < count; i++) {
        if (!attributes_add_view(out, &items[i]))
            return false;
    }
    return true;
}

void attributes_filter(struct attributes *out, const uint8_t *record, attributes_take_fn take,
                       const void *user)
{
    struct record_view item;
    size_t offset = 0;

    attributes_clear(out);
    while (record_item_next(record, &offset, &item)) {
        if (item.kind == RECORD_ITEM_ATTRIBUTE && item.key_length > 0 && take(user, &item))
            (void)attributes_add_view(out, &item);
    }
}
