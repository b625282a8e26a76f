#include "agent/encode/json_attribute.h"

#include "base/json_run.h"
#include "otel/semconv.h"

#include <string.h>

/* Whatever key and value are: a well-known key, braces, and the value's own key. */
enum { ATTRIBUTE_FIXED_BYTES = ENCODER_KEY_BYTES + 64 };

/* By id; of one size, so that copying one costs no call. */
static const struct {
    uint8_t length;
    char text[ENCODER_KEY_BYTES - 1];
} known_keys[OTEL_SEMCONV_COUNT + 1] = {
#define KNOWN_KEY(id, name, key)                                                                   \
    [id] = { sizeof("{\"key\":\"" key "\",\"value\":{") - 1, "{\"key\":\"" key "\",\"value\":{" },
    OTEL_SEMCONV_KEYS(KNOWN_KEY)
#undef KNOWN_KEY
};

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

static void value(struct json *json, const struct record_view *item, uint32_t value_length);

static void element_list(struct json *json, const struct record_view *item)
{
    struct record_view element;
    uint32_t offset = 0;

    JSON_KEY(json, "arrayValue");
    json_object_begin(json);
    JSON_KEY(json, "values");
    json_array_begin(json);
    while (record_element_next(item, &offset, &element)) {
        json_object_begin(json);
        value(json, &element, 0);
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
        break;             /* usual_value wrote it */
    case RECORD_VALUE_INT: /* of an array */
        JSON_KEY(json, "intValue");
        json_int_text(json, record_view_int(item));
        break;
    case RECORD_VALUE_BOOL:
        JSON_KEY(json, "boolValue");
        json_bool(json, record_view_int(item) != 0);
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
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES:
        element_list(json, item);
        break;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
}

static char *put_key(char *to, const struct record_view *item)
{
    if (item->key_id != 0) {
        memcpy(to, known_keys[item->key_id].text, sizeof known_keys[0].text);
        return to + known_keys[item->key_id].length;
    }
    to = JSON_RUN(to, "{\"key\":\"");
    to = json_run_text(to, item->key, item->key_length);
    return JSON_RUN(to, "\",\"value\":{");
}

void json_attribute(struct json *json, const struct record_view *item, uint32_t value_length)
{
    bool is_text = item->type == RECORD_VALUE_STRING;
    size_t content = (size_t)item->key_length + (is_text ? item->value_length : 0);
    char *to = json_run_begin(json, ATTRIBUTE_FIXED_BYTES + content * JSON_RUN_ESCAPED);

    if (to == NULL)
        return;
    to = put_key(to, item);
    if (is_text) {
        to = JSON_RUN(to, "\"stringValue\":\"");
        to = json_run_text(to, (const char *)item->value, item->value_length);
        to = JSON_RUN(to, "\"}}");
        json_wrote(json, to, true);
    } else if (item->type == RECORD_VALUE_INT) {
        to = JSON_RUN(to, "\"intValue\":\"");
        to = json_run_int(to, record_view_int(item));
        to = JSON_RUN(to, "\"}}");
        json_wrote(json, to, true);
    } else {
        json_wrote(json, to, false);
        value(json, item, value_length);
        json_object_end(json);
        json_object_end(json);
    }
}

void json_attribute_list(struct json *json, const struct record_view *items, uint32_t count,
                         uint32_t dropped, uint32_t value_length)
{
    if (count > 0) {
        JSON_KEY(json, "attributes");
        json_array_begin(json);
        for (uint32_t i = 0; i < count; i++)
            json_attribute(json, &items[i], value_length);
        json_array_end(json);
    }
    if (dropped > 0) {
        JSON_KEY(json, "droppedAttributesCount");
        json_uint(json, dropped);
    }
}

void json_attribute_set(struct json *json, const uint8_t *set)
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
        json_attribute(json, &item, LIMITS_NONE);
    }
    if (has_any)
        json_array_end(json);
}

void json_attribute_resource(const uint8_t *set, struct buf *out)
{
    struct json json = json_writer(out);

    json_object_begin(&json);
    json_attribute_set(&json, set);
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
