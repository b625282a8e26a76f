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
    METRIC_BASE2 = 10,
};

/* Of Gauge, Sum and Histogram, as far as each has them. */
enum { DATA_POINTS = 1, DATA_TEMPORALITY = 2, DATA_IS_MONOTONIC = 3 };

/* Of NumberDataPoint and HistogramDataPoint. */
enum { POINT_START = 2, POINT_TIME = 3 };

enum { NUMBER_AS_DOUBLE = 4, NUMBER_EXEMPLARS = 5, NUMBER_AS_INT = 6, NUMBER_ATTRIBUTES = 7 };

enum histogram_field {
    HISTOGRAM_COUNT = 4,
    HISTOGRAM_SUM = 5,
    HISTOGRAM_BUCKET_COUNTS = 6,
    HISTOGRAM_EXPLICIT_BOUNDS = 7,
    HISTOGRAM_EXEMPLARS = 8,
    HISTOGRAM_ATTRIBUTES = 9,
    HISTOGRAM_MIN = 11,
    HISTOGRAM_MAX = 12,
};

enum base2_field {
    BASE2_ATTRIBUTES = 1,
    BASE2_COUNT = 4,
    BASE2_SUM = 5,
    BASE2_SCALE = 6,
    BASE2_ZERO_COUNT = 7,
    BASE2_POSITIVE = 8,
    BASE2_NEGATIVE = 9,
    BASE2_EXEMPLARS = 11,
    BASE2_MIN = 12,
    BASE2_MAX = 13,
};

enum { BUCKETS_OFFSET = 1, BUCKETS_COUNTS = 2 };

enum exemplar_field {
    EXEMPLAR_TIME = 2,
    EXEMPLAR_AS_DOUBLE = 3,
    EXEMPLAR_SPAN_ID = 4,
    EXEMPLAR_TRACE_ID = 5,
    EXEMPLAR_AS_INT = 6,
    EXEMPLAR_FILTERED = 7,
};

enum { POINTS_DELTA = 1, POINTS_CUMULATIVE = 2 };

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

static void write_times(struct buf *out, const struct meter *meter, const struct stream *stream)
{
    if (stream->instrument->aggregate != AGGREGATE_LAST_VALUE)
        proto_fixed64(out, POINT_START, meter_start_ns(meter, stream));
    proto_fixed64(out, POINT_TIME, meter->collect_ns);
}

/* Fields in ascending order, here and below. */
static void write_exemplar(struct buf *out, unsigned field, const struct exemplar *exemplar)
{
    struct proto_message message = proto_message_begin(out, field, PROTO_SMALL);

    proto_fixed64(out, EXEMPLAR_TIME, exemplar->time_ns);
    if (exemplar->value.is_double)
        proto_double(out, EXEMPLAR_AS_DOUBLE, exemplar->value.value.real);
    if (encoder_has_id(exemplar->trace_id, sizeof exemplar->trace_id)) {
        proto_bytes(out, EXEMPLAR_SPAN_ID, exemplar->span_id, sizeof exemplar->span_id);
        proto_bytes(out, EXEMPLAR_TRACE_ID, exemplar->trace_id, sizeof exemplar->trace_id);
    }
    if (!exemplar->value.is_double)
        proto_fixed64(out, EXEMPLAR_AS_INT, (uint64_t)exemplar->value.value.integer);
    if (exemplar->filtered != NULL)
        proto_attribute_set(out, EXEMPLAR_FILTERED, exemplar->filtered);
    proto_message_end(out, message);
}

static void write_exemplars(struct buf *out, unsigned field, const struct stream *stream)
{
    const struct exemplar *exemplar;
    uint32_t place = 0;

    while ((exemplar = meter_exemplar_next(stream, &place)) != NULL)
        write_exemplar(out, field, exemplar);
}

static void write_number(struct buf *out, const struct stream *stream)
{
    struct aggregate_number number = meter_number(stream);

    if (number.is_double)
        proto_double(out, NUMBER_AS_DOUBLE, number.value.real);
    write_exemplars(out, NUMBER_EXEMPLARS, stream);
    if (!number.is_double)
        proto_fixed64(out, NUMBER_AS_INT, (uint64_t)number.value.integer);
    proto_attribute_set(out, NUMBER_ATTRIBUTES, stream->attributes);
}

static void write_histogram(struct buf *out, const struct stream *stream)
{
    const struct aggregate_histogram *histogram = meter_value(stream)->histogram;
    const struct aggregate_bounds *bounds = &stream->instrument->bounds;

    proto_fixed64(out, HISTOGRAM_COUNT, histogram->count);
    if (!histogram->has_negative)
        proto_double(out, HISTOGRAM_SUM, histogram->sum);
    proto_fixed64_list(out, HISTOGRAM_BUCKET_COUNTS, histogram->buckets, bounds->count + 1u);
    if (bounds->count > 0)
        proto_double_list(out, HISTOGRAM_EXPLICIT_BOUNDS, bounds->bounds, bounds->count);
    write_exemplars(out, HISTOGRAM_EXEMPLARS, stream);
    proto_attribute_set(out, HISTOGRAM_ATTRIBUTES, stream->attributes);
    if (!stream->instrument->has_no_min_max) {
        proto_double(out, HISTOGRAM_MIN, histogram->min);
        proto_double(out, HISTOGRAM_MAX, histogram->max);
    }
}

static void write_buckets(struct buf *out, unsigned field, const struct base2_buckets *buckets)
{
    struct proto_message message;

    if (buckets->used == 0)
        return;
    message = proto_message_begin(out, field, PROTO_MEDIUM);
    if (buckets->first != 0)
        proto_sint32(out, BUCKETS_OFFSET, buckets->first);
    proto_varint_list(out, BUCKETS_COUNTS, buckets->counts, buckets->used);
    proto_message_end(out, message);
}

static void write_base2(struct buf *out, const struct stream *stream)
{
    const struct base2 *base2 = meter_value(stream)->base2;

    proto_fixed64(out, BASE2_COUNT, base2->count);
    if (!base2->has_negative)
        proto_double(out, BASE2_SUM, base2->sum);
    if (base2->scale != 0)
        proto_sint32(out, BASE2_SCALE, base2->scale);
    if (base2->zero_count != 0)
        proto_fixed64(out, BASE2_ZERO_COUNT, base2->zero_count);
    write_buckets(out, BASE2_POSITIVE, &base2->positive);
    write_buckets(out, BASE2_NEGATIVE, &base2->negative);
    write_exemplars(out, BASE2_EXEMPLARS, stream);
    if (!stream->instrument->has_no_min_max) {
        proto_double(out, BASE2_MIN, base2->min);
        proto_double(out, BASE2_MAX, base2->max);
    }
}

static void write_point(struct buf *out, const struct meter *meter, const struct stream *stream)
{
    struct proto_message point = proto_message_begin(out, DATA_POINTS, PROTO_MEDIUM);

    if (stream->instrument->aggregate == AGGREGATE_BASE2)
        proto_attribute_set(out, BASE2_ATTRIBUTES, stream->attributes);
    write_times(out, meter, stream);
    switch (stream->instrument->aggregate) {
    case AGGREGATE_SUM:
    case AGGREGATE_LAST_VALUE:
        write_number(out, stream);
        break;
    case AGGREGATE_HISTOGRAM:
        write_histogram(out, stream);
        break;
    case AGGREGATE_BASE2:
        write_base2(out, stream);
        break;
    case AGGREGATE_DROP: /* has no streams */
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
    case AGGREGATE_BASE2:
        return METRIC_BASE2;
    case AGGREGATE_HISTOGRAM:
    case AGGREGATE_DROP:
        break;
    }
    return METRIC_HISTOGRAM;
}

static void metric_end(struct buf *out, const struct open_metric *open)
{
    const struct instrument *instrument = open->instrument;

    if (instrument->aggregate != AGGREGATE_LAST_VALUE)
        proto_varint(out, DATA_TEMPORALITY,
                     instrument->is_delta ? POINTS_DELTA : POINTS_CUMULATIVE);
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
