#include "agent/sdk/meter.h"

#include "base/mem.h"
#include "otel/metric.h"
#include "otel/semconv.h"

#include <string.h>
#include <strings.h>

static const size_t FIXED = sizeof(struct record_measurement);

void meter_init(struct meter *meter, uint64_t seed, uint64_t now_ns)
{
    memset(meter, 0, sizeof *meter);
    meter->collect_ns = meter->previous_ns = now_ns;
    stream_table_init(&meter->streams, seed);
    attributes_clear(&meter->canonical);
}

static void stream_end(struct meter *meter, struct stream *stream)
{
    if (stream->instrument->aggregate == AGGREGATE_HISTOGRAM)
        mem_free(stream->value.histogram);
    stream_destroy(&meter->streams, stream);
}

void meter_release(struct meter *meter)
{
    for (unsigned i = 0; i < meter->instrument_count; i++) {
        struct stream *stream = meter->instruments[i]->first;
        while (stream != NULL) {
            struct stream *next = stream->next;
            stream_end(meter, stream);
            stream = next;
        }
        mem_free(meter->instruments[i]);
    }
    stream_table_release(&meter->streams);
    memset(meter, 0, sizeof *meter);
}

/* --- instruments ------------------------------------------------------------------------------ */

static void text_set(char *field, size_t size, const char *text)
{
    segment_text_copy(field, size, text, strlen(text));
}

/* Names are the same in any case of their letters (metrics/api.md "Instrument name syntax"). */
static struct instrument *instrument_find(const struct meter *meter, const char *name)
{
    for (unsigned i = 0; i < meter->instrument_count; i++) {
        if (strcasecmp(meter->instruments[i]->name, name) == 0)
            return meter->instruments[i];
    }
    return NULL;
}

struct instrument *meter_instrument(struct meter *meter, const struct meter_definition *definition)
{
    struct instrument *instrument = instrument_find(meter, definition->name);

    if (instrument != NULL)
        return instrument;
    if (meter->instrument_count == METER_INSTRUMENTS_MAX)
        return NULL;
    instrument = mem_zalloc(1, sizeof *instrument);
    if (instrument == NULL)
        return NULL;
    text_set(instrument->name, sizeof instrument->name, definition->name);
    text_set(instrument->unit, sizeof instrument->unit, definition->unit);
    text_set(instrument->description, sizeof instrument->description, definition->description);
    instrument->aggregate = definition->aggregate;
    instrument->scope = definition->scope;
    instrument->is_monotonic = definition->is_monotonic;
    instrument->is_observable = definition->is_observable;
    instrument->bounds =
        definition->bounds != NULL ? *definition->bounds : AGGREGATE_BOUNDS_DEFAULT;
    meter->instruments[meter->instrument_count++] = instrument;
    return instrument;
}

/* Nothing in the definition is taken for granted: it comes from the segment. */
static struct instrument *instrument_of_segment(struct meter *meter,
                                                const struct segment_instrument *segment)
{
    char name[sizeof segment->name], unit[sizeof segment->unit];
    char description[sizeof segment->description];
    struct aggregate_bounds bounds = { .count = segment->bounds_count };
    struct meter_definition definition = { name, unit, description, .scope = segment->scope };

    switch (segment->kind) {
    case OTEL_COUNTER:
    case OTEL_UP_DOWN_COUNTER:
        definition.aggregate = AGGREGATE_SUM;
        definition.is_monotonic = segment->kind == OTEL_COUNTER;
        break;
    case OTEL_HISTOGRAM:
        definition.aggregate = AGGREGATE_HISTOGRAM;
        break;
    case OTEL_GAUGE:
        definition.aggregate = AGGREGATE_LAST_VALUE;
        break;
    default: /* a byte of the segment, not one of the enum's values */
        return NULL;
    }
    segment_text_copy(name, sizeof name, segment->name, sizeof segment->name);
    segment_text_copy(unit, sizeof unit, segment->unit, sizeof segment->unit);
    segment_text_copy(description, sizeof description, segment->description,
                      sizeof segment->description);
    if (name[0] == '\0' || segment->scope >= RECORD_SCOPE_COUNT)
        return NULL;
    if (segment->has_bounds && bounds.count <= AGGREGATE_BOUNDS_MAX) {
        memcpy(bounds.bounds, segment->bounds, bounds.count * sizeof bounds.bounds[0]);
        if (aggregate_bounds_check(&bounds))
            definition.bounds = &bounds;
    }
    return meter_instrument(meter, &definition);
}

/* --- streams ---------------------------------------------------------------------------------- */

static struct stream *stream_begin(struct meter *meter, struct instrument *instrument,
                                   const struct attributes *attributes, uint64_t start_ns)
{
    struct aggregate_histogram *histogram = NULL;
    struct stream *stream = NULL;

    if (instrument->aggregate == AGGREGATE_HISTOGRAM) {
        histogram = mem_zalloc(1, sizeof *histogram);
        if (histogram == NULL)
            return NULL;
    }
    stream = stream_create(&meter->streams, instrument, attributes->record, attributes->size);
    if (stream == NULL) {
        mem_free(histogram);
        return NULL;
    }
    if (histogram != NULL)
        stream->value.histogram = histogram;
    stream->start_ns = start_ns;
    if (instrument->last != NULL)
        instrument->last->next = stream;
    else
        instrument->first = stream;
    instrument->last = stream;
    instrument->stream_count++;
    return stream;
}

static struct stream *overflow_stream(struct meter *meter, struct instrument *instrument,
                                      uint64_t start_ns)
{
    struct otel_attribute mark = otel_attribute_bool(OTEL_OTEL_METRIC_OVERFLOW, true);

    if (instrument->overflow == NULL) {
        attributes_clear(&meter->canonical);
        if (attributes_add(&meter->canonical, &mark))
            instrument->overflow = stream_begin(meter, instrument, &meter->canonical, start_ns);
    }
    return instrument->overflow;
}

/* Finds or begins the stream of a record's attributes; one place is kept for the overflow. */
static struct stream *stream_of(struct meter *meter, struct instrument *instrument,
                                const uint8_t *record, size_t size, uint64_t start_ns)
{
    struct attributes *canonical = &meter->canonical;
    struct stream *stream = stream_find(&meter->streams, instrument, record + FIXED, size - FIXED);

    if (stream != NULL)
        return stream;
    if (!attributes_canonical(canonical, record))
        return NULL;
    stream = stream_find(&meter->streams, instrument, canonical->record + FIXED,
                         canonical->size - FIXED);
    if (stream == NULL) {
        if (instrument->stream_count - (instrument->overflow != NULL) >= METER_STREAMS_MAX - 1)
            return overflow_stream(meter, instrument, start_ns);
        stream = stream_begin(meter, instrument, canonical, start_ns);
    }
    if (stream != NULL && (canonical->size != size ||
                           memcmp(canonical->record + FIXED, record + FIXED, size - FIXED) != 0))
        stream_form_add(&meter->streams, stream, record + FIXED, size - FIXED);
    return stream;
}

static bool stream_add(struct stream *stream, struct aggregate_number value, uint64_t time_ns,
                       uint64_t now_ns)
{
    const struct instrument *instrument = stream->instrument;

    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
        return aggregate_sum_add(&stream->value.sum, value, instrument->is_monotonic);
    case AGGREGATE_LAST_VALUE:
        if (stream->value.last_value.time_ns > now_ns)
            stream->value.last_value.time_ns = 0; /* the clock was set back */
        aggregate_last_value_set(&stream->value.last_value, value, time_ns);
        return true;
    case AGGREGATE_HISTOGRAM:
        return aggregate_histogram_record(stream->value.histogram, &instrument->bounds,
                                          aggregate_as_double(value));
    }
    return false;
}

void meter_record(struct meter *meter, const struct segment_instrument *definition,
                  const uint8_t *record, uint64_t now_ns)
{
    const struct record_measurement *measurement = (const struct record_measurement *)record;
    struct instrument **known = NULL, *instrument = NULL;
    struct stream *stream = NULL;
    uint64_t time_ns = measurement->time_ns < now_ns ? measurement->time_ns : now_ns;
    struct aggregate_number value = measurement->is_double
                                        ? aggregate_double(measurement->value.real)
                                        : aggregate_int(measurement->value.integer);

    if (measurement->instrument < SEGMENT_INSTRUMENT_COUNT)
        known = &meter->by_place[measurement->instrument];
    if (known != NULL && *known != NULL &&
        strncmp((*known)->name, definition->name, sizeof definition->name) == 0)
        instrument = *known;
    else
        instrument = instrument_of_segment(meter, definition);
    if (known != NULL)
        *known = instrument;
    if (instrument != NULL && !instrument->is_observable)
        stream = stream_of(meter, instrument, record, measurement->header.size, time_ns);
    if (stream == NULL || !stream_add(stream, value, time_ns, now_ns))
        meter->refused++;
}

void meter_measure(struct meter *meter, struct instrument *instrument,
                   struct aggregate_number value, const struct attributes *attributes,
                   uint64_t now_ns)
{
    uint64_t start_ns = instrument->is_observable ? meter->previous_ns : now_ns;
    struct stream *stream =
        stream_of(meter, instrument, attributes->record, attributes->size, start_ns);

    if (stream == NULL) {
        meter->refused++;
        return;
    }
    /* The first value of a collection begins anew; more of the overflow's sets add to it. */
    if (instrument->is_observable && stream->collection != meter->collection) {
        stream->collection = meter->collection;
        if (instrument->aggregate == AGGREGATE_SUM)
            stream->value.sum = aggregate_int(0);
    }
    if (!stream_add(stream, value, now_ns, now_ns))
        meter->refused++;
}

static void forget_unobserved(struct meter *meter, struct instrument *instrument)
{
    struct stream **link = &instrument->first;

    instrument->last = NULL;
    while (*link != NULL) {
        struct stream *stream = *link;

        if (stream->collection == meter->collection) {
            instrument->last = stream;
            link = &stream->next;
            continue;
        }
        *link = stream->next;
        if (stream == instrument->overflow)
            instrument->overflow = NULL;
        instrument->stream_count--;
        stream_end(meter, stream);
    }
}

void meter_collect(struct meter *meter, uint64_t now_ns)
{
    for (unsigned i = 0; i < meter->instrument_count; i++) {
        if (meter->instruments[i]->is_observable)
            forget_unobserved(meter, meter->instruments[i]);
    }
    meter->collection++;
    meter->previous_ns = meter->collect_ns;
    meter->collect_ns = now_ns;
}
