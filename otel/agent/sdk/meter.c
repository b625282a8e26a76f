#include "agent/sdk/meter.h"

#include "agent/sdk/meter_views.h"
#include "base/mem.h"
#include "base/random.h"
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
    for (size_t i = 0; i < 4; i++) /* of the sampling of exemplars: no secret, never all zero */
        meter->random[i] = (seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

void meter_configure(struct meter *meter, const struct meter_options *options)
{
    meter->options = *options;
}

static void value_release(const struct instrument *instrument, union stream_value *value)
{
    if (instrument->aggregate == AGGREGATE_HISTOGRAM)
        mem_free(value->histogram);
    if (instrument->aggregate == AGGREGATE_BASE2)
        mem_free(value->base2);
}

static void stream_end(struct meter *meter, struct stream *stream)
{
    value_release(stream->instrument, &stream->value);
    value_release(stream->instrument, &stream->ended);
    exemplars_destroy(stream->exemplars);
    exemplars_destroy(stream->ended_exemplars);
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

/* Names are the same in any case of their letters (metrics/api.md "Instrument name syntax"). */
static struct instrument *instrument_find(const struct meter *meter, const char *name)
{
    for (unsigned i = 0; i < meter->instrument_count; i++) {
        if (strcasecmp(meter->instruments[i]->source_name, name) == 0)
            return meter->instruments[i];
    }
    return NULL;
}

struct instrument *meter_instrument(struct meter *meter, const struct meter_definition *definition)
{
    struct instrument *instrument = instrument_find(meter, definition->name);

    return instrument != NULL ? instrument : meter_views_apply(meter, definition);
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
    if (segment->has_bounds && bounds.count <= sizeof segment->bounds / sizeof segment->bounds[0]) {
        memcpy(bounds.bounds, segment->bounds, bounds.count * sizeof bounds.bounds[0]);
        if (aggregate_bounds_check(&bounds))
            definition.bounds = &bounds;
    }
    return meter_instrument(meter, &definition);
}

/* --- streams ---------------------------------------------------------------------------------- */

/* True also where there is nothing to make. */
static bool value_make(const struct instrument *instrument, union stream_value *out)
{
    switch (instrument->aggregate) {
    case AGGREGATE_HISTOGRAM:
        out->histogram = mem_zalloc(1, aggregate_histogram_bytes(&instrument->bounds));
        return out->histogram != NULL;
    case AGGREGATE_BASE2:
        out->base2 = base2_create(instrument->base2_size, instrument->base2_scale);
        return out->base2 != NULL;
    case AGGREGATE_SUM:
    case AGGREGATE_LAST_VALUE:
    case AGGREGATE_DROP:
        break;
    }
    return true;
}

static struct stream *stream_begin(struct meter *meter, struct instrument *instrument,
                                   const struct attributes *attributes, uint64_t start_ns)
{
    union stream_value value = { 0 }, ended = { 0 };
    struct stream *stream = NULL;

    if (value_make(instrument, &value) &&
        (!instrument->ends_intervals || value_make(instrument, &ended)))
        stream = stream_create(&meter->streams, instrument, attributes->record, attributes->size);
    if (stream == NULL) {
        value_release(instrument, &value);
        value_release(instrument, &ended);
        return NULL;
    }
    stream->value = value;
    stream->ended = ended;
    stream->start_ns = start_ns;
    if (instrument->last != NULL)
        instrument->last->next = stream;
    else
        instrument->first = stream;
    instrument->last = stream;
    if (!instrument->ends_intervals)
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

/* One place is kept for the overflow, which is counted once it is there and in use. */
static bool has_room(const struct instrument *instrument)
{
    const struct stream *overflow = instrument->overflow;
    bool is_counted = overflow != NULL && (!instrument->ends_intervals || overflow->is_touched);

    return instrument->stream_count - is_counted < instrument->stream_max - 1;
}

static bool key_stays(const void *user, const struct record_view *item)
{
    return sdk_view_keeps(user, item->key, item->key_length);
}

static bool key_goes(const void *user, const struct record_view *item)
{
    return !key_stays(user, item);
}

/* Finds or begins the stream of a record's attributes, as far as the view keeps them. */
static struct stream *stream_seek(struct meter *meter, struct instrument *instrument,
                                  const uint8_t *record, size_t size, uint64_t start_ns)
{
    const struct attributes *canonical = &meter->canonical;
    struct stream *stream = stream_find(&meter->streams, instrument, record + FIXED, size - FIXED);

    if (stream != NULL)
        return stream;
    if (!attributes_canonical(&meter->canonical, record))
        return NULL;
    if (instrument->keys != NULL) {
        attributes_filter(&meter->kept, canonical->record, key_stays, instrument->keys);
        canonical = &meter->kept;
    }
    stream = stream_find(&meter->streams, instrument, canonical->record + FIXED,
                         canonical->size - FIXED);
    if (stream == NULL) {
        if (!has_room(instrument))
            return overflow_stream(meter, instrument, start_ns);
        stream = stream_begin(meter, instrument, canonical, start_ns);
    }
    if (stream != NULL && (canonical->size != size ||
                           memcmp(canonical->record + FIXED, record + FIXED, size - FIXED) != 0))
        stream_form_add(&meter->streams, stream, record + FIXED, size - FIXED);
    return stream;
}

/* The same; a stream of the last interval needs a place in this one. */
static struct stream *stream_of(struct meter *meter, struct instrument *instrument,
                                const uint8_t *record, size_t size, uint64_t start_ns)
{
    struct stream *stream = stream_seek(meter, instrument, record, size, start_ns);

    if (stream == NULL || !instrument->ends_intervals || stream->is_touched)
        return stream;
    if (stream != instrument->overflow && !has_room(instrument))
        stream = overflow_stream(meter, instrument, start_ns);
    if (stream != NULL && !stream->is_touched) {
        stream->is_touched = true;
        instrument->stream_count++;
    }
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
    case AGGREGATE_BASE2:
        return base2_record(stream->value.base2, aggregate_as_double(value));
    case AGGREGATE_DROP:
        break;
    }
    return false;
}

/* Where there is no choice, the place of the bucket; else one of a sample, or none. */
static struct exemplar *exemplar_place(struct meter *meter, struct stream *stream, double value)
{
    const struct instrument *instrument = stream->instrument;
    bool is_aligned = instrument->aggregate == AGGREGATE_HISTOGRAM && instrument->bounds.count > 0;
    uint32_t size = 1;

    if (is_aligned)
        size = instrument->bounds.count + 1u;
    else if (instrument->aggregate == AGGREGATE_BASE2)
        size = instrument->base2_size < EXEMPLAR_BASE2_MAX ? instrument->base2_size
                                                           : EXEMPLAR_BASE2_MAX;
    if (stream->exemplars == NULL)
        stream->exemplars = exemplars_create(size);
    if (stream->exemplars == NULL)
        return NULL;
    if (is_aligned)
        return &stream->exemplars->places[aggregate_histogram_bucket(&instrument->bounds, value)];
    return exemplars_sample(stream->exemplars, random_next(meter->random));
}

static void exemplar_offer(struct meter *meter, struct stream *stream,
                           const struct record_measurement *measurement, double value,
                           uint64_t time_ns)
{
    const struct instrument *instrument = stream->instrument;
    bool is_overflow = stream == instrument->overflow;
    const uint8_t *record = (const uint8_t *)measurement, *filtered = NULL;
    struct exemplar *place = exemplar_place(meter, stream, value);

    if (place == NULL)
        return;
    if (is_overflow) {
        filtered = attributes_canonical(&meter->filtered, record) ? meter->filtered.record : NULL;
    } else if (instrument->keys != NULL) {
        attributes_filter(&meter->filtered, record, key_goes, instrument->keys);
        filtered = meter->filtered.size > FIXED ? meter->filtered.record : NULL;
    }
    exemplar_set(place, measurement, time_ns, filtered);
}

void meter_record(struct meter *meter, const struct segment_instrument *definition,
                  const uint8_t *record, uint64_t now_ns)
{
    const struct record_measurement *measurement = (const struct record_measurement *)record;
    struct instrument **known = NULL, *instrument = NULL;
    uint64_t time_ns = measurement->time_ns < now_ns ? measurement->time_ns : now_ns;
    struct aggregate_number value = measurement->is_double
                                        ? aggregate_double(measurement->value.real)
                                        : aggregate_int(measurement->value.integer);

    if (measurement->instrument < SEGMENT_INSTRUMENT_COUNT)
        known = &meter->by_place[measurement->instrument];
    if (known != NULL && *known != NULL &&
        strncmp((*known)->source_name, definition->name, sizeof definition->name) == 0)
        instrument = *known;
    else
        instrument = instrument_of_segment(meter, definition);
    if (known != NULL)
        *known = instrument;
    if (instrument == NULL || instrument->is_observable) {
        meter->refused++;
        return;
    }
    for (; instrument != NULL; instrument = instrument->next_view) {
        struct stream *stream = NULL;

        if (instrument->aggregate == AGGREGATE_DROP)
            continue;
        stream = stream_of(meter, instrument, record, measurement->header.size, time_ns);
        if (stream == NULL || !stream_add(stream, value, time_ns, now_ns))
            meter->refused++;
        else if (exemplar_passes(meter->options.exemplars, measurement))
            exemplar_offer(meter, stream, measurement, aggregate_as_double(value), time_ns);
    }
}

static void measure_one(struct meter *meter, struct instrument *instrument,
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
        if (instrument->aggregate == AGGREGATE_SUM) {
            stream->base = stream->value.sum;
            stream->value.sum = aggregate_int(0);
        }
    }
    if (!stream_add(stream, value, now_ns, now_ns))
        meter->refused++;
}

void meter_measure(struct meter *meter, struct instrument *instrument,
                   struct aggregate_number value, const struct attributes *attributes,
                   uint64_t now_ns)
{
    for (; instrument != NULL; instrument = instrument->next_view) {
        if (instrument->aggregate != AGGREGATE_DROP)
            measure_one(meter, instrument, value, attributes, now_ns);
    }
}

/* --- collection ------------------------------------------------------------------------------- */

static void value_clear(const struct instrument *instrument, union stream_value *value)
{
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
        value->sum = aggregate_int(0);
        break;
    case AGGREGATE_HISTOGRAM:
        memset(value->histogram, 0, aggregate_histogram_bytes(&instrument->bounds));
        break;
    case AGGREGATE_BASE2:
        base2_clear(value->base2);
        break;
    case AGGREGATE_LAST_VALUE: /* the newest goes on to count */
    case AGGREGATE_DROP:
        break;
    }
}

/* What was measured becomes what is exported; its room is that of the next interval. */
static void interval_end(struct stream *stream)
{
    union stream_value ended = stream->value;

    if (stream->instrument->aggregate != AGGREGATE_LAST_VALUE)
        stream->value = stream->ended;
    stream->ended = ended;
    value_clear(stream->instrument, &stream->value);
    stream->is_touched = false;
}

static void exemplars_end(struct stream *stream)
{
    struct exemplars *ended = stream->exemplars;

    stream->exemplars = stream->ended_exemplars;
    stream->ended_exemplars = ended;
    if (stream->exemplars != NULL)
        exemplars_clear(stream->exemplars);
}

/* A stream that the ending interval did not touch, or the last collection did not observe, goes. */
static void instrument_collect(struct meter *meter, struct instrument *instrument)
{
    bool is_observable = instrument->is_observable;
    struct stream **link = &instrument->first;

    instrument->last = NULL;
    while (*link != NULL) {
        struct stream *stream = *link;
        bool stays = is_observable                ? stream->collection == meter->collection
                     : instrument->ends_intervals ? stream->is_touched
                                                  : true;

        if (stays) {
            exemplars_end(stream);
            if (instrument->ends_intervals) {
                interval_end(stream);
                stream->collection = meter->collection + 1;
            }
            instrument->last = stream;
            link = &stream->next;
            continue;
        }
        *link = stream->next;
        if (stream == instrument->overflow)
            instrument->overflow = NULL;
        instrument->stream_count -= is_observable;
        stream_end(meter, stream);
    }
    if (instrument->ends_intervals)
        instrument->stream_count = 0;
}

void meter_collect(struct meter *meter, uint64_t now_ns)
{
    for (unsigned i = 0; i < meter->instrument_count; i++)
        instrument_collect(meter, meter->instruments[i]);
    meter->collection++;
    meter->previous_ns = meter->collect_ns;
    meter->collect_ns = now_ns;
}

struct aggregate_number meter_number(const struct stream *stream)
{
    const struct instrument *instrument = stream->instrument;
    const union stream_value *value = meter_value(stream);

    if (instrument->aggregate == AGGREGATE_LAST_VALUE)
        return value->last_value.value;
    if (!instrument->is_observable || !instrument->is_delta)
        return value->sum;
    if (value->sum.is_double || stream->base.is_double)
        return aggregate_double(aggregate_as_double(value->sum) -
                                aggregate_as_double(stream->base));
    return aggregate_int(value->sum.value.integer - stream->base.value.integer);
}

uint64_t meter_start_ns(const struct meter *meter, const struct stream *stream)
{
    uint64_t start_ns = stream->instrument->is_delta ? meter->previous_ns : stream->start_ns;

    return start_ns < meter->collect_ns ? start_ns : meter->collect_ns;
}

const struct exemplar *meter_exemplar_next(const struct stream *stream, uint32_t *place)
{
    const struct exemplars *exemplars = stream->ended_exemplars;

    while (exemplars != NULL && *place < exemplars->size) {
        const struct exemplar *exemplar = &exemplars->places[(*place)++];

        if (exemplar->time_ns != 0)
            return exemplar;
    }
    return NULL;
}
