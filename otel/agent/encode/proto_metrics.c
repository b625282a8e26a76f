#include "agent/encode/proto_metrics.h"

#include "agent/encode/proto_attribute.h"

#include <string.h>

enum metric_field {
    METRIC_NAME = 1,
    METRIC_DESCRIPTION = 2,
    METRIC_UNIT = 3,
    METRIC_GAUGE = 5,
    METRIC_SUM = 7,
    METRIC_HISTOGRAM = 9,
};

/* Of Gauge, Sum and Histogram, as far as each has them. */
enum { DATA_POINTS = 1, DATA_TEMPORALITY = 2, DATA_IS_MONOTONIC = 3 };

/* Of NumberDataPoint and HistogramDataPoint. */
enum { POINT_START = 2, POINT_TIME = 3 };

enum { NUMBER_AS_DOUBLE = 4, NUMBER_AS_INT = 6, NUMBER_ATTRIBUTES = 7 };

enum histogram_field {
    HISTOGRAM_COUNT = 4,
    HISTOGRAM_SUM = 5,
    HISTOGRAM_BUCKET_COUNTS = 6,
    HISTOGRAM_EXPLICIT_BOUNDS = 7,
    HISTOGRAM_ATTRIBUTES = 9,
    HISTOGRAM_MIN = 11,
    HISTOGRAM_MAX = 12,
};

enum { TEMPORALITY_CUMULATIVE = 2 };

/* The messages that are open while points are written, outermost first. */
struct open_metric {
    const struct instrument *instrument; /* NULL: none is open */
    struct proto_message envelope, scope, metric, data;
};

static void write_text(struct buf *out, unsigned field, const char *text)
{
    if (text[0] != '\0')
        proto_string(out, field, text, strlen(text));
}

/* A stream never starts after its point, also when the clock was set back. */
static void write_times(struct buf *out, const struct meter *meter, const struct stream *stream)
{
    uint64_t time_ns = meter->collect_ns;

    if (stream->instrument->aggregate != AGGREGATE_LAST_VALUE)
        proto_fixed64(out, POINT_START, stream->start_ns < time_ns ? stream->start_ns : time_ns);
    proto_fixed64(out, POINT_TIME, time_ns);
}

static void write_number(struct buf *out, struct aggregate_number number, const uint8_t *set)
{
    if (number.is_double)
        proto_double(out, NUMBER_AS_DOUBLE, number.value.real);
    else
        proto_fixed64(out, NUMBER_AS_INT, (uint64_t)number.value.integer);
    proto_attribute_set(out, NUMBER_ATTRIBUTES, set);
}

static void write_histogram(struct buf *out, const struct aggregate_histogram *histogram,
                            const struct aggregate_bounds *bounds, const uint8_t *set)
{
    proto_fixed64(out, HISTOGRAM_COUNT, histogram->count);
    if (!histogram->has_negative)
        proto_double(out, HISTOGRAM_SUM, histogram->sum);
    proto_fixed64_list(out, HISTOGRAM_BUCKET_COUNTS, histogram->buckets, bounds->count + 1u);
    if (bounds->count > 0)
        proto_double_list(out, HISTOGRAM_EXPLICIT_BOUNDS, bounds->bounds, bounds->count);
    proto_attribute_set(out, HISTOGRAM_ATTRIBUTES, set);
    proto_double(out, HISTOGRAM_MIN, histogram->min);
    proto_double(out, HISTOGRAM_MAX, histogram->max);
}

static void write_point(struct buf *out, const struct meter *meter, const struct stream *stream)
{
    const struct instrument *instrument = stream->instrument;
    struct proto_message point = proto_message_begin(out, DATA_POINTS, PROTO_MEDIUM);

    write_times(out, meter, stream);
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
        write_number(out, stream->value.sum, stream->attributes);
        break;
    case AGGREGATE_LAST_VALUE:
        write_number(out, stream->value.last_value.value, stream->attributes);
        break;
    case AGGREGATE_HISTOGRAM:
        write_histogram(out, stream->value.histogram, &instrument->bounds, stream->attributes);
        break;
    }
    proto_message_end(out, point);
}

static unsigned data_field(enum aggregate_kind aggregate)
{
    switch (aggregate) {
    case AGGREGATE_SUM:
        return METRIC_SUM;
    case AGGREGATE_LAST_VALUE:
        return METRIC_GAUGE;
    case AGGREGATE_HISTOGRAM:
        break;
    }
    return METRIC_HISTOGRAM;
}

static void metric_end(struct buf *out, const struct open_metric *open)
{
    const struct instrument *instrument = open->instrument;

    if (instrument->aggregate != AGGREGATE_LAST_VALUE)
        proto_varint(out, DATA_TEMPORALITY, TEMPORALITY_CUMULATIVE);
    if (instrument->aggregate == AGGREGATE_SUM && instrument->is_monotonic)
        proto_varint(out, DATA_IS_MONOTONIC, true);
    proto_message_end(out, open->data);
    proto_message_end(out, open->metric);
}

/* Closes what the next instrument does not share with the last one, and opens its metric. */
static void metric_begin(const struct encoder *encoder, struct buf *out, struct open_metric *open,
                         const struct instrument *next)
{
    const struct instrument *last = open->instrument;

    if (last != NULL)
        metric_end(out, open);
    else
        open->envelope = proto_envelope_begin(encoder, out);
    if (last == NULL || last->scope != next->scope) {
        if (last != NULL)
            proto_scope_end(out, open->scope);
        open->scope = proto_scope_begin(encoder, out, (uint8_t)next->scope);
    }
    open->instrument = next;
    open->metric = proto_message_begin(out, PROTO_SCOPE_ITEM, PROTO_MEDIUM);
    write_text(out, METRIC_NAME, next->name);
    write_text(out, METRIC_DESCRIPTION, next->description);
    write_text(out, METRIC_UNIT, next->unit);
    open->data = proto_message_begin(out, data_field(next->aggregate), PROTO_MEDIUM);
}

uint32_t proto_metrics_encode(const struct encoder *encoder, const struct meter *meter,
                              struct metric_cursor *cursor, size_t enough, struct buf *out)
{
    struct open_metric open = { 0 };
    uint32_t points = 0;

    while (out->length <= enough && metric_cursor_seek(cursor, meter)) {
        if (open.instrument != cursor->stream->instrument)
            metric_begin(encoder, out, &open, cursor->stream->instrument);
        write_point(out, meter, cursor->stream);
        metric_cursor_step(cursor);
        points++;
    }
    if (open.instrument != NULL) {
        metric_end(out, &open);
        proto_scope_end(out, open.scope);
        proto_envelope_end(out, open.envelope);
    }
    return points;
}
