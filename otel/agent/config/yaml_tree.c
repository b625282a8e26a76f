#include "agent/config/yaml_tree.h"

#include "agent/config/substitute.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reading {
    yaml_document_t *document;
    struct yaml_problem *problem;
};

static bool fail(struct reading *reading, unsigned line, unsigned column, const char *text)
{
    reading->problem->line = line;
    reading->problem->column = column;
    (void)snprintf(reading->problem->text, sizeof reading->problem->text, "%s", text);
    return false;
}

/* --- scalars: YAML 1.2 core schema --------------------------------------------------------------
 */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_whole_number(const char *text)
{
    text += *text == '-' || *text == '+';
    return *text && strspn(text, "0123456789") == strlen(text);
}

static bool is_number(const char *text)
{
    static const char *const OTHERS[] = { ".inf", "-.inf", "+.inf", ".Inf", ".nan", ".NaN", NULL };
    char *end = NULL;

    if (is_one_of(text, OTHERS))
        return true;
    if (strspn(text, "0123456789.eE+-") != strlen(text) || strpbrk(text, "0123456789") == NULL)
        return false;
    (void)strtod(text, &end);
    return *end == '\0';
}

static enum yaml_kind plain_kind(const char *text)
{
    static const char *const NULLS[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const BOOLS[] = { "true", "True", "TRUE", "false", "False", "FALSE", NULL };

    return is_one_of(text, NULLS)   ? YAML_NULL
           : is_one_of(text, BOOLS) ? YAML_BOOL
           : is_whole_number(text)  ? YAML_INT
           : is_number(text)        ? YAML_FLOAT
                                    : YAML_STRING;
}

static bool scalar_read(struct reading *reading, const yaml_node_t *from, struct yaml_node *out)
{
    const char *text = (const char *)from->data.scalar.value;
    bool is_plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct buf value;
    size_t at = 0;

    buf_init(&value, YAML_TEXT_BYTES_MAX);
    if (!substitute(text, from->data.scalar.length, &value, &at)) {
        buf_release(&value);
        return fail(reading, out->line, out->column,
                    "a reference is ${NAME}, ${env:NAME} or ${NAME:-default}; $$ is a dollar");
    }
    buf_add(&value, "", 1);
    if (value.has_failed || strlen(value.data) + 1 != value.length) {
        buf_release(&value);
        return fail(reading, out->line, out->column, "a value is too long, or holds a NUL");
    }
    out->text = value.data; /* from mem_alloc; now the node's */
    out->kind = is_plain ? plain_kind(out->text) : YAML_STRING;
    return true;
}

/* --- nodes -------------------------------------------------------------------------------------
 */

static bool node_read(struct reading *reading, int index, unsigned depth, struct yaml_node *out);

static struct yaml_node *child_add(struct yaml_node *parent)
{
    if (parent->count == parent->capacity) {
        size_t capacity = parent->capacity ? 2 * parent->capacity : 4;
        struct yaml_node *more = mem_realloc(parent->children, capacity * sizeof *more);

        if (!more)
            return NULL;
        parent->children = more;
        parent->capacity = capacity;
    }
    memset(&parent->children[parent->count], 0, sizeof *parent->children);
    return &parent->children[parent->count++];
}

static bool pair_read(struct reading *reading, const yaml_node_pair_t *pair, unsigned depth,
                      struct yaml_node *parent)
{
    const yaml_node_t *key = yaml_document_get_node(reading->document, pair->key);
    unsigned line = (unsigned)key->start_mark.line + 1;
    unsigned column = (unsigned)key->start_mark.column + 1;
    struct yaml_node *child;

    if (key->type != YAML_SCALAR_NODE)
        return fail(reading, line, column, "a key must be text");
    if (yaml_tree_get(parent, (const char *)key->data.scalar.value))
        return fail(reading, line, column, "this key stands twice");
    child = child_add(parent);
    if (!child)
        return fail(reading, 0, 0, "there is no memory");
    child->key = mem_strdup((const char *)key->data.scalar.value);
    child->key_line = line;
    child->key_column = column;
    return child->key ? node_read(reading, pair->value, depth + 1, child)
                      : fail(reading, 0, 0, "there is no memory");
}

static bool node_read(struct reading *reading, int index, unsigned depth, struct yaml_node *out)
{
    const yaml_node_t *from = yaml_document_get_node(reading->document, index);
    bool is_good = true;

    out->line = (unsigned)from->start_mark.line + 1;
    out->column = (unsigned)from->start_mark.column + 1;
    if (depth > YAML_DEPTH_MAX)
        return fail(reading, out->line, out->column, "nested too deep, or an alias of itself");
    switch (from->type) {
    case YAML_SCALAR_NODE:
        return scalar_read(reading, from, out);
    case YAML_SEQUENCE_NODE:
        out->kind = YAML_SEQUENCE;
        for (const yaml_node_item_t *item = from->data.sequence.items.start;
             is_good && item < from->data.sequence.items.top; item++) {
            struct yaml_node *child = child_add(out);
            is_good = child ? node_read(reading, *item, depth + 1, child)
                            : fail(reading, 0, 0, "there is no memory");
        }
        return is_good;
    case YAML_MAPPING_NODE:
        out->kind = YAML_MAPPING;
        for (const yaml_node_pair_t *pair = from->data.mapping.pairs.start;
             is_good && pair < from->data.mapping.pairs.top; pair++)
            is_good = pair_read(reading, pair, depth, out);
        return is_good;
    case YAML_NO_NODE:
        break;
    }
    return fail(reading, out->line, out->column, "not a value");
}

static void node_release(struct yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        node_release(&node->children[i]);
    mem_free(node->children);
    mem_free(node->key);
    mem_free(node->text);
}

void yaml_tree_destroy(struct yaml_node *root)
{
    if (!root)
        return;
    node_release(root);
    mem_free(root);
}

/* --- the file ----------------------------------------------------------------------------------
 */

static char *file_read(const char *path, size_t *length, struct reading *reading)
{
    FILE *file = fopen(path, "re");
    char *text = mem_alloc(YAML_FILE_BYTES_MAX + 1);

    if (!file || !text) {
        (void)fail(reading, 0, 0, file ? "there is no memory" : strerror(errno));
    } else {
        *length = fread(text, 1, YAML_FILE_BYTES_MAX + 1, file);
        if (!ferror(file) && *length <= YAML_FILE_BYTES_MAX) {
            (void)fclose(file);
            return text;
        }
        (void)fail(reading, 0, 0,
                   ferror(file) ? "it cannot be read" : "it is larger than 1048576 bytes");
    }
    if (file)
        (void)fclose(file);
    mem_free(text);
    return NULL;
}

/* The aliases of a document have been replaced before anybody could count them: so none. */
static bool text_has_alias(const char *text, size_t length, struct reading *reading)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool is_over = false, is_found = false;

    if (!yaml_parser_initialize(&parser))
        return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    while (!is_over && !is_found && yaml_parser_parse(&parser, &event)) {
        is_over = event.type == YAML_STREAM_END_EVENT;
        is_found = event.type == YAML_ALIAS_EVENT;
        if (is_found)
            (void)fail(reading, (unsigned)event.start_mark.line + 1,
                       (unsigned)event.start_mark.column + 1, "aliases are not taken");
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return is_found;
}

struct yaml_node *yaml_tree_read(const char *path, struct yaml_problem *problem)
{
    struct reading reading = { .problem = problem };
    struct yaml_node *root = NULL;
    yaml_parser_t parser;
    yaml_document_t document;
    size_t length = 0;
    char *text = file_read(path, &length, &reading);

    if (!text || text_has_alias(text, length, &reading) || !yaml_parser_initialize(&parser)) {
        mem_free(text);
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (!yaml_parser_load(&parser, &document)) {
        (void)fail(&reading, (unsigned)parser.problem_mark.line + 1,
                   (unsigned)parser.problem_mark.column + 1,
                   parser.problem ? parser.problem : "not YAML");
    } else {
        reading.document = &document;
        root = mem_zalloc(1, sizeof *root);
        if (!yaml_document_get_root_node(&document))
            (void)fail(&reading, 0, 0, "it is empty");
        if (!root || !yaml_document_get_root_node(&document) || !node_read(&reading, 1, 0, root)) {
            yaml_tree_destroy(root);
            root = NULL;
        }
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    mem_free(text);
    return root;
}

const struct yaml_node *yaml_tree_get(const struct yaml_node *node, const char *key)
{
    for (size_t i = 0; node && node->kind == YAML_MAPPING && i < node->count; i++)
        if (strcmp(node->children[i].key, key) == 0)
            return &node->children[i];
    return NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const NAMES[] = {
        [YAML_NULL] = "nothing",      [YAML_BOOL] = "true or false", [YAML_INT] = "a whole number",
        [YAML_FLOAT] = "a number",    [YAML_STRING] = "text",        [YAML_SEQUENCE] = "a list",
        [YAML_MAPPING] = "a mapping",
    };

    return NAMES[kind];
}
