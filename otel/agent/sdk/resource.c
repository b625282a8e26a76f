#include "agent/sdk/resource.h"

#include "base/mem.h"
#include "base/pair_list.h"
#include "otel/semconv.h"

#include <stdio.h>
#include <string.h>

#define UNKNOWN_SERVICE "unknown_service"

static const struct otel_key SERVICE_NAME = { "service.name", 12, 0 };

static bool add_text(struct attributes *set, struct otel_key key, const char *text)
{
    struct otel_attribute attribute = otel_attribute_string(key, otel_str(text));

    return attributes_add(set, &attribute);
}

/* All pairs or none. */
static enum resource_status add_list(struct attributes *set, const char *list)
{
    char key[1024], value[RECORD_VALUE_BYTES_MAX];
    size_t size_before = set->size, key_length, value_length;
    enum resource_status status = RESOURCE_OK;
    enum pair_list_status found;
    struct pair pair;

    while (status == RESOURCE_OK && (found = pair_list_next(&list, &pair)) != PAIR_LIST_END) {
        struct otel_attribute attribute;

        if (found == PAIR_LIST_PAIR &&
            (pair.key_length > sizeof key || pair.value_length > sizeof value)) {
            status = RESOURCE_TOO_LONG;
        } else if (found == PAIR_LIST_BAD ||
                   !pair_decode(pair.key, pair.key_length, key, &key_length) ||
                   !pair_decode(pair.value, pair.value_length, value, &value_length)) {
            status = RESOURCE_BAD_TEXT;
        } else {
            attribute = otel_attribute_string((struct otel_key){ key, (uint16_t)key_length, 0 },
                                              (struct otel_str){ value, value_length });
            if (!attributes_add(set, &attribute))
                status = RESOURCE_TOO_LONG;
        }
    }
    if (status != RESOURCE_OK)
        attributes_cut(set, size_before);
    return status;
}

/* "unknown_service:program" where the program's name is known; overwritten by what follows. */
static bool add_default_name(struct attributes *set, const struct resource_options *options)
{
    char name[256] = UNKNOWN_SERVICE;

    for (size_t i = 0; i < options->own_count; i++) {
        const struct otel_attribute *own = &options->own[i];

        if (own->key.id == OTEL_PROCESS_EXECUTABLE_NAME.id && own->type == OTEL_VALUE_STRING)
            (void)snprintf(name, sizeof name, UNKNOWN_SERVICE ":%.*s",
                           (int)own->value.string.length, own->value.string.data);
    }
    return add_text(set, SERVICE_NAME, name);
}

void resource_items_destroy(struct resource_item *items, size_t count)
{
    for (size_t i = 0; items && i < count; i++) {
        mem_free(items[i].key);
        mem_free(items[i].value);
    }
    mem_free(items);
}

static bool add_item(struct attributes *set, const struct resource_item *item)
{
    return attributes_add_view(set, &(struct record_view){
                                        .kind = RECORD_ITEM_ATTRIBUTE,
                                        .type = item->type,
                                        .key = item->key,
                                        .key_length = (uint32_t)strlen(item->key),
                                        .value = item->value,
                                        .value_length = item->value_length,
                                    });
}

enum resource_status resource_make(const struct resource_options *options, struct attributes *out)
{
    struct attributes all;
    enum resource_status status;
    bool fits;

    attributes_clear(&all);
    fits = add_default_name(&all, options) &&
           add_text(&all, OTEL_KEY("telemetry.sdk.name"), "board-otel") &&
           add_text(&all, OTEL_KEY("telemetry.sdk.language"), "c") &&
           add_text(&all, OTEL_KEY("telemetry.sdk.version"), options->version);
    for (size_t i = 0; i < options->early_count; i++)
        fits &= attributes_add(&all, &options->own[i]);
    if (options->pool[0] != '\0')
        fits &= add_text(&all, OTEL_KEY("fcgi.pool"), options->pool);
    status = add_list(&all, options->attributes);
    for (size_t i = 0; i < options->item_count; i++)
        fits &= add_item(&all, &options->items[i]);
    for (size_t i = options->early_count; i < options->own_count; i++)
        fits &= attributes_add(&all, &options->own[i]);
    if (options->service_name[0] != '\0')
        fits &= add_text(&all, SERVICE_NAME, options->service_name);
    fits &= attributes_canonical(out, all.record);
    return status == RESOURCE_OK && !fits ? RESOURCE_TOO_LONG : status;
}
