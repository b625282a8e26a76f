#include "segment/check.h"
#include "otel/semconv.h"

#include <string.h>

#define TYPE(name) (1u << RECORD_VALUE_##name)
#define ANY_ATTRIBUTE                                                                              \
    (TYPE(STRING) | TYPE(BOOL) | TYPE(INT) | TYPE(DOUBLE) | TYPE(STRINGS) | TYPE(BOOLS) |          \
     TYPE(INTS) | TYPE(DOUBLES))

#define LINK_BYTES 25 /* trace id, span id, flags */

/* Which types a value of a kind may have, and whether there is a key. */
static const struct {
    uint16_t types;
    bool has_key;
} item_rules[RECORD_ITEM_KIND_COUNT] = {
    [RECORD_ITEM_NAME] = { TYPE(STRING), false },
    [RECORD_ITEM_ATTRIBUTE] = { ANY_ATTRIBUTE, true },
    [RECORD_ITEM_TRACE_STATE] = { TYPE(STRING), false },
    [RECORD_ITEM_STATUS_MESSAGE] = { TYPE(STRING), false },
    [RECORD_ITEM_EVENT] = { TYPE(INT), true },
    [RECORD_ITEM_EVENT_ATTRIBUTE] = { ANY_ATTRIBUTE, true },
    [RECORD_ITEM_LINK] = { TYPE(BYTES), false },
    [RECORD_ITEM_LINK_ATTRIBUTE] = { ANY_ATTRIBUTE, true },
    [RECORD_ITEM_BODY] = { TYPE(STRING), false },
    [RECORD_ITEM_EVENT_NAME] = { TYPE(STRING), false },
    [RECORD_ITEM_STACK] = { TYPE(STACK), false },
};

static const struct {
    const char *text;
    uint32_t length;
} known_keys[OTEL_SEMCONV_COUNT + 1] = {
#define KNOWN_KEY(id, name, text) [id] = { text, sizeof(text) - 1 },
    OTEL_SEMCONV_KEYS(KNOWN_KEY)
#undef KNOWN_KEY
};

const char *record_key_text(uint16_t key_id)
{
    return key_id <= OTEL_SEMCONV_COUNT ? known_keys[key_id].text : NULL;
}

/* The fixed part of a type; 0 for what is no record on its own. */
static size_t fixed_bytes(uint8_t type)
{
    switch (type) {
    case RECORD_SPAN:
        return sizeof(struct record_span);
    case RECORD_LOG:
        return sizeof(struct record_log);
    case RECORD_MEASUREMENT:
        return sizeof(struct record_measurement);
    }
    return 0;
}

static bool value_check(const struct record_view *item)
{
    uint32_t offset = 0;
    const char *text = NULL;
    uint32_t length = 0;

    switch (item->type) {
    case RECORD_VALUE_STRING:
        return true;
    case RECORD_VALUE_BOOL:
    case RECORD_VALUE_INT:
    case RECORD_VALUE_DOUBLE:
        return item->value_length == sizeof(uint64_t);
    case RECORD_VALUE_STRINGS:
        while (record_string_next(item, &offset, &text, &length))
            continue;
        return offset == item->value_length;
    case RECORD_VALUE_STACK:
        return item->value_length % sizeof(uint64_t) == 0 &&
               item->value_length <= SEGMENT_STACK_FRAMES * sizeof(uint64_t);
    case RECORD_VALUE_BYTES:
        return item->kind == RECORD_ITEM_LINK && item->value_length == LINK_BYTES;
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES:
        return item->value_length % sizeof(uint64_t) == 0;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
    return false;
}

static bool key_check(const struct record_item *header)
{
    bool has_key = header->key_id != 0 || header->key_length != 0;

    if (has_key != item_rules[header->kind].has_key)
        return false;
    return header->key_id == 0 || (header->key_length == 0 && record_key_text(header->key_id));
}

/* Nothing is looked at: whoever calls this knows that the item is whole. */
static inline void item_view(const uint8_t *bytes, const struct record_item *header,
                             struct record_view *out)
{
    const uint8_t *value = bytes + sizeof *header;
    bool is_known = header->key_id != 0;

    out->kind = header->kind;
    out->type = header->type;
    out->key_id = header->key_id;
    out->value = value;
    out->value_length = header->value_length;
    out->key =
        is_known ? known_keys[header->key_id].text : (const char *)value + header->value_length;
    out->key_length = is_known ? known_keys[header->key_id].length : header->key_length;
}

/* Takes one item apart; returns its size, 0 when it is not whole or not known. */
static size_t item_read(const uint8_t *bytes, size_t left, struct record_view *out)
{
    struct record_item header;
    size_t content = 0;

    if (left < sizeof header)
        return 0;
    memcpy(&header, bytes, sizeof header);
    content = (size_t)header.value_length + header.key_length;
    if (header.size < sizeof header || header.size % 8 || header.size > left ||
        content > header.size - sizeof header)
        return 0;
    if (header.kind == 0 || header.kind >= RECORD_ITEM_KIND_COUNT ||
        header.type >= RECORD_VALUE_TYPE_COUNT ||
        !(item_rules[header.kind].types & (1u << header.type)) || !key_check(&header))
        return 0;
    item_view(bytes, &header, out);
    return value_check(out) ? header.size : 0;
}

static bool instrument_check(const uint8_t *record)
{
    uint16_t instrument = 0;

    memcpy(&instrument, record + offsetof(struct record_measurement, instrument),
           sizeof instrument);
    return instrument < SEGMENT_INSTRUMENT_COUNT;
}

bool record_check(const uint8_t *record, size_t size)
{
    struct record_header header;
    struct record_view item;
    size_t offset = 0;

    if (size < sizeof header || size > RECORD_BYTES_MAX)
        return false;
    memcpy(&header, record, sizeof header);
    if (header.size != size || size % 8 || header.version != RECORD_VERSION ||
        header.scope >= RECORD_SCOPE_COUNT || !fixed_bytes(header.type) ||
        size < fixed_bytes(header.type))
        return false;
    if (header.type == RECORD_MEASUREMENT && !instrument_check(record))
        return false;
    while (record_item_check(record, &offset, &item))
        continue;
    return offset == size;
}

bool record_item_next(const uint8_t *record, size_t *offset, struct record_view *out)
{
    const struct record_header *header = (const void *)record;
    const struct record_item *item;
    size_t at = *offset;

    if (at == 0)
        at = fixed_bytes(header->type);
    if (at == 0 || at >= header->size)
        return false;
    item = (const void *)(record + at);
    item_view(record + at, item, out);
    *offset = at + item->size;
    return true;
}

bool record_item_check(const uint8_t *record, size_t *offset, struct record_view *out)
{
    struct record_header header;
    size_t at = *offset;
    size_t size = 0;

    memcpy(&header, record, sizeof header);
    if (at == 0)
        at = fixed_bytes(header.type);
    *offset = at;
    if (at == 0 || at >= header.size)
        return false;
    size = item_read(record + at, header.size - at, out);
    *offset = at + size;
    return size != 0;
}

bool record_string_next(const struct record_view *item, uint32_t *offset, const char **text,
                        uint32_t *length)
{
    uint32_t left = item->value_length - *offset;
    uint32_t string_length = 0;

    if (*offset > item->value_length || left < sizeof string_length)
        return false;
    memcpy(&string_length, item->value + *offset, sizeof string_length);
    if (string_length > left - sizeof string_length)
        return false;
    *text = (const char *)item->value + *offset + sizeof string_length;
    *length = string_length;
    *offset += (uint32_t)sizeof string_length + string_length;
    return true;
}

bool record_element_next(const struct record_view *item, uint32_t *offset,
                         struct record_view *element)
{
    static const uint8_t TYPES[RECORD_VALUE_TYPE_COUNT] = { [RECORD_VALUE_BOOLS] =
                                                                RECORD_VALUE_BOOL,
                                                            [RECORD_VALUE_INTS] = RECORD_VALUE_INT,
                                                            [RECORD_VALUE_DOUBLES] =
                                                                RECORD_VALUE_DOUBLE };

    if (*offset > item->value_length || item->value_length - *offset < sizeof(uint64_t))
        return false;
    *element = *item;
    element->type = TYPES[item->type];
    element->value = item->value + *offset;
    element->value_length = sizeof(uint64_t);
    *offset += (uint32_t)sizeof(uint64_t);
    return true;
}

int64_t record_view_int(const struct record_view *item)
{
    int64_t value = 0;

    memcpy(&value, item->value, sizeof value);
    return value;
}

double record_view_double(const struct record_view *item)
{
    double value = 0;

    memcpy(&value, item->value, sizeof value);
    return value;
}

void segment_text_copy(char *out, size_t out_size, const char *field, size_t field_size)
{
    size_t length = strnlen(field, field_size < out_size ? field_size : out_size - 1);

    memcpy(out, field, length);
    out[length] = '\0';
}

bool segment_header_check(const struct segment_header *header, uint64_t file_bytes)
{
    return file_bytes == sizeof(struct segment) && header->magic == SEGMENT_MAGIC &&
           header->version == SEGMENT_VERSION && header->header_bytes == sizeof(struct segment);
}
