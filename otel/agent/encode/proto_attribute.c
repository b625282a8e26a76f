#include "agent/encode/proto_attribute.h"

#include "agent/encode/proto_run.h"
#include "otel/semconv.h"

#include <string.h>

enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };

enum any_value {
    ANY_STRING = 1,
    ANY_BOOL = 2,
    ANY_INT = 3,
    ANY_DOUBLE = 4,
    ANY_ARRAY = 5,
    ANY_BYTES = 7,
};

enum { ARRAY_VALUES = 1 };
enum { RESOURCE_ATTRIBUTES = 1 };
enum { SCOPE_NAME = 1, SCOPE_VERSION = 2 };

/* Of Export…ServiceRequest, of Resource…, of Scope…, whatever the signal. */
enum { REQUEST_RESOURCES = 1 };
enum { RESOURCES_RESOURCE = 1, RESOURCES_SCOPES = 2, RESOURCES_SCHEMA_URL = 3 };
enum { SCOPES_SCOPE = 1, SCOPES_SCHEMA_URL = 3 };

/* The field KeyValue.key of each well-known key, by id; of one size, so that copying one costs no
 * call. */
static const struct {
    uint8_t tag, length;
    char text[ENCODER_KEY_BYTES - 2];
} known_keys[OTEL_SEMCONV_COUNT + 1] = {
#define KNOWN_KEY(id, name, key) [id] = { KEY_VALUE_KEY << 3 | PROTO_BYTES, sizeof(key) - 1, key },
    OTEL_SEMCONV_KEYS(KNOWN_KEY)
#undef KNOWN_KEY
};

static void string_list(struct buf *out, const struct record_view *item, uint32_t value_length)
{
    struct proto_message array = proto_message_begin(out, ANY_ARRAY, PROTO_SMALL);
    uint32_t offset = 0, length;
    const char *text;

    while (record_string_next(item, &offset, &text, &length))
        proto_string_value(out, ARRAY_VALUES, text, limits_text_fit(text, length, value_length));
    proto_message_end(out, array);
}

static void any_value(struct buf *out, const struct record_view *item, uint32_t value_length);

static void element_list(struct buf *out, const struct record_view *item)
{
    struct proto_message array = proto_message_begin(out, ANY_ARRAY, PROTO_SMALL);
    struct record_view element;
    uint32_t offset = 0;

    while (record_element_next(item, &offset, &element)) {
        struct proto_message one = proto_message_begin(out, ARRAY_VALUES, PROTO_SMALL);

        any_value(out, &element, 0);
        proto_message_end(out, one);
    }
    proto_message_end(out, array);
}

static void any_value(struct buf *out, const struct record_view *item, uint32_t value_length)
{
    char stack[ENCODER_STACK_BYTES];

    switch (item->type) {
    case RECORD_VALUE_STRING:
        proto_string(out, ANY_STRING, (const char *)item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOL:
        proto_varint(out, ANY_BOOL, record_view_int(item) != 0);
        break;
    case RECORD_VALUE_INT:
        proto_varint(out, ANY_INT, (uint64_t)record_view_int(item));
        break;
    case RECORD_VALUE_DOUBLE:
        proto_double(out, ANY_DOUBLE, record_view_double(item));
        break;
    case RECORD_VALUE_STRINGS:
        string_list(out, item, value_length);
        break;
    case RECORD_VALUE_STACK:
        proto_bytes(out, ANY_STRING, stack, encoder_stack_text(item, stack));
        break;
    case RECORD_VALUE_BYTES:
        proto_bytes(out, ANY_BYTES, item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES:
        element_list(out, item);
        break;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
}

/* Bytes of an AnyValue that usual_attribute writes; 0 for any other. */
static size_t usual_value_size(const struct record_view *item)
{
    if (item->type == RECORD_VALUE_INT)
        return 1 + proto_varint_size((uint64_t)record_view_int(item));
    if (item->type == RECORD_VALUE_STRING &&
        proto_is_ascii((const char *)item->value, item->value_length))
        return proto_bytes_size(item->value_length);
    return 0;
}

static char *put_key(char *to, const struct record_view *item)
{
    if (item->key_id == 0)
        return proto_run_bytes(to, KEY_VALUE_KEY, item->key, item->key_length);
    memcpy(to, &known_keys[item->key_id], sizeof known_keys[0]);
    return to + 2 + item->key_length;
}

/* A number, or a text in ASCII, in one go; false when it is neither. */
static bool usual_attribute(struct buf *out, unsigned field, const struct record_view *item)
{
    size_t value_size = usual_value_size(item);
    size_t pair_size = proto_bytes_size(item->key_length) + proto_bytes_size(value_size);
    char *to;

    if (value_size == 0 || (item->key_id == 0 && !proto_is_ascii(item->key, item->key_length)))
        return false;
    to = proto_run_begin(out, PROTO_HEAD_MAX + sizeof known_keys[0] + pair_size);
    if (to == NULL)
        return true;
    to = proto_run_varint(proto_run_tag(to, field, PROTO_BYTES), pair_size);
    to = put_key(to, item);
    to = proto_run_varint(proto_run_tag(to, KEY_VALUE_VALUE, PROTO_BYTES), value_size);
    if (item->type == RECORD_VALUE_INT)
        to = proto_run_varint(proto_run_tag(to, ANY_INT, PROTO_VARINT),
                              (uint64_t)record_view_int(item));
    else
        to = proto_run_bytes(to, ANY_STRING, item->value, item->value_length);
    proto_run_end(out, to);
    return true;
}

static void attribute(struct buf *out, unsigned field, const struct record_view *item,
                      uint32_t value_length)
{
    struct proto_message pair, value;

    if (usual_attribute(out, field, item))
        return;
    pair = proto_message_begin(out, field, PROTO_SMALL);
    proto_string(out, KEY_VALUE_KEY, item->key, item->key_length);
    value = proto_message_begin(out, KEY_VALUE_VALUE, PROTO_SMALL);
    any_value(out, item, value_length);
    proto_message_end(out, value);
    proto_message_end(out, pair);
}

void proto_attribute_list(struct buf *out, unsigned field, const struct record_view *items,
                          uint32_t count, uint32_t value_length)
{
    for (uint32_t i = 0; i < count; i++)
        attribute(out, field, &items[i], value_length);
}

void proto_attribute_set(struct buf *out, unsigned field, const uint8_t *set)
{
    struct record_view item;
    size_t offset = 0;

    while (attributes_next(set, &offset, &item))
        attribute(out, field, &item, LIMITS_NONE);
}

void proto_string_value(struct buf *out, unsigned field, const char *text, size_t length)
{
    struct proto_message value = proto_message_begin(out, field, PROTO_SMALL);

    proto_string(out, ANY_STRING, text, length);
    proto_message_end(out, value);
}

void proto_resource(const uint8_t *set, struct buf *out)
{
    proto_attribute_set(out, RESOURCE_ATTRIBUTES, set);
}

struct proto_message proto_envelope_begin(const struct encoder *encoder, struct buf *out)
{
    struct proto_message envelope = proto_message_begin(out, REQUEST_RESOURCES, PROTO_LARGE);

    proto_bytes(out, RESOURCES_RESOURCE, encoder->resource_proto.data,
                encoder->resource_proto.length);
    return envelope;
}

void proto_envelope_end(struct buf *out, struct proto_message envelope)
{
    proto_bytes(out, RESOURCES_SCHEMA_URL, ENCODER_SCHEMA_URL, sizeof ENCODER_SCHEMA_URL - 1);
    proto_message_end(out, envelope);
}

struct proto_message proto_scope_begin(const struct encoder *encoder, struct buf *out,
                                       uint8_t scope)
{
    struct proto_message scopes = proto_message_begin(out, RESOURCES_SCOPES, PROTO_LARGE);
    struct proto_message message = proto_message_begin(out, SCOPES_SCOPE, PROTO_SMALL);
    const char *name = encoder_scope_name(scope);

    proto_bytes(out, SCOPE_NAME, name, strlen(name));
    proto_bytes(out, SCOPE_VERSION, encoder->version, strlen(encoder->version));
    proto_message_end(out, message);
    return scopes;
}

void proto_scope_end(struct buf *out, struct proto_message scope)
{
    proto_bytes(out, SCOPES_SCHEMA_URL, ENCODER_SCHEMA_URL, sizeof ENCODER_SCHEMA_URL - 1);
    proto_message_end(out, scope);
}
