#include "agent/config/config_file.h"

#include "agent/config/config_reader.h"
#include "agent/config/option_spec.h"
#include "agent/report.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAJOR = 1, CONFIG_MINOR = 1 }; /* of the schema that is known here */

#define NOT_HERE "cannot be set in this launcher"

static void format_read(struct config_reader *reader, const struct yaml_node *value)
{
    int major = 0, minor = 0, length = 0;

    if (!config_is(reader, value, YAML_STRING))
        return;
    if (sscanf(value->text, "%d.%d%n", &major, &minor, &length) != 2 || major != CONFIG_MAJOR ||
        (value->text[length] != '\0' && value->text[length] != '-'))
        config_problem(reader, value, "file_format is \"%s\"; what is read here is \"%d.%d\"",
                       value->text, CONFIG_MAJOR, CONFIG_MINOR);
    else if (minor > CONFIG_MINOR)
        report_warn("%s: file_format \"%s\" is newer than \"%d.%d\", which is read here",
                    reader->file->path, value->text, CONFIG_MAJOR, CONFIG_MINOR);
}

/* trace, debug, info, warn, error, fatal, each also with 2, 3 or 4 behind it. */
static void log_level_read(struct config_reader *reader, const struct yaml_node *value)
{
    static const char *const LEVELS[][2] = { { "trace", "debug" }, { "debug", "debug" },
                                             { "info", "info" },   { "warn", "warn" },
                                             { "error", "error" }, { "fatal", "error" } };

    if (!config_is(reader, value, YAML_STRING))
        return;
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        size_t length = strlen(LEVELS[i][0]);
        const char *rest = value->text + length;

        if (strncmp(value->text, LEVELS[i][0], length) == 0 &&
            (!*rest || (*rest >= '2' && *rest <= '4' && !rest[1]))) {
            config_set(reader, value, "log_level", LEVELS[i][1]);
            return;
        }
    }
    config_problem(reader, value,
                   "there is no log_level \"%s\", but trace, debug, info, warn, "
                   "error and fatal, each also with 2 to 4 behind it",
                   value->text);
}

static void limits_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "attribute_value_length_limit", .option = "attribute_value_length_limit" },
        { .name = "attribute_count_limit", .option = "attribute_count_limit" },
        { .name = "attribute_value_depth_limit", .refusal = NOT_HERE },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* --- propagator: a list of mappings with one key each, and a text ------------------------------
 */

static void propagator_name_read(struct config_reader *reader, const struct yaml_node *item)
{
    size_t used = strlen(reader->exporters);

    if (!config_is(reader, item, YAML_MAPPING))
        return;
    for (size_t i = 0; i < item->count; i++)
        used += (size_t)snprintf(reader->exporters + used, sizeof reader->exporters - used, "%s%s",
                                 used ? "," : "", item->children[i].key);
    if (used >= sizeof reader->exporters)
        reader->exporters[0] = '\0';
}

static void composite_read(struct config_reader *reader, const struct yaml_node *node)
{
    config_each(reader, node, propagator_name_read);
}

static void composite_list_read(struct config_reader *reader, const struct yaml_node *value)
{
    size_t used = strlen(reader->exporters);

    if (config_is(reader, value, YAML_STRING))
        (void)snprintf(reader->exporters + used, sizeof reader->exporters - used, "%s%s",
                       used ? "," : "", value->text);
}

void config_read_propagator(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "composite", .read = composite_read },
        { .name = "composite_list", .read = composite_list_read },
    };

    reader->exporters[0] = '\0';
    config_walk(reader, node, CONFIG_KEYS(KEYS));
    if (reader->exporters[0])
        config_set(reader, node, "propagators", config_text(reader, reader->exporters));
}

/* --- instrumentation and distribution ----------------------------------------------------------
 */

static void list_set(struct config_reader *reader, const struct yaml_node *node, const char *option)
{
    char list[4096];
    size_t used = 0;

    list[0] = '\0';
    if (!config_is(reader, node, YAML_SEQUENCE))
        return;
    for (size_t i = 0; i < node->count && used < sizeof list; i++)
        if (config_is(reader, &node->children[i], YAML_STRING))
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? "," : "",
                                     node->children[i].text);
    config_set(reader, node, option, config_text(reader, list));
}

static void request_headers_read(struct config_reader *reader, const struct yaml_node *node)
{
    list_set(reader, node, "instrumentation_http_capture_headers_server_request");
}

static void response_headers_read(struct config_reader *reader, const struct yaml_node *node)
{
    list_set(reader, node, "instrumentation_http_capture_headers_server_response");
}

static void known_methods_read(struct config_reader *reader, const struct yaml_node *node)
{
    list_set(reader, node, "instrumentation_http_known_methods");
}

static void http_client_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "request_captured_headers", .refusal = NOT_HERE },
        { .name = "response_captured_headers", .refusal = NOT_HERE },
        { .name = "known_methods", .read = known_methods_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void http_server_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "request_captured_headers", .read = request_headers_read },
        { .name = "response_captured_headers", .read = response_headers_read },
        { .name = "known_methods", .read = known_methods_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void http_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "server", .read = http_server_read },
        { .name = "client", .read = http_client_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void general_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "http", .read = http_read },
        { .name = "stability_opt_in_list", .option = "semconv_stability_opt_in" },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* Of other languages: they have other readers. */
static void others_skip(struct config_reader *reader, const struct yaml_node *node)
{
    (void)reader;
    (void)node;
}

void config_read_instrumentation(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "general", .read = general_read }, { .name = "cpp", .read = others_skip },
        { .name = "dotnet", .read = others_skip },   { .name = "erlang", .read = others_skip },
        { .name = "go", .read = others_skip },       { .name = "java", .read = others_skip },
        { .name = "js", .read = others_skip },       { .name = "php", .read = others_skip },
        { .name = "python", .read = others_skip },   { .name = "ruby", .read = others_skip },
        { .name = "rust", .read = others_skip },     { .name = "swift", .read = others_skip },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* What the schema has no key for: any option, by its name. */
static void options_read(struct config_reader *reader, const struct yaml_node *node)
{
    if (!config_is(reader, node, YAML_MAPPING))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *child = &node->children[i];
        const struct config_key key = { .name = child->key, .option = child->key };

        if (option_find(child->key, strlen(child->key)) == OPTION_COUNT ||
            strcmp(child->key, "config_file") == 0)
            config_problem(reader, child, "there is no option \"%s\"; --help lists all",
                           child->key);
        else
            config_walk(reader,
                        &(struct yaml_node){
                            .kind = YAML_MAPPING, .children = &node->children[i], .count = 1 },
                        &key, 1);
    }
}

void config_read_distribution(struct config_reader *reader, const struct yaml_node *node)
{
    if (!config_is(reader, node, YAML_MAPPING))
        return;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->children[i].key, "otel-instrument") == 0)
            options_read(reader, &node->children[i]);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static bool is_said(const struct config_reader *reader, const char *option)
{
    return reader->options->values[option_find(option, strlen(option))].origin == ORIGIN_FILE;
}

/* What is not named is off: other than without a file. */
static void absent_set(struct config_reader *reader, const struct yaml_node *root)
{
    static const char *const ABSENT[][3] = { { "tracer_provider", "traces_exporter", "none" },
                                             { "meter_provider", "metrics_exporter", "none" },
                                             { "logger_provider", "logs_exporter", "none" },
                                             { "propagator", "propagators", "none" } };
    const struct yaml_node *resource = yaml_tree_get(root, "resource");

    for (size_t i = 0; i < sizeof ABSENT / sizeof ABSENT[0]; i++)
        if (!yaml_tree_get(root, ABSENT[i][0]) && !is_said(reader, ABSENT[i][1]))
            config_set(reader, root, ABSENT[i][1], ABSENT[i][2]);
    if (!yaml_tree_get(resource, "detection/development") &&
        !is_said(reader, "experimental_resource_detectors"))
        config_set(reader, resource ? resource : root, "experimental_resource_detectors", "none");
}

static void root_read(struct config_reader *reader, const struct yaml_node *root)
{
    static const struct config_key KEYS[] = {
        { .name = "file_format", .read = format_read },
        { .name = "disabled", .option = "sdk_disabled" },
        { .name = "log_level", .read = log_level_read },
        { .name = "attribute_limits", .read = limits_read },
        { .name = "resource", .read = config_read_resource },
        { .name = "propagator", .read = config_read_propagator },
        { .name = "tracer_provider", .read = config_read_tracer_provider },
        { .name = "meter_provider", .read = config_read_meter_provider },
        { .name = "logger_provider", .read = config_read_logger_provider },
        { .name = "instrumentation/development", .read = config_read_instrumentation },
        { .name = "distribution", .read = config_read_distribution },
    };
    const struct yaml_node *format = yaml_tree_get(root, "file_format");

    if (root->kind == YAML_MAPPING && (!format || format->kind == YAML_NULL))
        config_problem(reader, root, "file_format is missing: file_format: \"%d.%d\"", CONFIG_MAJOR,
                       CONFIG_MINOR);
    config_walk(reader, root, CONFIG_KEYS(KEYS));
    absent_set(reader, root);
}

bool config_file_read(const char *path, struct options *options)
{
    struct yaml_problem problem = { 0 };
    struct config_reader reader = { .options = options };

    options->file = mem_zalloc(1, sizeof *options->file);
    if (!options->file)
        return false;
    reader.file = options->file;
    options->file->path = path;
    options->file->root = yaml_tree_read(path, &problem);
    if (!options->file->root) {
        if (problem.line)
            report_error("%s:%u:%u: %s", path, problem.line, problem.column, problem.text);
        else
            report_error("%s: %s", path, problem.text);
        return false;
    }
    if (options->file->root->kind != YAML_MAPPING)
        config_problem(&reader, options->file->root, "the file must be a mapping");
    else
        root_read(&reader, options->file->root);
    if (reader.problem_count > CONFIG_PROBLEMS_MAX)
        report_error("%s: and %u more", path, reader.problem_count - CONFIG_PROBLEMS_MAX);
    return reader.problem_count == 0;
}

void config_file_destroy(struct config_file *file)
{
    if (!file)
        return;
    for (size_t i = 0; i < file->text_count; i++)
        mem_free(file->texts[i]);
    sdk_views_destroy(file->extras.views, file->extras.view_count);
    resource_items_destroy(file->extras.resource_items, file->extras.resource_item_count);
    yaml_tree_destroy(file->root);
    mem_free(file);
}
