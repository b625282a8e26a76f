#include "agent/config/config_reader.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* The view that is read is the last of the extras. */
static struct sdk_view *view_of(struct config_reader *reader)
{
    return &reader->file->extras.views[reader->file->extras.view_count - 1];
}

static void text_take(struct config_reader *reader, const struct yaml_node *value, char **field)
{
    if (!config_is(reader, value, YAML_STRING))
        return;
    *field = mem_strdup(value->text);
    if (!*field)
        config_problem(reader, value, "there is no memory");
}

/* The place of a word; -1, reported with those there are. */
static int word_find(struct config_reader *reader, const struct yaml_node *at, const char *word,
                     const char *const *words, const char *all)
{
    for (int place = 0; words[place]; place++)
        if (strcmp(word, words[place]) == 0)
            return place;
    config_problem(reader, at, "there is no \"%s\" here, but %s", word, all);
    return -1;
}

/* --- selector ----------------------------------------------------------------------------------
 */

#define SELECTOR_TEXT(function, field)                                                             \
    static void function(struct config_reader *reader, const struct yaml_node *value)              \
    {                                                                                              \
        text_take(reader, value, &view_of(reader)->selector.field);                                \
    }
SELECTOR_TEXT(instrument_name_read, name)
SELECTOR_TEXT(unit_read, unit)
SELECTOR_TEXT(meter_name_read, meter_name)
SELECTOR_TEXT(meter_version_read, meter_version)
SELECTOR_TEXT(meter_schema_url_read, meter_schema_url)

static void instrument_type_read(struct config_reader *reader, const struct yaml_node *value)
{
    /* In the order of enum sdk_instrument_kind. */
    static const char *const KINDS[] = { "counter",
                                         "up_down_counter",
                                         "histogram",
                                         "gauge",
                                         "observable_counter",
                                         "observable_up_down_counter",
                                         "observable_gauge",
                                         NULL };
    int kind;

    if (!config_is(reader, value, YAML_STRING))
        return;
    kind = word_find(reader, value, value->text, KINDS,
                     "counter, up_down_counter, histogram, gauge, observable_counter, "
                     "observable_up_down_counter, observable_gauge");
    if (kind >= 0)
        view_of(reader)->selector.kind = (enum sdk_instrument_kind)kind;
}

static void selector_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "instrument_name", .read = instrument_name_read },
        { .name = "instrument_type", .read = instrument_type_read },
        { .name = "unit", .read = unit_read },
        { .name = "meter_name", .read = meter_name_read },
        { .name = "meter_version", .read = meter_version_read },
        { .name = "meter_schema_url", .read = meter_schema_url_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* --- aggregation -------------------------------------------------------------------------------
 */

static void boundaries_read(struct config_reader *reader, const struct yaml_node *node)
{
    struct sdk_view_stream *stream = &view_of(reader)->stream;

    if (!config_is(reader, node, YAML_SEQUENCE))
        return;
    stream->bounds = mem_zalloc(node->count ? node->count : 1, sizeof *stream->bounds);
    if (!stream->bounds) {
        config_problem(reader, node, "there is no memory");
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        if (config_is(reader, &node->children[i], YAML_FLOAT))
            stream->bounds[stream->bounds_count++] = strtod(node->children[i].text, NULL);
}

static void min_max_read(struct config_reader *reader, const struct yaml_node *value)
{
    if (config_is(reader, value, YAML_BOOL))
        view_of(reader)->stream.has_no_min_max = strchr("fF", value->text[0]) != NULL;
}

/* A whole number in a range; false, reported, when it is none. */
static bool number_read(struct config_reader *reader, const struct yaml_node *value, long least,
                        long most, long *out)
{
    if (!config_is(reader, value, YAML_INT))
        return false;
    *out = strtol(value->text, NULL, 10);
    if (*out >= least && *out <= most)
        return true;
    config_problem(reader, value, "\"%s\" is %s, and must be from %ld to %ld", value->key,
                   value->text, least, most);
    return false;
}

static void max_size_read(struct config_reader *reader, const struct yaml_node *value)
{
    long size;

    if (number_read(reader, value, SDK_BASE2_SIZE_MIN, SDK_BASE2_SIZE_MAX, &size))
        view_of(reader)->stream.base2_size = (uint32_t)size;
}

static void max_scale_read(struct config_reader *reader, const struct yaml_node *value)
{
    struct sdk_view_stream *stream = &view_of(reader)->stream;
    long scale;

    if (!number_read(reader, value, SDK_BASE2_SCALE_MIN, SDK_BASE2_SCALE_MAX, &scale))
        return;
    stream->has_base2_scale = true;
    stream->base2_scale = (int32_t)scale;
}

static void aggregation_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const char *const NAMES[] = { "default",
                                         "drop",
                                         "sum",
                                         "last_value",
                                         "explicit_bucket_histogram",
                                         "base2_exponential_bucket_histogram",
                                         NULL };
    static const struct config_key KEYS[] = {
        { .name = "boundaries", .read = boundaries_read },
        { .name = "record_min_max", .read = min_max_read },
        { .name = "max_size", .read = max_size_read },
        { .name = "max_scale", .read = max_scale_read },
    };
    int place;

    if (!config_is(reader, node, YAML_MAPPING))
        return;
    if (node->count != 1) {
        config_problem(reader, node,
                       "an aggregation is one of default, drop, sum, last_value, "
                       "explicit_bucket_histogram, "
                       "base2_exponential_bucket_histogram");
        return;
    }
    place = word_find(reader, &node->children[0], node->children[0].key, NAMES,
                      "default, drop, sum, last_value, explicit_bucket_histogram, "
                      "base2_exponential_bucket_histogram");
    if (place < 0)
        return;
    view_of(reader)->stream.aggregation = (enum sdk_aggregation)place;
    if (place == SDK_AGGREGATION_EXPLICIT_HISTOGRAM)
        config_walk(reader, &node->children[0], KEYS, 2);
    else if (place == SDK_AGGREGATION_BASE2_HISTOGRAM)
        config_walk(reader, &node->children[0], KEYS + 1, 3);
    else
        config_walk(reader, &node->children[0], KEYS, 0);
}

/* --- stream ------------------------------------------------------------------------------------
 */

static void keys_take(struct config_reader *reader, const struct yaml_node *node,
                      struct sdk_view_keys *keys)
{
    if (!config_is(reader, node, YAML_SEQUENCE))
        return;
    keys->patterns = mem_zalloc(node->count ? node->count : 1, sizeof *keys->patterns);
    for (size_t i = 0; keys->patterns && i < node->count; i++) {
        text_take(reader, &node->children[i], &keys->patterns[keys->count]);
        keys->count += keys->patterns[keys->count] != NULL;
    }
}

static void included_read(struct config_reader *reader, const struct yaml_node *node)
{
    view_of(reader)->stream.has_included = node->kind == YAML_SEQUENCE;
    keys_take(reader, node, &view_of(reader)->stream.included);
}

static void excluded_read(struct config_reader *reader, const struct yaml_node *node)
{
    keys_take(reader, node, &view_of(reader)->stream.excluded);
}

static void attribute_keys_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "included", .read = included_read },
        { .name = "excluded", .read = excluded_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

static void stream_name_read(struct config_reader *reader, const struct yaml_node *value)
{
    text_take(reader, value, &view_of(reader)->stream.name);
}

static void description_read(struct config_reader *reader, const struct yaml_node *value)
{
    text_take(reader, value, &view_of(reader)->stream.description);
}

static void limit_read(struct config_reader *reader, const struct yaml_node *value)
{
    long limit;

    if (number_read(reader, value, 1, INT32_MAX, &limit))
        view_of(reader)->stream.cardinality = (uint32_t)limit;
}

static void stream_read(struct config_reader *reader, const struct yaml_node *node)
{
    static const struct config_key KEYS[] = {
        { .name = "name", .read = stream_name_read },
        { .name = "description", .read = description_read },
        { .name = "aggregation", .read = aggregation_read },
        { .name = "aggregation_cardinality_limit", .read = limit_read },
        { .name = "attribute_keys", .read = attribute_keys_read },
    };

    config_walk(reader, node, CONFIG_KEYS(KEYS));
}

/* --- the list ----------------------------------------------------------------------------------
 */

static void view_read(struct config_reader *reader, const struct yaml_node *item)
{
    static const struct config_key KEYS[] = {
        { .name = "selector", .read = selector_read },
        { .name = "stream", .read = stream_read },
    };
    struct config_extras *extras = &reader->file->extras;
    const char *problem;

    memset(&extras->views[extras->view_count], 0, sizeof *extras->views);
    extras->views[extras->view_count++].selector.kind = SDK_INSTRUMENT_KIND_COUNT;
    config_walk(reader, item, CONFIG_KEYS(KEYS));
    problem = sdk_view_problem(view_of(reader));
    if (problem)
        config_problem(reader, item, "this view cannot be used: %s", problem);
}

void config_read_views(struct config_reader *reader, const struct yaml_node *node)
{
    struct config_extras *extras = &reader->file->extras;

    if (!config_is(reader, node, YAML_SEQUENCE))
        return;
    extras->views = mem_zalloc(node->count ? node->count : 1, sizeof *extras->views);
    if (!extras->views)
        config_problem(reader, node, "there is no memory");
    else
        config_each(reader, node, view_read);
}

/* --- limits of a reader ------------------------------------------------------------------------
 */

/* Of all readers: they draw from the same streams. */
void config_read_cardinality(struct config_reader *reader, const struct yaml_node *node)
{
    /* In the order of enum sdk_instrument_kind; what is not named has the default's. */
    static const char *const KINDS[] = { "counter",
                                         "up_down_counter",
                                         "histogram",
                                         "gauge",
                                         "observable_counter",
                                         "observable_up_down_counter",
                                         "observable_gauge",
                                         "default",
                                         NULL };
    uint32_t *limits = reader->file->extras.cardinality;
    const struct yaml_node *fallback;
    long limit;

    if (!config_is(reader, node, YAML_MAPPING))
        return;
    fallback = yaml_tree_get(node, "default");
    if (fallback && number_read(reader, fallback, 1, INT32_MAX, &limit))
        for (int kind = 0; kind < SDK_INSTRUMENT_KIND_COUNT; kind++)
            limits[kind] = (uint32_t)limit;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *child = &node->children[i];
        int kind = word_find(reader, child, child->key, KINDS,
                             "default, counter, up_down_counter, histogram, gauge, "
                             "observable_counter, observable_up_down_counter, observable_gauge");
        if (kind >= 0 && kind < SDK_INSTRUMENT_KIND_COUNT &&
            number_read(reader, child, 1, INT32_MAX, &limit))
            limits[kind] = (uint32_t)limit;
    }
}
