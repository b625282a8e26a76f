/*
 * The file of declarative configuration (OTEL_CONFIG_FILE), of version 1 of its schema. With a
 * file, variables count only where it refers to them; an option of the command line wins over it.
 * A provider or propagator that it does not name is off. Specification: configuration/sdk.md.
 */
#ifndef OTEL_AGENT_CONFIG_FILE_H
#define OTEL_AGENT_CONFIG_FILE_H

#include "agent/config/settings.h"
#include "agent/config/yaml_tree.h"

struct options;

enum { CONFIG_TEXTS_MAX = 512 };

/* What no option can say. */
struct config_extras {
    bool has_samplers;
    struct settings_sampler_rule samplers[PARENT_COUNT];
    struct sdk_view *views; /* owned, until the settings take them */
    size_t view_count;
    uint32_t cardinality[SDK_INSTRUMENT_KIND_COUNT]; /* 0: not said */
    struct resource_item *resource_items;            /* as the views */
    size_t resource_item_count;
    char schema_url[256]; /* of the resource; empty: not said */
};

struct config_file {
    const char *path;
    struct yaml_node *root;
    struct config_extras extras;
    char *texts[CONFIG_TEXTS_MAX]; /* made while reading */
    size_t text_count;
};

/* Reads it into the options, whose `file` it becomes; false, reported line by line, when it is
 * wrong. Release the options in both cases. */
bool config_file_read(const char *path, struct options *options);
void config_file_destroy(struct config_file *file);

#endif
