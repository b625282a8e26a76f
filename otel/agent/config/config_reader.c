#include "agent/config/config_reader.h"

#include "agent/config/option_spec.h"
#include "agent/report.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CONFIG_MESSAGE_BYTES = 1024 };

void config_problem(struct config_reader *reader, const struct yaml_node *at, const char *format,
                    ...)
{
    char text[CONFIG_MESSAGE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (reader->problem_count++ < CONFIG_PROBLEMS_MAX)
        report_error("%s:%u:%u: %s", reader->file->path, at->line, at->column, text);
}

const char *config_text(struct config_reader *reader, const char *text)
{
    struct config_file *file = reader->file;
    char *copy = file->text_count < CONFIG_TEXTS_MAX ? mem_strdup(text) : NULL;

    if (!copy) {
        config_problem(reader, file->root, "it has too much in it");
        return "";
    }
    file->texts[file->text_count++] = copy;
    return copy;
}

const char *config_signal_name(enum settings_signal signal)
{
    static const char *const NAMES[SIGNAL_COUNT] = { "traces", "metrics", "logs" };

    return NAMES[signal];
}

bool config_is(struct config_reader *reader, const struct yaml_node *node, enum yaml_kind kind)
{
    if (node->kind == YAML_NULL)
        return false;
    if (node->kind == kind || (kind == YAML_FLOAT && node->kind == YAML_INT))
        return true;
    config_problem(reader, node, "\"%s\" must be %s, and is %s", node->key ? node->key : "an item",
                   yaml_kind_name(kind), yaml_kind_name(node->kind));
    return false;
}

static enum yaml_kind kind_of(enum option_type type)
{
    switch (type) {
    case OPTION_TYPE_BOOL:
    case OPTION_TYPE_PYTHON_BOOL:
        return YAML_BOOL;
    case OPTION_TYPE_INT:
    case OPTION_TYPE_DURATION:
    case OPTION_TYPE_TIMEOUT:
        return YAML_INT;
    case OPTION_TYPE_RATIO:
        return YAML_FLOAT;
    case OPTION_TYPE_TEXT:
    case OPTION_TYPE_ENDPOINT:
    case OPTION_TYPE_CHOICE:
    case OPTION_TYPE_PYTHON_CHOICE:
    case OPTION_TYPE_CHOICES:
    case OPTION_TYPE_PYTHON_CHOICES:
        break;
    }
    return YAML_STRING;
}

void config_set(struct config_reader *reader, const struct yaml_node *at, const char *option,
                const char *text)
{
    enum option_id id = option_find(option, strlen(option));
    struct option_value *value = &reader->options->values[id < OPTION_COUNT ? id : 0];
    struct option_value read = {
        .is_set = true, .origin = ORIGIN_FILE, .line = at->line, .column = at->column
    };
    char accepted[OPTION_ACCEPTED_SIZE];

    if (id == OPTION_COUNT) {
        config_problem(reader, at, "there is nothing here that \"%s\" could set", option);
        return;
    }
    if (value->origin == ORIGIN_OPTION)
        return;
    if (value->origin == ORIGIN_FILE && strcmp(value->text, text) != 0) {
        config_problem(reader, at,
                       "%s is \"%s\" here and something else in line %u: there is one for all",
                       option, text, value->line);
        return;
    }
    if (!option_value_parse(option_spec(id), reader->file->path, text, &read)) {
        option_accepted_describe(option_spec(id), accepted);
        config_problem(reader, at, "\"%s\" is not accepted (%s)", text, accepted);
        return;
    }
    *value = read;
}

static void key_read(struct config_reader *reader, const struct config_key *key,
                     const struct yaml_node *value)
{
    char option[OPTION_VARIABLE_SIZE];
    const char *place;
    enum option_id id;

    if (key->refusal) {
        config_problem(reader, value, "\"%s\" %s", key->name, key->refusal);
        return;
    }
    if (key->read) {
        key->read(reader, value);
        return;
    }
    place = strstr(key->option, "%s");
    (void)snprintf(option, sizeof option, "%.*s%s%s",
                   place ? (int)(place - key->option) : (int)strlen(key->option), key->option,
                   place ? config_signal_name(reader->signal) : "", place ? place + 2 : "");
    id = option_find(option, strlen(option));
    if (id == OPTION_COUNT || config_is(reader, value, kind_of(option_spec(id)->type)))
        config_set(reader, value, option, value->text ? value->text : "");
}

static void unknown_report(struct config_reader *reader, const struct yaml_node *child,
                           const struct config_key *keys, size_t count)
{
    struct yaml_node at = { .line = child->key_line, .column = child->key_column };
    char allowed[CONFIG_MESSAGE_BYTES / 2];
    size_t length = 0;

    allowed[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (!keys[i].refusal && length < sizeof allowed)
            length += (size_t)snprintf(allowed + length, sizeof allowed - length, "%s%s",
                                       length ? ", " : "", keys[i].name);
    config_problem(reader, &at, "there is no \"%s\" here, but %s", child->key, allowed);
}

void config_walk(struct config_reader *reader, const struct yaml_node *node,
                 const struct config_key *keys, size_t count)
{
    if (!config_is(reader, node, YAML_MAPPING))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *child = &node->children[i];
        size_t place = 0;

        while (place < count && strcmp(keys[place].name, child->key) != 0)
            place++;
        if (place == count)
            unknown_report(reader, child, keys, count);
        else
            key_read(reader, &keys[place], child);
    }
}

void config_each(struct config_reader *reader, const struct yaml_node *node, config_read_fn read)
{
    if (!config_is(reader, node, YAML_SEQUENCE))
        return;
    for (size_t i = 0; i < node->count; i++)
        read(reader, &node->children[i]);
}
