#include "agent/config/config_reader.h"
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { RESOURCE_BYTES_MAX = 32 * 1024 };

/* A pair of the form that resource_attributes and headers have. */
static void pair_add(struct buf *list, const char *name, const char *value)
{
    const char *const parts[] = { name, "=", value };

    if (list->length > 0)
        buf_add(list, ",", 1);
    for (size_t i = 0; i < 3; i++)
        for (const char *at = parts[i]; *at; at++)
            if (i == 1 ||
                ((unsigned char)*at > ' ' && (unsigned char)*at < 0x7f && !strchr("%,;=\"\\", *at)))
                buf_add(list, at, 1);
            else
                buf_add_format(list, "%%%02X", (unsigned)(unsigned char)*at);
}

/* The name and the value of an item of such a list; false when it has none. */
static bool item_read(struct config_reader *reader, const struct yaml_node *item, bool has_types,
                      const struct yaml_node **name, const struct yaml_node **value)
{
    static const char *const ALLOWED[] = { "name", "value", "type" };
    const struct yaml_node *type = yaml_tree_get(item, "type");

    if (!config_is(reader, item, YAML_MAPPING))
        return false;
    *name = yaml_tree_get(item, "name");
    *value = yaml_tree_get(item, "value");
    for (size_t i = 0; i < item->count; i++) {
        size_t place = 0;
        while (place < 3 && strcmp(item->children[i].key, ALLOWED[place]) != 0)
            place++;
        if (place == 3)
            config_problem(reader, &item->children[i],
                           "there is no \"%s\" here, but name, value, "
                           "type",
                           item->children[i].key);
    }
    if (!*name || (*name)->kind != YAML_STRING || !*value) {
        config_problem(reader, item, "an item needs name: (text) and value:");
        return false;
    }
    if (type && type->kind != YAML_NULL && strcmp(type->text ? type->text : "", "string") != 0) {
        if (has_types)
            config_read_typed(reader, *name, *value, type);
        else
            config_problem(reader, type, "\"%s\" has a type: a header is text", (*name)->text);
        return false;
    }
    if ((*value)->kind == YAML_MAPPING || (*value)->kind == YAML_SEQUENCE) {
        config_problem(reader, *value, "\"%s\" is %s: without a type a value is text",
                       (*name)->text, yaml_kind_name((*value)->kind));
        return false;
    }
    return (*value)->kind != YAML_NULL;
}

void config_set_pairs(struct config_reader *reader, const struct yaml_node *list,
                      const struct yaml_node *text, const char *option)
{
    bool has_types = strcmp(option, "resource_attributes") == 0;
    const struct yaml_node *at = list && list->kind != YAML_NULL ? list : text;
    struct buf pairs;

    buf_init(&pairs, RESOURCE_BYTES_MAX);
    if (text && config_is(reader, text, YAML_STRING))
        buf_add_text(&pairs, text->text);
    if (list && config_is(reader, list, YAML_SEQUENCE)) {
        for (size_t i = 0; i < list->count; i++) {
            const struct yaml_node *name, *value;
            if (!item_read(reader, &list->children[i], has_types, &name, &value))
                continue;
            if (strcmp(name->text, "service.name") == 0)
                config_set(reader, value, "service_name", value->text);
            else
                pair_add(&pairs, name->text, value->text);
        }
    }
    buf_add(&pairs, "", 1);
    if (pairs.has_failed)
        config_problem(reader, at, "this list is too long");
    else if (pairs.data[0])
        config_set(reader, at, option, config_text(reader, pairs.data));
    buf_release(&pairs);
}

/* --- detectors ---------------------------------------------------------------------------------
 */

static void detector_read(struct config_reader *reader, const struct yaml_node *item)
{
    static const char *const NAMES[][2] = { { "container", "container" },
                                            { "host", "host,os" },
                                            { "process", "process" },
                                            { "service", "service_instance" } };
    size_t used = strlen(reader->exporters);

    if (!config_is(reader, item, YAML_MAPPING))
        return;
    for (size_t i = 0; i < item->count; i++) {
        size_t place = 0;
        while (place < 4 && strcmp(item->children[i].key, NAMES[place][0]) != 0)
            place++;
        if (place == 4)
            config_problem(reader, &item->children[i],
                           "there is no detector \"%s\", but container, host, process, service",
                           item->children[i].key);
        else
            used += (size_t)snprintf(reader->exporters + used, sizeof reader->exporters - used,
                                     "%s%s", used ? "," : "", NAMES[place][1]);
    }
}

static void detectors_read(struct config_reader *reader, const struct yaml_node *node)
{
    config_each(reader, node, detector_read);
}

static void detection_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "detectors", .read = detectors_read },
        { .name = "attributes", .refusal = "cannot be set: a detector gives all that it finds" },
    };

    reader->exporters[0] = '\0';
    config_walk(reader, node, CONFIG_KEYS(KEYS));
    config_set(reader, node, "experimental_resource_detectors",
               reader->exporters[0] ? config_text(reader, reader->exporters) : "none");
}

/* --- resource ----------------------------------------------------------------------------------
 */

static void pairs_skip(struct config_reader *reader, const struct yaml_node *node)
{
    (void)reader;
    (void)node; /* read together: config_set_pairs */
}

static void schema_url_read(struct config_reader *reader, const struct yaml_node *value)
{
    if (config_is(reader, value, YAML_STRING))
        (void)snprintf(reader->file->extras.schema_url, sizeof reader->file->extras.schema_url,
                       "%s", value->text);
}

void config_read_resource(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "attributes", .read = pairs_skip },
        { .name = "attributes_list", .read = pairs_skip },
        { .name = "schema_url", .read = schema_url_read },
        { .name = "detection/development", .read = detection_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
    if (node->kind == YAML_MAPPING)
        config_set_pairs(reader, yaml_tree_get(node, "attributes"),
                         yaml_tree_get(node, "attributes_list"), "resource_attributes");
}
