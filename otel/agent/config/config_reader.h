/*
 * Walks over a configuration file: which keys a mapping may have, what each means, and one line
 * with file, line and column for what is wrong. Each section of the schema is a file of its own
 * beside this: config_resource, config_processors, config_exporters, config_sampler, config_views.
 *
 * A file is a third source for the table of options: whatever an option can say is set there, so
 * that everything behind knows no file. What no option can say is in struct config_extras.
 */
#ifndef OTEL_AGENT_CONFIG_READER_H
#define OTEL_AGENT_CONFIG_READER_H

#include "agent/config/config_file.h"
#include "agent/config/options.h"
#include "agent/config/yaml_tree.h"

enum { CONFIG_PROBLEMS_MAX = 10 };

struct config_reader {
    struct config_file *file;
    struct options *options;
    enum settings_signal signal; /* of the provider that is read */
    char exporters[128];         /* of it: "otlp,console" */
    unsigned problem_count;
};

struct config_key;
typedef void (*config_read_fn)(struct config_reader *reader, const struct yaml_node *value);

/* One of the three. A `%s` in the option's name is the signal. */
struct config_key {
    const char *name;
    const char *option;
    config_read_fn read;
    const char *refusal; /* why it cannot be here: the rest of a sentence */
};

#define CONFIG_KEYS(keys) (keys), sizeof(keys) / sizeof(keys)[0]

/* Every key of a mapping by its entry; nothing for null. */
void config_walk(struct config_reader *reader, const struct yaml_node *node,
                 const struct config_key *keys, size_t count);

/* Each item of a list. */
void config_each(struct config_reader *reader, const struct yaml_node *node, config_read_fn read);

/* Sets an option to a text, which stays the caller's file's; unless the command line has. */
void config_set(struct config_reader *reader, const struct yaml_node *at, const char *option,
                const char *text);

/* Sets an option of the form key=value,key=value: from a list of name and value, which wins, and
 * from a text of that form. Each may be NULL. Items whose type is not text are the resource's, and
 * go into the extras. */
void config_set_pairs(struct config_reader *reader, const struct yaml_node *list,
                      const struct yaml_node *text, const char *option);

/* False, reported, when it is of another kind; false for null. */
bool config_is(struct config_reader *reader, const struct yaml_node *node, enum yaml_kind kind);

void config_problem(struct config_reader *reader, const struct yaml_node *at, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* A text that lives as long as the file; "" and reported when there is no memory. */
const char *config_text(struct config_reader *reader, const char *text);

/* "traces", "metrics", "logs" */
const char *config_signal_name(enum settings_signal signal);

/* An attribute of the resource whose type is said and is not "string". */
void config_read_typed(struct config_reader *reader, const struct yaml_node *name,
                       const struct yaml_node *value, const struct yaml_node *type);

/* The sections. */
void config_read_resource(struct config_reader *reader, const struct yaml_node *node);
void config_read_tracer_provider(struct config_reader *reader, const struct yaml_node *node);
void config_read_meter_provider(struct config_reader *reader, const struct yaml_node *node);
void config_read_logger_provider(struct config_reader *reader, const struct yaml_node *node);
void config_read_exporter(struct config_reader *reader, const struct yaml_node *node);
void config_read_sampler(struct config_reader *reader, const struct yaml_node *node);
void config_read_views(struct config_reader *reader, const struct yaml_node *node);
void config_read_cardinality(struct config_reader *reader, const struct yaml_node *node);
void config_read_propagator(struct config_reader *reader, const struct yaml_node *node);
void config_read_instrumentation(struct config_reader *reader, const struct yaml_node *node);
void config_read_distribution(struct config_reader *reader, const struct yaml_node *node);

#endif
