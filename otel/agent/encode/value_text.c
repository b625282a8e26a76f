#include "agent/encode/value_text.h"

void value_json(const struct record_view *item, uint32_t value_length, struct json *json)
{
    char stack[ENCODER_STACK_BYTES];
    struct record_view element;
    uint32_t offset = 0, length;
    const char *text;

    switch (item->type) {
    case RECORD_VALUE_STRING:
        json_string(json, (const char *)item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOL:
        json_bool(json, record_view_int(item) != 0);
        break;
    case RECORD_VALUE_INT:
        json_int(json, record_view_int(item));
        break;
    case RECORD_VALUE_DOUBLE:
        json_double(json, record_view_double(item));
        break;
    case RECORD_VALUE_STRINGS:
        json_array_begin(json);
        while (record_string_next(item, &offset, &text, &length))
            json_string(json, text, limits_text_fit(text, length, value_length));
        json_array_end(json);
        break;
    case RECORD_VALUE_STACK:
        json_string(json, stack, encoder_stack_text(item, stack));
        break;
    case RECORD_VALUE_BYTES:
        json_base64(json, item->value, item->value_length);
        break;
    case RECORD_VALUE_BOOLS:
    case RECORD_VALUE_INTS:
    case RECORD_VALUE_DOUBLES:
        json_array_begin(json);
        while (record_element_next(item, &offset, &element))
            value_json(&element, value_length, json);
        json_array_end(json);
        break;
    case RECORD_VALUE_TYPE_COUNT:
        break;
    }
}

static struct value_text in_scratch(const struct buf *scratch)
{
    return scratch->has_failed || scratch->length == 0
               ? (struct value_text){ "", 0 }
               : (struct value_text){ scratch->data, scratch->length };
}

struct value_text value_text(const struct record_view *item, uint32_t value_length,
                             struct buf *scratch)
{
    struct json json = json_writer(scratch);
    char stack[ENCODER_STACK_BYTES];
    struct value_text out;

    if (item->type == RECORD_VALUE_STRING)
        return (struct value_text){ (const char *)item->value, item->value_length };
    buf_clear(scratch);
    if (item->type == RECORD_VALUE_STACK)
        buf_add(scratch, stack, encoder_stack_text(item, stack));
    else
        value_json(item, value_length, &json);
    out = in_scratch(scratch);
    /* JSON's quotes round base64, NaN and the infinities are no part of the text. */
    if (out.length >= 2 && out.text[0] == '"') {
        out.text++;
        out.length -= 2;
    }
    return out;
}
