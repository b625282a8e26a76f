#include "agent/encode/json_metrics.h"

#include "agent/encode/json_attribute.h"

#include <string.h>

enum { TEMPORALITY_CUMULATIVE = 2 }; /* AggregationTemporality of metrics.proto */

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

/* A stream never starts after its point, also when the clock was set back. */
static void write_times(struct json *json, const struct meter *meter, const struct stream *stream)
{
    uint64_t time_ns = meter->collect_ns;

    if (stream->instrument->aggregate != AGGREGATE_LAST_VALUE) {
        JSON_KEY(json, "startTimeUnixNano");
        json_uint_text(json, stream->start_ns < time_ns ? stream->start_ns : time_ns);
    }
    JSON_KEY(json, "timeUnixNano");
    json_uint_text(json, time_ns);
}

static void write_histogram(struct json *json, const struct aggregate_histogram *histogram,
                            const struct aggregate_bounds *bounds)
{
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
    JSON_KEY(json, "min");
    json_double(json, histogram->min);
    JSON_KEY(json, "max");
    json_double(json, histogram->max);
}

static void write_point(const struct encoder *encoder, struct json *json, const struct meter *meter,
                        const struct stream *stream)
{
    const struct instrument *instrument = stream->instrument;

    json_object_begin(json);
    json_attribute_set(encoder, json, stream->attributes);
    write_times(json, meter, stream);
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
        write_number(json, stream->value.sum);
        break;
    case AGGREGATE_LAST_VALUE:
        write_number(json, stream->value.last_value.value);
        break;
    case AGGREGATE_HISTOGRAM:
        write_histogram(json, stream->value.histogram, &instrument->bounds);
        break;
    }
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
        json_uint(json, TEMPORALITY_CUMULATIVE);
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
        write_point(encoder, &json, meter, cursor->stream);
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
