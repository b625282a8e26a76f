/*
 * The one pass. Duplicates are found by a bit per well-known key, so that the usual record costs
 * no comparison; only keys that travel as text are compared as text.
 */
#include "agent/sdk/limits.h"

#include "base/utf8.h"
#include "otel/semconv.h"

#include <string.h>

enum { KNOWN_KEY_WORDS = 2 };

/* The attributes of one span, event or link while they are collected. */
struct limits_list {
    struct record_view *items;
    uint32_t count;
    uint32_t count_max;
    uint32_t dropped;
    bool has_text_key;
    uint64_t known_keys[KNOWN_KEY_WORDS]; /* a bit per id, modulo their number */
};

static void list_start(struct limits_list *list, struct record_view *items, uint32_t count_max)
{
    *list = (struct limits_list){ .items = items, .count_max = count_max };
}

/* Marks the key as seen; true when it may have been seen before. */
static bool list_may_have(struct limits_list *list, const struct record_view *item)
{
    uint64_t bit = UINT64_C(1) << (item->key_id % 64);
    uint64_t *word = &list->known_keys[item->key_id / 64 % KNOWN_KEY_WORDS];
    bool may_have;

    if (item->key_id == 0) {
        list->has_text_key = true;
        return list->count > 0;
    }
    may_have = (*word & bit) != 0 || list->has_text_key;
    *word |= bit;
    return may_have;
}

/* Not inlined: it is seldom called, and would cost every attribute its registers. */
__attribute__((noinline)) static struct record_view *list_find(const struct limits_list *list,
                                                               const struct record_view *item)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct record_view *known = &list->items[i];

        if (known->key_length == item->key_length &&
            memcmp(known->key, item->key, item->key_length) == 0)
            return known;
    }
    return NULL;
}

static inline void list_add(struct limits_list *list, const struct record_view *item)
{
    struct record_view *place = list_may_have(list, item) ? list_find(list, item) : NULL;

    if (place == NULL) {
        if (list->count == list->count_max || item->key_length == 0) {
            list->dropped++;
            return;
        }
        place = &list->items[list->count++];
    }
    if (place != item)
        *place = *item;
}

uint32_t limits_text_fit(const char *text, uint32_t length, uint32_t characters)
{
    uint32_t at = 0, code_point;

    if (length <= characters)
        return length;
    for (; at < length && characters > 0; characters--)
        at += (uint32_t)utf8_next(text + at, length - at, &code_point);
    return at;
}

/* A stack that nobody has resolved still goes out, as its addresses. */
static void stack_name(struct record_view *item)
{
    struct otel_key key = OTEL_EXCEPTION_STACKTRACE;

    item->key = key.text;
    item->key_length = key.length;
    item->key_id = key.id;
}

/* Cuts a string value where it stands; a stack is text only once it is written. */
static void value_cut(struct record_view *item, uint32_t characters)
{
    if (item->type == RECORD_VALUE_STRING)
        item->value_length =
            limits_text_fit((const char *)item->value, item->value_length, characters);
    else if (item->type == RECORD_VALUE_BYTES && item->value_length > characters)
        item->value_length = characters;
}

/* The open event or link, whose attributes follow it. */
struct limits_family {
    struct limited_child *open;
    struct limits_list list;
    bool is_dropped; /* the parent was: its attributes go with it */
};

static void family_close(struct limits_family *family, struct limited_record *out)
{
    if (family->open == NULL)
        return;
    family->open->count = family->list.count;
    family->open->dropped = family->list.dropped;
    out->child_attribute_count += family->list.count;
    family->open = NULL;
}

static void family_open(struct limits_family *family, struct limited_record *out,
                        struct limited_child *child, const struct record_view *item,
                        uint32_t attribute_count_max)
{
    *child = (struct limited_child){ .item = *item, .first = out->child_attribute_count };
    family->open = child;
    family->is_dropped = false;
    list_start(&family->list, &out->child_attributes[child->first], attribute_count_max);
}

static void family_start(struct limits_family *family, const struct limits *limits,
                         struct limited_record *out, const struct record_view *item)
{
    bool is_event = item->kind == RECORD_ITEM_EVENT;
    uint32_t *count = is_event ? &out->event_count : &out->link_count;
    struct limited_child *children = is_event ? out->events : out->links;

    family_close(family, out);
    if (*count == (is_event ? limits->event_count : limits->link_count)) {
        (*(is_event ? &out->events_dropped : &out->links_dropped))++;
        family->is_dropped = true;
        return;
    }
    family_open(family, out, &children[(*count)++], item,
                is_event ? limits->event_attribute_count : limits->link_attribute_count);
}

static void out_start(struct limited_record *out, const uint8_t *record)
{
    static const struct record_view none = { .value = (const uint8_t *)"" };

    out->header = (const struct record_header *)record;
    out->name = out->trace_state = out->status_message = out->body = out->event_name = none;
    out->attribute_count = out->attributes_dropped = 0;
    out->event_count = out->events_dropped = 0;
    out->link_count = out->links_dropped = 0;
    out->child_attribute_count = 0;
    if (out->header->type == RECORD_SPAN) {
        const struct record_span *span = (const struct record_span *)record;
        out->attributes_dropped = span->dropped_attributes;
        out->events_dropped = span->dropped_events;
        out->links_dropped = span->dropped_links;
    } else if (out->header->type == RECORD_LOG) {
        out->attributes_dropped = ((const struct record_log *)record)->dropped_attributes;
    }
}

void limits_apply(const struct limits *limits, const uint8_t *record, struct limited_record *out)
{
    struct limits_family family = { .is_dropped = true };
    struct limits_list attributes;
    struct record_view *item;
    size_t offset = 0;

    out_start(out, record);
    out->value_length = limits->value_length;
    list_start(&attributes, out->attributes, limits->attribute_count);
    /* Read where it belongs if it is an attribute, as most are: no copy then. There is a place for
     * each item of a record, so there is one behind the attributes so far. */
    while (item = &attributes.items[attributes.count], record_item_next(record, &offset, item)) {
        switch (item->kind) {
        case RECORD_ITEM_NAME:
            out->name = *item;
            break;
        case RECORD_ITEM_TRACE_STATE:
            out->trace_state = *item;
            break;
        case RECORD_ITEM_STATUS_MESSAGE:
            out->status_message = *item;
            break;
        case RECORD_ITEM_BODY:
            out->body = *item;
            break;
        case RECORD_ITEM_EVENT_NAME:
            out->event_name = *item;
            break;
        case RECORD_ITEM_STACK:
            stack_name(item);
            /* fall through */
        case RECORD_ITEM_ATTRIBUTE:
            if (limits->value_length != LIMITS_NONE)
                value_cut(item, limits->value_length);
            list_add(&attributes, item);
            break;
        case RECORD_ITEM_EVENT:
        case RECORD_ITEM_LINK:
            family_start(&family, limits, out, item);
            break;
        case RECORD_ITEM_EVENT_ATTRIBUTE:
        case RECORD_ITEM_LINK_ATTRIBUTE:
            if (family.open == NULL)
                break;
            if (limits->value_length != LIMITS_NONE)
                value_cut(item, limits->value_length);
            list_add(&family.list, item);
            break;
        case RECORD_ITEM_KIND_COUNT:
            break;
        }
    }
    family_close(&family, out);
    out->attribute_count = attributes.count;
    out->attributes_dropped += attributes.dropped;
}
