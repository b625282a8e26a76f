#include "agent/config/config_reader.h"
#include "base/buf.h"
#include "base/mem.h"
#include "segment/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct value_kind {
    const char *name;
    enum record_value_type type;
    enum yaml_kind kind; /* of the value, or of each in the list */
    bool is_array;
} KINDS[] = {
    { "bool", RECORD_VALUE_BOOL, YAML_BOOL, false },
    { "int", RECORD_VALUE_INT, YAML_INT, false },
    { "double", RECORD_VALUE_DOUBLE, YAML_FLOAT, false },
    { "string_array", RECORD_VALUE_STRINGS, YAML_STRING, true },
    { "bool_array", RECORD_VALUE_BOOLS, YAML_BOOL, true },
    { "int_array", RECORD_VALUE_INTS, YAML_INT, true },
    { "double_array", RECORD_VALUE_DOUBLES, YAML_FLOAT, true },
};

static const struct value_kind *kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return NULL;
}

/* One value as a record has it; what is wrong is reported. */
static void value_add(struct config_reader *reader, const struct yaml_node *node,
                      enum yaml_kind kind, struct buf *out)
{
    uint32_t length;
    int64_t integer;
    double real;

    if (node->kind == YAML_NULL)
        config_problem(reader, node, "a value is missing here");
    if (!config_is(reader, node, kind))
        return;
    errno = 0;
    switch ((int)kind) {
    case YAML_STRING:
        length = (uint32_t)strlen(node->text);
        buf_add(out, &length, sizeof length);
        buf_add(out, node->text, length);
        break;
    case YAML_FLOAT:
        real = strtod(node->text, NULL);
        if (!isfinite(real) || strpbrk(node->text, "nN"))
            config_problem(reader, node, "%s is no number that can be sent", node->text);
        buf_add(out, &real, sizeof real);
        break;
    default:
        integer =
            kind == YAML_BOOL ? strchr("tT", node->text[0]) != NULL : strtoll(node->text, NULL, 10);
        if (errno == ERANGE)
            config_problem(reader, node, "%s has more than 64 bits", node->text);
        buf_add(out, &integer, sizeof integer);
    }
}

static void item_add(struct config_reader *reader, const struct yaml_node *name,
                     enum record_value_type type, const struct buf *value)
{
    struct config_extras *extras = &reader->file->extras;
    size_t count = extras->resource_item_count;
    struct resource_item *more = mem_realloc(extras->resource_items, (count + 1) * sizeof *more);

    if (!more) {
        config_problem(reader, name, "there is no memory");
        return;
    }
    extras->resource_items = more;
    more[count] = (struct resource_item){
        .key = mem_strdup(name->text),
        .type = (uint8_t)type,
        .value = mem_alloc(value->length + 1),
        .value_length = (uint32_t)value->length,
    };
    extras->resource_item_count++;
    if (!more[count].key || !more[count].value) {
        config_problem(reader, name, "there is no memory");
        return;
    }
    if (value->length)
        memcpy(more[count].value, value->data, value->length);
}

void config_read_typed(struct config_reader *reader, const struct yaml_node *name,
                       const struct yaml_node *value, const struct yaml_node *type)
{
    const struct value_kind *kind = type->text ? kind_find(type->text) : NULL;
    struct buf bytes;

    if (!kind) {
        config_problem(reader, type,
                       "a type is one of string, bool, int, double, string_array, bool_array, "
                       "int_array, double_array");
        return;
    }
    buf_init(&bytes, RECORD_VALUE_BYTES_MAX);
    if (!kind->is_array)
        value_add(reader, value, kind->kind, &bytes);
    else if (config_is(reader, value, YAML_SEQUENCE))
        for (size_t i = 0; i < value->count; i++)
            value_add(reader, &value->children[i], kind->kind, &bytes);
    if (bytes.has_failed)
        config_problem(reader, value, "\"%s\" is too long", name->text);
    else
        item_add(reader, name, kind->type, &bytes);
    buf_release(&bytes);
}
