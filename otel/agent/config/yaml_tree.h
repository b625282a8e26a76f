/*
 * A YAML file as a tree of values that know where they stand: libyaml reads, environment variables
 * are put in, and what is left is resolved by the core schema of YAML 1.2. Quoted is a string.
 * Aliases are not taken: nothing here needs them, and they make trees that have no end.
 */
#ifndef OTEL_AGENT_YAML_TREE_H
#define OTEL_AGENT_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    YAML_FILE_BYTES_MAX = 1024 * 1024,
    YAML_DEPTH_MAX = 32,
    YAML_TEXT_BYTES_MAX = 64 * 1024, /* of a value, variables included */
};

enum yaml_kind {
    YAML_NULL = 0,
    YAML_BOOL,
    YAML_INT,
    YAML_FLOAT,
    YAML_STRING,
    YAML_SEQUENCE,
    YAML_MAPPING,
};

struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column; /* of the value; from 1 */
    char *key;             /* in a mapping; NULL elsewhere */
    unsigned key_line, key_column;
    char *text; /* of scalars; "" for null */
    struct yaml_node *children;
    size_t count, capacity;
};

struct yaml_problem {
    unsigned line, column; /* 0: of the file as a whole */
    char text[256];
};

/* NULL: *problem says why. Destroy it; NULL is legal. */
struct yaml_node *yaml_tree_read(const char *path, struct yaml_problem *problem);
void yaml_tree_destroy(struct yaml_node *root);

/* The value of a key; NULL when the node is no mapping or has none. */
const struct yaml_node *yaml_tree_get(const struct yaml_node *node, const char *key);

/* "a mapping", "text", … */
const char *yaml_kind_name(enum yaml_kind kind);

#endif
