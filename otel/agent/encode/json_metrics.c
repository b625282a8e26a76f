#include "agent/encode/json_metrics.h"

#include "agent/encode/json_attribute.h"

#include <string.h>

enum { POINTS_DELTA = 1, POINTS_CUMULATIVE = 2 }; /* AggregationTemporality of metrics.proto */

static void write_text(struct json *json, const char *text)
{
    json_string(json, text, strlen(text));
}

static void write_number(struct json *json, struct aggregate_number number)
{
    if (number.is_double) {
        JSON_KEY(json, "asDouble");
        json_double(json, number.value.real);
    } else {
        JSON_KEY(json, "asInt");
        json_int_text(json, number.value.integer);
    }
}

static void write_times(struct json *json, const struct meter *meter, const struct stream *stream)
{
    if (stream->instrument->aggregate != AGGREGATE_LAST_VALUE) {
        JSON_KEY(json, "startTimeUnixNano");
        json_uint_text(json, meter_start_ns(meter, stream));
    }
    JSON_KEY(json, "timeUnixNano");
    json_uint_text(json, meter->collect_ns);
}

static void write_min_max(struct json *json, double min, double max)
{
    JSON_KEY(json, "min");
    json_double(json, min);
    JSON_KEY(json, "max");
    json_double(json, max);
}

static void write_histogram(struct json *json, const struct aggregate_histogram *histogram,
                            const struct instrument *instrument)
{
    const struct aggregate_bounds *bounds = &instrument->bounds;

    JSON_KEY(json, "count");
    json_uint_text(json, histogram->count);
    if (!histogram->has_negative) {
        JSON_KEY(json, "sum");
        json_double(json, histogram->sum);
    }
    JSON_KEY(json, "bucketCounts");
    json_array_begin(json);
    for (unsigned i = 0; i <= bounds->count; i++)
        json_uint_text(json, histogram->buckets[i]);
    json_array_end(json);
    JSON_KEY(json, "explicitBounds");
    json_array_begin(json);
    for (unsigned i = 0; i < bounds->count; i++)
        json_double(json, bounds->bounds[i]);
    json_array_end(json);
    if (!instrument->has_no_min_max)
        write_min_max(json, histogram->min, histogram->max);
}

static void write_buckets(struct json *json, const struct base2_buckets *buckets)
{
    json_object_begin(json);
    JSON_KEY(json, "offset");
    json_int(json, buckets->first);
    JSON_KEY(json, "bucketCounts");
    json_array_begin(json);
    for (uint32_t i = 0; i < buckets->used; i++)
        json_uint_text(json, buckets->counts[i]);
    json_array_end(json);
    json_object_end(json);
}

static void write_base2(struct json *json, const struct base2 *base2,
                        const struct instrument *instrument)
{
    JSON_KEY(json, "count");
    json_uint_text(json, base2->count);
    if (!base2->has_negative) {
        JSON_KEY(json, "sum");
        json_double(json, base2->sum);
    }
    JSON_KEY(json, "scale");
    json_int(json, base2->scale);
    JSON_KEY(json, "zeroCount");
    json_uint_text(json, base2->zero_count);
    if (base2->positive.used > 0) {
        JSON_KEY(json, "positive");
        write_buckets(json, &base2->positive);
    }
    if (base2->negative.used > 0) {
        JSON_KEY(json, "negative");
        write_buckets(json, &base2->negative);
    }
    if (!instrument->has_no_min_max)
        write_min_max(json, base2->min, base2->max);
}

static void write_filtered(struct json *json, const uint8_t *set)
{
    struct record_view item;
    size_t offset = 0;

    JSON_KEY(json, "filteredAttributes");
    json_array_begin(json);
    while (attributes_next(set, &offset, &item))
        json_attribute(json, &item, LIMITS_NONE);
    json_array_end(json);
}

static void write_exemplar(struct json *json, const struct exemplar *exemplar)
{
    json_object_begin(json);
    if (exemplar->filtered != NULL)
        write_filtered(json, exemplar->filtered);
    JSON_KEY(json, "timeUnixNano");
    json_uint_text(json, exemplar->time_ns);
    write_number(json, exemplar->value);
    if (encoder_has_id(exemplar->trace_id, sizeof exemplar->trace_id)) {
        JSON_KEY(json, "spanId");
        json_hex(json, exemplar->span_id, sizeof exemplar->span_id);
        JSON_KEY(json, "traceId");
        json_hex(json, exemplar->trace_id, sizeof exemplar->trace_id);
    }
    json_object_end(json);
}

static void write_exemplars(struct json *json, const struct stream *stream)
{
    uint32_t place = 0;
    const struct exemplar *exemplar = meter_exemplar_next(stream, &place);

    if (exemplar == NULL)
        return;
    JSON_KEY(json, "exemplars");
    json_array_begin(json);
    for (; exemplar != NULL; exemplar = meter_exemplar_next(stream, &place))
        write_exemplar(json, exemplar);
    json_array_end(json);
}

static void write_point(struct json *json, const struct meter *meter, const struct stream *stream)
{
    const struct instrument *instrument = stream->instrument;

    json_object_begin(json);
    json_attribute_set(json, stream->attributes);
    write_times(json, meter, stream);
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
    case AGGREGATE_LAST_VALUE:
        write_number(json, meter_number(stream));
        break;
    case AGGREGATE_HISTOGRAM:
        write_histogram(json, meter_value(stream)->histogram, instrument);
        break;
    case AGGREGATE_BASE2:
        write_base2(json, meter_value(stream)->base2, instrument);
        break;
    case AGGREGATE_DROP:
        break;
    }
    write_exemplars(json, stream);
    json_object_end(json);
}

static void metric_begin(struct json *json, const struct instrument *instrument)
{
    json_object_begin(json);
    JSON_KEY(json, "name");
    write_text(json, instrument->name);
    if (instrument->description[0] != '\0') {
        JSON_KEY(json, "description");
        write_text(json, instrument->description);
    }
    if (instrument->unit[0] != '\0') {
        JSON_KEY(json, "unit");
        write_text(json, instrument->unit);
    }
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
        JSON_KEY(json, "sum");
        break;
    case AGGREGATE_LAST_VALUE:
        JSON_KEY(json, "gauge");
        break;
    case AGGREGATE_HISTOGRAM:
        JSON_KEY(json, "histogram");
        break;
    case AGGREGATE_BASE2:
        JSON_KEY(json, "exponentialHistogram");
        break;
    case AGGREGATE_DROP: /* has no streams to be written */
        break;
    }
    json_object_begin(json);
    JSON_KEY(json, "dataPoints");
    json_array_begin(json);
}

static void metric_end(struct json *json, const struct instrument *instrument)
{
    json_array_end(json);
    if (instrument->aggregate != AGGREGATE_LAST_VALUE) {
        JSON_KEY(json, "aggregationTemporality");
        json_uint(json, instrument->is_delta ? POINTS_DELTA : POINTS_CUMULATIVE);
    }
    if (instrument->aggregate == AGGREGATE_SUM) {
        JSON_KEY(json, "isMonotonic");
        json_bool(json, instrument->is_monotonic);
    }
    json_object_end(json);
    json_object_end(json);
}

uint32_t json_metrics_encode(const struct encoder *encoder, const struct meter *meter,
                             struct metric_cursor *cursor, size_t enough, struct buf *out)
{
    struct json json = json_writer(out);
    const struct instrument *open = NULL; /* whose points are being written */
    uint32_t points = 0;

    while (out->length <= enough && metric_cursor_seek(cursor, meter)) {
        const struct instrument *instrument = cursor->stream->instrument;

        if (open != instrument) {
            if (open != NULL)
                metric_end(&json, open);
            if (open == NULL)
                json_envelope_begin(encoder, &json, "\"resourceMetrics\":", "\"scopeMetrics\":");
            if (open == NULL || open->scope != instrument->scope) {
                if (open != NULL)
                    json_scope_end(&json);
                json_scope_begin(encoder, &json, (uint8_t)instrument->scope, "\"metrics\":");
            }
            metric_begin(&json, instrument);
            open = instrument;
        }
        write_point(&json, meter, cursor->stream);
        metric_cursor_step(cursor);
        points++;
    }
    if (open != NULL) {
        metric_end(&json, open);
        json_scope_end(&json);
        json_envelope_end(&json);
    }
    return points;
}
