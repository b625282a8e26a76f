#include "agent/config/config_reader.h"

#include <stdio.h>
#include <string.h>

#define NO_SIZES "cannot be set: this launcher's sizes are its own"

static void exporter_add(struct config_reader *reader, const char *name)
{
    size_t used = strlen(reader->exporters);

    (void)snprintf(reader->exporters + used, sizeof reader->exporters - used, "%s%s",
                   used ? "," : "", name);
}

/* --- OTLP over the network ---------------------------------------------------------------------
 */

static void tls_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "ca_file", .option = "exporter_otlp_%s_certificate" },
        { .name = "key_file", .option = "exporter_otlp_%s_client_key" },
        { .name = "cert_file", .option = "exporter_otlp_%s_client_certificate" },
        { .name = "insecure", .option = "exporter_otlp_%s_insecure" },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void pairs_skip(struct config_reader *reader, const struct yaml_node *node)
{
    (void)reader;
    (void)node; /* read together: config_set_pairs */
}

static void temporality_read(struct config_reader *reader, const struct yaml_node *value)
{
    if (config_is(reader, value, YAML_STRING))
        config_set(reader, value, "exporter_otlp_metrics_temporality_preference",
                   strcmp(value->text, "low_memory") == 0 ? "lowmemory" : value->text);
}

static void encoding_read(struct config_reader *reader, const struct yaml_node *value)
{
    if (!config_is(reader, value, YAML_STRING))
        return;
    if (strcmp(value->text, "protobuf") != 0 && strcmp(value->text, "json") != 0)
        config_problem(reader, value, "there is no encoding \"%s\", but protobuf and json",
                       value->text);
}

#define OTLP_KEYS                                                                                  \
    { .name = "endpoint", .option = "exporter_otlp_%s_endpoint" },                                 \
        { .name = "tls", .read = tls_read }, { .name = "headers", .read = pairs_skip },            \
        { .name = "headers_list", .read = pairs_skip },                                            \
        { .name = "compression", .option = "exporter_otlp_%s_compression" },                       \
        { .name = "timeout", .option = "exporter_otlp_%s_timeout" },                               \
        { .name = "max_request_size", .refusal = NO_SIZES },                                       \
        { .name = "max_response_size", .refusal = NO_SIZES },                                      \
        { .name = "temporality_preference", .read = temporality_read },                            \
    {                                                                                              \
        .name = "default_histogram_aggregation",                                                   \
        .option = "exporter_otlp_metrics_default_histogram_aggregation"                            \
    }

static void option_set(struct config_reader *reader, const struct yaml_node *at, const char *suffix,
                       const char *text)
{
    char option[96];

    (void)snprintf(option, sizeof option, "exporter_otlp_%s_%s", config_signal_name(reader->signal),
                   suffix);
    config_set(reader, at, option, text);
}

static void otlp_common_read(struct config_reader *reader, const struct yaml_node *node,
                             const char *protocol)
{
    char option[96];

    exporter_add(reader, "otlp");
    option_set(reader, node, "protocol", protocol);
    (void)snprintf(option, sizeof option, "exporter_otlp_%s_headers",
                   config_signal_name(reader->signal));
    config_set_pairs(reader, yaml_tree_get(node, "headers"), yaml_tree_get(node, "headers_list"),
                     option);
}

static void otlp_http_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = { OTLP_KEYS,
                                              { .name = "encoding", .read = encoding_read } };
    const struct yaml_node *encoding = yaml_tree_get(node, "encoding");
    bool is_json = encoding && encoding->text && strcmp(encoding->text, "json") == 0;

    otlp_common_read(reader, node, is_json ? "http/json" : "http/protobuf");
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void otlp_grpc_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = { OTLP_KEYS };

    otlp_common_read(reader, node, "grpc");
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* --- files and standard output -----------------------------------------------------------------
 */

/* file:///FOLDER/traces.json: the folder is an option, the name in it is not. */
static void stream_read(struct config_reader *reader, const struct yaml_node *value)
{
    char folder[4096], name[32];
    const char *slash;

    if (!config_is(reader, value, YAML_STRING) || strcmp(value->text, "stdout") == 0)
        return;
    (void)snprintf(name, sizeof name, "/%s.json", config_signal_name(reader->signal));
    slash = strrchr(value->text, '/');
    if (strncmp(value->text, "file:///", 8) != 0 || !slash || strcmp(slash, name) != 0) {
        config_problem(reader, value, "output_stream is stdout or file:///FOLDER%s", name);
        return;
    }
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - value->text - 7), value->text + 7);
    config_set(reader, value, "c_file_dir", config_text(reader, folder[0] ? folder : "/"));
}

static void otlp_file_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "output_stream", .read = stream_read },
        { .name = "temporality_preference", .read = temporality_read },
        { .name = "default_histogram_aggregation",
          .option = "exporter_otlp_metrics_default_histogram_aggregation" },
    };
    const struct yaml_node *stream = yaml_tree_get(node, "output_stream");
    bool is_file = stream && stream->kind == YAML_STRING && strcmp(stream->text, "stdout") != 0;

    exporter_add(reader, is_file ? "otlp_file" : "otlp/stdout");
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void console_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "temporality_preference", .read = temporality_read },
        { .name = "default_histogram_aggregation",
          .option = "exporter_otlp_metrics_default_histogram_aggregation" },
    };

    exporter_add(reader, "console");
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* --- others ------------------------------------------------------------------------------------
 */

static void zipkin_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "endpoint", .option = "exporter_zipkin_endpoint" },
        { .name = "timeout", .option = "exporter_zipkin_timeout" },
    };

    exporter_add(reader, "zipkin");
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void translation_read(struct config_reader *reader, const struct yaml_node *value)
{
    static const char WITH[] = "UnderscoreEscapingWithSuffixes";
    static const char WITHOUT[] = "UnderscoreEscapingWithoutSuffixes";
    bool is_without;

    if (!config_is(reader, value, YAML_STRING))
        return;
    is_without = strcmp(value->text, WITHOUT) == 0;
    if (!is_without && strcmp(value->text, WITH) != 0)
        config_problem(reader, value, "there is no translation_strategy \"%s\" here, but %s and %s",
                       value->text, WITH, WITHOUT);
    else
        config_set(reader, value, "experimental_disable_prometheus_unit_normalization",
                   is_without ? "true" : "false");
}

static void prometheus_read(struct config_reader *reader, const struct yaml_node *node)
{
#define ALWAYS "cannot be set: it is as the format's readers expect it"
    static const struct config_key KEYS[] = {
        { .name = "host", .option = "exporter_prometheus_host" },
        { .name = "port", .option = "exporter_prometheus_port" },
        { .name = "translation_strategy", .read = translation_read },
        { .name = "scope_info_enabled", .refusal = ALWAYS },
        { .name = "target_info_enabled/development", .refusal = ALWAYS },
        { .name = "resource_constant_labels", .refusal = ALWAYS },
    };

    exporter_add(reader, "prometheus");
    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

void config_read_exporter(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "otlp_http", .read = otlp_http_read },
        { .name = "otlp_grpc", .read = otlp_grpc_read },
        { .name = "otlp_file/development", .read = otlp_file_read },
        { .name = "console", .read = console_read },
        { .name = "zipkin", .read = zipkin_read },
        { .name = "prometheus/development", .read = prometheus_read },
    };

    if (node->kind == YAML_NULL || (node->kind == YAML_MAPPING && node->count != 1))
        config_problem(reader, node,
                       "an exporter is one of otlp_http, otlp_grpc, "
                       "otlp_file/development, console, zipkin, "
                       "prometheus/development");
    else
        config_walk(reader, node, CONFIG_KEYS(KEYS));
}
