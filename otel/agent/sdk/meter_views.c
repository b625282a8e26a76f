#include "agent/sdk/meter_views.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void warn(const struct meter *meter, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(const struct meter *meter, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (meter->options.warn == NULL)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    meter->options.warn(text);
}

static enum sdk_instrument_kind kind_of(const struct meter_definition *definition)
{
    if (definition->aggregate == AGGREGATE_HISTOGRAM)
        return SDK_HISTOGRAM;
    if (definition->aggregate == AGGREGATE_LAST_VALUE)
        return definition->is_observable ? SDK_OBSERVABLE_GAUGE : SDK_GAUGE;
    if (definition->is_monotonic)
        return definition->is_observable ? SDK_OBSERVABLE_COUNTER : SDK_COUNTER;
    return definition->is_observable ? SDK_OBSERVABLE_UP_DOWN_COUNTER : SDK_UP_DOWN_COUNTER;
}

/* The table of protocol/exporter: what only grows may be told by its growth. */
static bool is_delta(enum meter_temporality temporality, enum sdk_instrument_kind kind)
{
    switch (temporality) {
    case METER_CUMULATIVE:
        break;
    case METER_DELTA:
        return kind == SDK_COUNTER || kind == SDK_HISTOGRAM || kind == SDK_OBSERVABLE_COUNTER;
    case METER_LOWMEMORY:
        return kind == SDK_COUNTER || kind == SDK_HISTOGRAM;
    }
    return false;
}

/* False when the aggregation makes no sense for the instrument. */
static bool aggregation_apply(struct instrument *instrument, enum sdk_aggregation aggregation)
{
    bool has_totals = instrument->is_observable || instrument->kind == SDK_UP_DOWN_COUNTER;

    switch (aggregation) {
    case SDK_AGGREGATION_DEFAULT:
        return true;
    case SDK_AGGREGATION_DROP:
        instrument->aggregate = AGGREGATE_DROP;
        return true;
    case SDK_AGGREGATION_SUM:
        instrument->is_monotonic |= instrument->kind == SDK_HISTOGRAM;
        instrument->aggregate = AGGREGATE_SUM;
        return instrument->kind != SDK_GAUGE && instrument->kind != SDK_OBSERVABLE_GAUGE;
    case SDK_AGGREGATION_LAST_VALUE:
        instrument->aggregate = AGGREGATE_LAST_VALUE;
        return instrument->kind == SDK_GAUGE || instrument->kind == SDK_OBSERVABLE_GAUGE;
    case SDK_AGGREGATION_EXPLICIT_HISTOGRAM:
        instrument->aggregate = AGGREGATE_HISTOGRAM;
        return !has_totals;
    case SDK_AGGREGATION_BASE2_HISTOGRAM:
        instrument->aggregate = AGGREGATE_BASE2;
        return !has_totals;
    }
    return false;
}

static void text_set(char *field, size_t size, const char *text)
{
    segment_text_copy(field, size, text, strlen(text));
}

static void defaults_set(const struct meter *meter, struct instrument *instrument,
                         const struct meter_definition *definition)
{
    const struct meter_options *options = &meter->options;

    text_set(instrument->source_name, sizeof instrument->source_name, definition->name);
    text_set(instrument->name, sizeof instrument->name, definition->name);
    text_set(instrument->unit, sizeof instrument->unit, definition->unit);
    text_set(instrument->description, sizeof instrument->description, definition->description);
    instrument->kind = kind_of(definition);
    instrument->aggregate = definition->aggregate;
    if (instrument->aggregate == AGGREGATE_HISTOGRAM && options->is_base2)
        instrument->aggregate = AGGREGATE_BASE2;
    instrument->scope = definition->scope;
    instrument->is_monotonic = definition->is_monotonic;
    instrument->is_observable = definition->is_observable;
    instrument->base2_size = SDK_BASE2_SIZE_DEFAULT;
    instrument->base2_scale = SDK_BASE2_SCALE_DEFAULT;
    instrument->stream_max = options->cardinality[instrument->kind];
    if (instrument->stream_max == 0)
        instrument->stream_max = METER_STREAMS_MAX;
    instrument->bounds =
        definition->bounds != NULL ? *definition->bounds : AGGREGATE_BOUNDS_DEFAULT;
}

/* False when this view is to be left out. */
static bool view_set(const struct meter *meter, struct instrument *instrument,
                     const struct sdk_view_stream *view)
{
    if (!aggregation_apply(instrument, view->aggregation)) {
        warn(meter,
             "a view of %s asks for an aggregation that its kind cannot have; it is left out",
             instrument->source_name);
        return false;
    }
    if (view->name != NULL)
        text_set(instrument->name, sizeof instrument->name, view->name);
    if (view->description != NULL)
        text_set(instrument->description, sizeof instrument->description, view->description);
    if (!sdk_view_keeps_all(view))
        instrument->keys = view;
    if (view->aggregation == SDK_AGGREGATION_EXPLICIT_HISTOGRAM && view->bounds != NULL &&
        view->bounds_count <= AGGREGATE_BOUNDS_MAX) {
        instrument->bounds = (struct aggregate_bounds){ .count = (uint8_t)view->bounds_count };
        for (size_t i = 0; i < view->bounds_count; i++)
            instrument->bounds.bounds[i] = view->bounds[i];
    }
    instrument->has_no_min_max = view->has_no_min_max;
    if (view->base2_size >= SDK_BASE2_SIZE_MIN && view->base2_size <= SDK_BASE2_SIZE_MAX)
        instrument->base2_size = view->base2_size;
    if (view->has_base2_scale)
        instrument->base2_scale = view->base2_scale;
    if (view->cardinality > 0)
        instrument->stream_max = view->cardinality;
    return true;
}

/* Two streams of one name that say different things: both are exported, and told once. */
static void conflict_report(const struct meter *meter, const struct instrument *instrument)
{
    for (unsigned i = 0; i < meter->instrument_count; i++) {
        const struct instrument *other = meter->instruments[i];

        if (other->aggregate != AGGREGATE_DROP && instrument->aggregate != AGGREGATE_DROP &&
            other->scope == instrument->scope && strcasecmp(other->name, instrument->name) == 0) {
            warn(meter,
                 "two views make a stream of the name %s (of %s and of %s); both are exported: "
                 "give one of them another name",
                 instrument->name, other->source_name, instrument->source_name);
            return;
        }
    }
}

/* NULL: the view is left out, or there is no room or no memory. */
static struct instrument *instrument_make(struct meter *meter,
                                          const struct meter_definition *definition,
                                          const struct sdk_view_stream *view)
{
    struct instrument *instrument = NULL;

    if (meter->instrument_count == METER_INSTRUMENTS_MAX)
        return NULL;
    instrument = mem_zalloc(1, sizeof *instrument);
    if (instrument == NULL)
        return NULL;
    defaults_set(meter, instrument, definition);
    if (view != NULL && !view_set(meter, instrument, view)) {
        mem_free(instrument);
        return NULL;
    }
    instrument->is_delta = instrument->aggregate != AGGREGATE_LAST_VALUE &&
                           is_delta(meter->options.temporality, instrument->kind);
    instrument->ends_intervals =
        !instrument->is_observable &&
        (instrument->is_delta || (instrument->aggregate == AGGREGATE_LAST_VALUE &&
                                  meter->options.temporality != METER_CUMULATIVE));
    conflict_report(meter, instrument);
    meter->instruments[meter->instrument_count++] = instrument;
    return instrument;
}

struct instrument *meter_views_apply(struct meter *meter, const struct meter_definition *definition)
{
    const struct meter_options *options = &meter->options;
    const struct sdk_view_subject subject = {
        .name = definition->name,
        .unit = definition->unit,
        .kind = kind_of(definition),
        .meter_name = options->scope_name ? options->scope_name((uint8_t)definition->scope) : "",
        .meter_version = options->scope_version ? options->scope_version : "",
        .meter_schema_url = options->scope_schema_url ? options->scope_schema_url : "",
    };
    struct instrument *first = NULL, **link = &first;

    for (size_t i = 0; i < options->view_count; i++) {
        if (!sdk_view_selects(&options->views[i].selector, &subject))
            continue;
        *link = instrument_make(meter, definition, &options->views[i].stream);
        if (*link != NULL)
            link = &(*link)->next_view;
    }
    return first != NULL ? first : instrument_make(meter, definition, NULL);
}
