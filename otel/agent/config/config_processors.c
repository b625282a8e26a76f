#include "agent/config/config_reader.h"

#include <stdio.h>
#include <string.h>

#define NOT_HERE "cannot be set in this launcher"

static const char *processor_name(const struct config_reader *reader)
{
    return reader->signal == SIGNAL_TRACES ? "bsp" : "blrp";
}

static void processor_set(struct config_reader *reader, const struct yaml_node *value,
                          const char *suffix)
{
    char option[64];
    const struct config_key key = { .name = value->key, .option = option };

    (void)snprintf(option, sizeof option, "%s_%s", processor_name(reader), suffix);
    config_walk(reader,
                &(struct yaml_node){ .kind = YAML_MAPPING,
                                     .children = (struct yaml_node *)(uintptr_t)value,
                                     .count = 1 },
                &key, 1);
}

static void delay_read(struct config_reader *reader, const struct yaml_node *value)
{
    processor_set(reader, value, "schedule_delay");
}

static void timeout_read(struct config_reader *reader, const struct yaml_node *value)
{
    processor_set(reader, value, "export_timeout");
}

static void queue_read(struct config_reader *reader, const struct yaml_node *value)
{
    processor_set(reader, value, "max_queue_size");
}

static void batch_size_read(struct config_reader *reader, const struct yaml_node *value)
{
    processor_set(reader, value, "max_export_batch_size");
}

static void exporter_require(struct config_reader *reader, const struct yaml_node *node)
{
    if (node->kind == YAML_NULL || (node->kind == YAML_MAPPING && !yaml_tree_get(node, "exporter")))
        config_problem(reader, node, "\"%s\" needs an exporter", node->key);
}

static void batch_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "schedule_delay", .read = delay_read },
        { .name = "export_timeout", .read = timeout_read },
        { .name = "max_queue_size", .read = queue_read },
        { .name = "max_export_batch_size", .read = batch_size_read },
        { .name = "exporter", .read = config_read_exporter },
    };

    exporter_require(reader, node);
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* Each record by itself and at once: what console does anyhow. */
static void simple_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "exporter", .read = config_read_exporter },
    };
    const struct yaml_node *exporter = yaml_tree_get(node, "exporter");
    char option[64];

    exporter_require(reader, node);
    config_walk(reader, node, CONFIG_KEYS(KEYS));
    if (!exporter || yaml_tree_get(exporter, "console"))
        return;
    (void)snprintf(option, sizeof option, "%s_schedule_delay", processor_name(reader));
    config_set(reader, node, option, "0");
    (void)snprintf(option, sizeof option, "%s_max_export_batch_size", processor_name(reader));
    config_set(reader, node, option, "1");
}

static void processor_read(struct config_reader *reader, const struct yaml_node *item)
{
    static const struct config_key KEYS[] = {
        { .name = "batch", .read = batch_read },
        { .name = "simple", .read = simple_read },
        { .name = "event_to_span_event_bridge/development", .refusal = NOT_HERE },
    };

    config_walk(reader, item, CONFIG_KEYS(KEYS));
}

static void processors_read(struct config_reader *reader, const struct yaml_node *node)
{
    config_each(reader, node, processor_read);
}

/* --- readers of metrics ------------------------------------------------------------------------
 */

static void periodic_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "interval", .option = "metric_export_interval" },
        { .name = "timeout", .option = "metric_export_timeout" },
        { .name = "exporter", .read = config_read_exporter },
        { .name = "cardinality_limits", .read = config_read_cardinality },
        { .name = "producers", .refusal = NOT_HERE },
        { .name = "max_export_batch_size/development", .refusal = NOT_HERE },
    };

    exporter_require(reader, node);
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void pull_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "exporter", .read = config_read_exporter },
        { .name = "cardinality_limits", .read = config_read_cardinality },
        { .name = "producers", .refusal = NOT_HERE },
    };

    exporter_require(reader, node);
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void reader_read(struct config_reader *reader, const struct yaml_node *item)
{
    static const struct config_key KEYS[] = {
        { .name = "periodic", .read = periodic_read },
        { .name = "pull", .read = pull_read },
    };

    config_walk(reader, item, CONFIG_KEYS(KEYS));
}

static void readers_read(struct config_reader *reader, const struct yaml_node *node)
{
    config_each(reader, node, reader_read);
}

/* --- providers ---------------------------------------------------------------------------------
 */

static void span_limits_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "attribute_value_length_limit", .option = "span_attribute_value_length_limit" },
        { .name = "attribute_count_limit", .option = "span_attribute_count_limit" },
        { .name = "event_count_limit", .option = "span_event_count_limit" },
        { .name = "link_count_limit", .option = "span_link_count_limit" },
        { .name = "event_attribute_count_limit", .option = "event_attribute_count_limit" },
        { .name = "link_attribute_count_limit", .option = "link_attribute_count_limit" },
        { .name = "attribute_value_depth_limit", .refusal = NOT_HERE },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void log_limits_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "attribute_value_length_limit",
          .option = "logrecord_attribute_value_length_limit" },
        { .name = "attribute_count_limit", .option = "logrecord_attribute_count_limit" },
        { .name = "attribute_value_depth_limit", .refusal = NOT_HERE },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void id_generator_read(struct config_reader *reader, const struct yaml_node *node)
{
    if (config_is(reader, node, YAML_MAPPING) && node->count == 1)
        config_set(reader, node, "id_generator", node->children[0].key);
}

static void provider_read(struct config_reader *reader, const struct yaml_node *node,
                          enum settings_signal signal, const struct config_key *keys, size_t count)
{
    char option[32];

    reader->signal = signal;
    reader->exporters[0] = '\0';
    config_walk(reader, node, keys, count);
    (void)snprintf(option, sizeof option, "%s_exporter", config_signal_name(signal));
    config_set(reader, node, option,
               reader->exporters[0] ? config_text(reader, reader->exporters) : "none");
}

void config_read_tracer_provider(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "processors", .read = processors_read },
        { .name = "limits", .read = span_limits_read },
        { .name = "sampler", .read = config_read_sampler },
        { .name = "id_generator", .read = id_generator_read },
        { .name = "tracer_configurator/development", .refusal = NOT_HERE },
    };

    provider_read(reader, node, SIGNAL_TRACES, CONFIG_KEYS(KEYS));
}

void config_read_meter_provider(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "readers", .read = readers_read },
        { .name = "views", .read = config_read_views },
        { .name = "exemplar_filter", .option = "metrics_exemplar_filter" },
        { .name = "meter_configurator/development", .refusal = NOT_HERE },
        { .name = "view_matching_mode/development", .refusal = NOT_HERE },
    };

    provider_read(reader, node, SIGNAL_METRICS, CONFIG_KEYS(KEYS));
}

void config_read_logger_provider(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "processors", .read = processors_read },
        { .name = "limits", .read = log_limits_read },
        { .name = "logger_configurator/development", .refusal = NOT_HERE },
    };

    provider_read(reader, node, SIGNAL_LOGS, CONFIG_KEYS(KEYS));
}
