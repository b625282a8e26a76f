#include "agent/encode/json_attribute.h"

#include <string.h>

static void string_list(struct json *json, const struct record_view *item, uint32_t value_length)
{
    uint32_t offset = 0, length;
    const char *text;

    JSON_KEY(json, "arrayValue");
    json_object_begin(json);
    JSON_KEY(json, "values");
    json_array_begin(json);
    while (record_string_next(item, &offset, &text, &length)) {
        json_object_begin(json);
        JSON_KEY(json, "stringValue");
        json_string(json, text, limits_text_fit(text, length, value_length));
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
}

static void value(struct json *json, const struct record_view *item, uint32_t value_length)
{
    char stack[ENCODER_STACK_BYTES];

    switch (item->type) {
    case RECORD_VALUE_STRING:
        JSON_KEY(json, "stringValue");
        json_string(json, (const char *)item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOL:
        JSON_KEY(json, "boolValue");
        json_bool(json, record_view_int(item) != 0);
        break;
    case RECORD_VALUE_INT:
        JSON_KEY(json, "intValue");
        json_int_text(json, record_view_int(item));
        break;
    case RECORD_VALUE_DOUBLE:
        JSON_KEY(json, "doubleValue");
        json_double(json, record_view_double(item));
        break;
    case RECORD_VALUE_STRINGS:
        string_list(json, item, value_length);
        break;
    case RECORD_VALUE_STACK:
        JSON_KEY(json, "stringValue");
        json_string(json, stack, encoder_stack_text(item, stack));
        break;
    case RECORD_VALUE_BYTES:
        JSON_KEY(json, "bytesValue");
        json_base64(json, item->value, item->value_length);
        break;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
}

void json_attribute(const struct encoder *encoder, struct json *json,
                    const struct record_view *item, uint32_t value_length)
{
    if (item->key_id < ENCODER_KEYS && encoder->keys[item->key_id].length > 0) {
        json_key_raw(json, encoder->keys[item->key_id].text, encoder->keys[item->key_id].length);
    } else {
        json_object_begin(json);
        JSON_KEY(json, "key");
        json_string(json, item->key, item->key_length);
        JSON_KEY(json, "value");
        json_object_begin(json);
    }
    value(json, item, value_length);
    json_object_end(json);
    json_object_end(json);
}

void json_attribute_list(const struct encoder *encoder, struct json *json,
                         const struct record_view *items, uint32_t count, uint32_t dropped,
                         uint32_t value_length)
{
    if (count > 0) {
        JSON_KEY(json, "attributes");
        json_array_begin(json);
        for (uint32_t i = 0; i < count; i++)
            json_attribute(encoder, json, &items[i], value_length);
        json_array_end(json);
    }
    if (dropped > 0) {
        JSON_KEY(json, "droppedAttributesCount");
        json_uint(json, dropped);
    }
}

void json_attribute_set(const struct encoder *encoder, struct json *json, const uint8_t *set)
{
    struct record_view item;
    bool has_any = false;
    size_t offset = 0;

    while (attributes_next(set, &offset, &item)) {
        if (!has_any) {
            JSON_KEY(json, "attributes");
            json_array_begin(json);
            has_any = true;
        }
        json_attribute(encoder, json, &item, LIMITS_NONE);
    }
    if (has_any)
        json_array_end(json);
}

void json_attribute_resource(const struct encoder *encoder, const uint8_t *set, struct buf *out)
{
    struct json json = json_writer(out);

    json_object_begin(&json);
    json_attribute_set(encoder, &json, set);
    json_object_end(&json);
}

void json_envelope_begin(const struct encoder *encoder, struct json *json, const char *signal_key,
                         const char *scopes_key)
{
    json_object_begin(json);
    json_key_raw(json, signal_key, strlen(signal_key));
    json_array_begin(json);
    json_object_begin(json);
    JSON_KEY(json, "resource");
    json_raw(json, encoder->resource_json.data, encoder->resource_json.length);
    JSON_KEY(json, "schemaUrl");
    json_string(json, ENCODER_SCHEMA_URL, sizeof ENCODER_SCHEMA_URL - 1);
    json_key_raw(json, scopes_key, strlen(scopes_key));
    json_array_begin(json);
}

void json_envelope_end(struct json *json)
{
    json_array_end(json);
    json_object_end(json);
    json_array_end(json);
    json_object_end(json);
}

void json_scope_begin(const struct encoder *encoder, struct json *json, uint8_t scope,
                      const char *items_key)
{
    const char *name = encoder_scope_name(scope);

    json_object_begin(json);
    JSON_KEY(json, "scope");
    json_object_begin(json);
    JSON_KEY(json, "name");
    json_string(json, name, strlen(name));
    JSON_KEY(json, "version");
    json_string(json, encoder->version, strlen(encoder->version));
    json_object_end(json);
    JSON_KEY(json, "schemaUrl");
    json_string(json, ENCODER_SCHEMA_URL, sizeof ENCODER_SCHEMA_URL - 1);
    json_key_raw(json, items_key, strlen(items_key));
    json_array_begin(json);
}

void json_scope_end(struct json *json)
{
    json_array_end(json);
    json_object_end(json);
}
