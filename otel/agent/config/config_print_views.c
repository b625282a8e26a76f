#include "agent/config/config_print.h"

#include <inttypes.h>
#include <string.h>

/* In the order of enum sdk_instrument_kind. */
static const char *const KINDS[SDK_INSTRUMENT_KIND_COUNT] = {
    "counter",         "up_down_counter",    "histogram",
    "gauge",           "observable_counter", "observable_up_down_counter",
    "observable_gauge"
};

static void text_field(FILE *out, const char *key, const char *text)
{
    if (!text)
        return;
    (void)fprintf(out, "        %s: ", key);
    config_print_text(out, text, strlen(text));
}

static void keys_print(FILE *out, const char *key, const struct sdk_view_keys *keys)
{
    (void)fprintf(out, "          %s:%s\n", key, keys->count ? "" : " []");
    for (size_t i = 0; i < keys->count; i++) {
        (void)fprintf(out, "            - ");
        config_print_text(out, keys->patterns[i], strlen(keys->patterns[i]));
    }
}

static void aggregation_print(FILE *out, const struct sdk_view_stream *stream)
{
    /* In the order of enum sdk_aggregation. */
    static const char *const NAMES[] = { "default",
                                         "drop",
                                         "sum",
                                         "last_value",
                                         "explicit_bucket_histogram",
                                         "base2_exponential_bucket_histogram" };

    (void)fprintf(out, "        aggregation:\n          %s:\n", NAMES[stream->aggregation]);
    if (stream->bounds) {
        (void)fprintf(out, "            boundaries: [");
        for (size_t i = 0; i < stream->bounds_count; i++)
            (void)fprintf(out, "%s%.17g", i ? ", " : "", stream->bounds[i]);
        (void)fprintf(out, "]\n");
    }
    if (stream->has_no_min_max)
        (void)fprintf(out, "            record_min_max: false\n");
    if (stream->base2_size)
        (void)fprintf(out, "            max_size: %" PRIu32 "\n", stream->base2_size);
    if (stream->has_base2_scale)
        (void)fprintf(out, "            max_scale: %" PRId32 "\n", stream->base2_scale);
}

static void stream_print(FILE *out, const struct sdk_view_stream *stream)
{
    (void)fprintf(out, "      stream:\n");
    text_field(out, "name", stream->name);
    text_field(out, "description", stream->description);
    aggregation_print(out, stream);
    if (stream->cardinality)
        (void)fprintf(out, "        aggregation_cardinality_limit: %" PRIu32 "\n",
                      stream->cardinality);
    if (!stream->has_included && !stream->excluded.count)
        return;
    (void)fprintf(out, "        attribute_keys:\n");
    if (stream->has_included)
        keys_print(out, "included", &stream->included);
    if (stream->excluded.count)
        keys_print(out, "excluded", &stream->excluded);
}

void config_print_views(const struct settings *settings, FILE *out)
{
    if (settings->view_count)
        (void)fprintf(out, "  views:\n");
    for (size_t i = 0; i < settings->view_count; i++) {
        const struct sdk_view_selector *selector = &settings->views[i].selector;

        (void)fprintf(out, "    - selector:\n");
        text_field(out, "instrument_name", selector->name);
        if (selector->kind < SDK_INSTRUMENT_KIND_COUNT)
            text_field(out, "instrument_type", KINDS[selector->kind]);
        text_field(out, "unit", selector->unit);
        text_field(out, "meter_name", selector->meter_name);
        text_field(out, "meter_version", selector->meter_version);
        text_field(out, "meter_schema_url", selector->meter_schema_url);
        stream_print(out, &settings->views[i].stream);
    }
}

/* The readers draw from the same streams: each says the same. */
void config_print_cardinality(const struct settings *settings, FILE *out)
{
    bool is_said = false;

    for (int kind = 0; kind < SDK_INSTRUMENT_KIND_COUNT; kind++) {
        if (!settings->metric_cardinality[kind])
            continue;
        (void)fprintf(out, "%s          %s: %" PRIu32 "\n",
                      is_said ? "" : "        cardinality_limits:\n", KINDS[kind],
                      settings->metric_cardinality[kind]);
        is_said = true;
    }
}
