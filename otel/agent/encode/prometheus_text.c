#include "agent/encode/prometheus_text.h"

#include "agent/encode/prometheus_format.h"
#include "agent/encode/prometheus_name.h"
#include "agent/encode/value_text.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_BYTES_MAX = 8 * RECORD_BYTES_MAX, NUMBER_BYTES = 32, DOUBLE_DIGITS_MAX = 17 };
enum { EXEMPLAR_LABELS_MAX = 128 }; /* characters of names and values, says OpenMetrics */

#define GO_EXPONENT_FROM 1e6 /* Go, and so OpenMetrics, writes larger bounds with an exponent */
#define GO_EXPONENT_BELOW 1e-4

/* One instrument's, or the resource's, which comes first. */
struct family {
    const struct instrument *instrument; /* NULL: the resource */
    enum prometheus_type type;
    bool is_written; /* with an earlier one of its name, or not at all */
    struct prometheus_name name;
};

struct prometheus_writer {
    const struct encoder *encoder;
    const struct meter *meter;
    bool is_openmetrics;
    struct family *families;
    unsigned family_count;
    struct buf labels;  /* of the point being written, without braces */
    struct buf scratch; /* a value on its way */
    struct buf *out;
    struct prometheus_page *page;
};

/* --- texts and numbers ------------------------------------------------------------------------ */

static void put_character(struct buf *out, const char *text, size_t length, uint32_t code_point)
{
    if (code_point == UTF8_REPLACEMENT)
        buf_add_text(out, "\xEF\xBF\xBD");
    else
        buf_add(out, text, length);
}

static void put_escaped(struct buf *out, const char *text, size_t length, bool has_quotes)
{
    while (length > 0) {
        uint32_t code_point;
        size_t step = utf8_next(text, length, &code_point);

        if (code_point == '\n')
            buf_add_text(out, "\\n");
        else if (code_point == '\\')
            buf_add_text(out, "\\\\");
        else if (code_point == '"' && has_quotes)
            buf_add_text(out, "\\\"");
        else
            put_character(out, text, step, code_point);
        text += step;
        length -= step;
    }
}

static void put_double(struct buf *out, double value)
{
    struct json json = json_writer(out);

    if (isnan(value))
        buf_add_text(out, "NaN");
    else if (isinf(value))
        buf_add_text(out, value > 0 ? "+Inf" : "-Inf");
    else
        json_double(&json, value);
}

static void put_number(struct buf *out, struct aggregate_number number)
{
    if (number.is_double)
        put_double(out, number.value.real);
    else
        buf_add_format(out, "%" PRId64, number.value.integer);
}

/* A bucket's bound, the same in every format, so that its series is the same: "0.5", "1.0",
 * "2.5e+06". */
static void bound_format(double bound, char out[NUMBER_BYTES])
{
    bool has_exponent =
        bound != 0 && (fabs(bound) >= GO_EXPONENT_FROM || fabs(bound) < GO_EXPONENT_BELOW);

    for (int digits = 1; digits <= DOUBLE_DIGITS_MAX; digits++) {
        (void)snprintf(out, NUMBER_BYTES, has_exponent ? "%.*e" : "%.*g",
                       has_exponent ? digits - 1 : digits, bound);
        /* Below the exponents that Go writes, %g must not write one either. */
        if (strtod(out, NULL) == bound && (has_exponent || strchr(out, 'e') == NULL))
            break;
    }
    if (strpbrk(out, ".e") == NULL)
        (void)snprintf(out + strlen(out), NUMBER_BYTES - strlen(out), ".0");
}

/* --- labels ----------------------------------------------------------------------------------- */

static void label_begin(struct prometheus_writer *writer)
{
    if (writer->labels.length > 0)
        buf_add_text(&writer->labels, ",");
}

static void label_add(struct prometheus_writer *writer, const char *name, const char *value)
{
    label_begin(writer);
    buf_add_format(&writer->labels, "%s=\"", name);
    put_escaped(&writer->labels, value, strlen(value), true);
    buf_add_text(&writer->labels, "\"");
}

static void label_hex(struct prometheus_writer *writer, const char *name, const uint8_t *bytes,
                      size_t length)
{
    label_begin(writer);
    buf_add_format(&writer->labels, "%s=\"", name);
    for (size_t i = 0; i < length; i++)
        buf_add_format(&writer->labels, "%02x", bytes[i]);
    buf_add_text(&writer->labels, "\"");
}

/* A label that samples have of their own: an attribute of that name must not be taken for it. */
static bool is_reserved(const char *label, size_t length)
{
    static const char *const names[] = { "le", "otel_scope_name", "otel_scope_version",
                                         "otel_scope_schema_url" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && memcmp(names[i], label, length) == 0)
            return true;
    return false;
}

static void label_name(struct prometheus_writer *writer, const struct record_view *item)
{
    struct buf *labels = &writer->labels;
    size_t start = labels->length;

    prometheus_label(labels, item->key, item->key_length);
    if (labels->has_failed || !is_reserved(labels->data + start, labels->length - start))
        return;
    labels->length = start;
    buf_add_text(labels, "exported_");
    prometheus_label(labels, item->key, item->key_length);
}

static void label_value(struct prometheus_writer *writer, const struct record_view *item)
{
    struct value_text value = value_text(item, LIMITS_NONE, &writer->scratch);

    put_escaped(&writer->labels, value.text, value.length, true);
}

static bool is_same_label(const struct record_view *left, const struct record_view *right)
{
    return prometheus_labels_match(left->key, left->key_length, right->key, right->key_length);
}

/* True when a key before `end` has become the same label already. */
static bool is_merged(const uint8_t *set, size_t end, const struct record_view *item)
{
    struct record_view earlier;
    size_t offset = 0;

    while (attributes_next(set, &offset, &earlier) && offset < end)
        if (is_same_label(&earlier, item))
            return true;
    return false;
}

/* The labels of a canonical set. Values whose keys become one label stand behind each other, in
 * the order of the keys, which is the set's. */
static void labels_of_set(struct prometheus_writer *writer, const uint8_t *set)
{
    struct record_view item, later;
    size_t offset = 0;

    while (attributes_next(set, &offset, &item)) {
        size_t rest = offset;

        if (is_merged(set, offset, &item))
            continue;
        label_begin(writer);
        label_name(writer, &item);
        buf_add_text(&writer->labels, "=\"");
        label_value(writer, &item);
        while (attributes_next(set, &rest, &later)) {
            if (!is_same_label(&item, &later))
                continue;
            buf_add_text(&writer->labels, ";");
            label_value(writer, &later);
        }
        buf_add_text(&writer->labels, "\"");
    }
}

static void labels_of_stream(struct prometheus_writer *writer, const struct stream *stream)
{
    buf_clear(&writer->labels);
    label_add(writer, "otel_scope_name", encoder_scope_name((uint8_t)stream->instrument->scope));
    label_add(writer, "otel_scope_version", writer->encoder->version);
    label_add(writer, "otel_scope_schema_url", ENCODER_SCHEMA_URL);
    labels_of_set(writer, stream->attributes);
}

/* --- samples ---------------------------------------------------------------------------------- */

/* Up to the value. more: a further label, whole; "": none. */
static void sample_begin(struct prometheus_writer *writer, const struct family *family,
                         const char *suffix, const char *more)
{
    struct buf *out = writer->out;

    buf_add_format(out, "%s%s{", family->name.family, suffix);
    buf_add(out, writer->labels.data, writer->labels.length);
    buf_add_format(out, "%s} ", more);
}

/* An exemplar's labels have a limit together; what a view left out of the stream goes first. */
static void put_exemplar_labels(struct prometheus_writer *writer, const struct exemplar *exemplar)
{
    struct buf *labels = &writer->labels;
    size_t ids;

    buf_clear(labels);
    if (encoder_has_id(exemplar->trace_id, sizeof exemplar->trace_id)) {
        label_hex(writer, "trace_id", exemplar->trace_id, sizeof exemplar->trace_id);
        label_hex(writer, "span_id", exemplar->span_id, sizeof exemplar->span_id);
    }
    ids = labels->length;
    if (exemplar->filtered != NULL)
        labels_of_set(writer, exemplar->filtered);
    if (labels->length > EXEMPLAR_LABELS_MAX)
        labels->length = ids;
}

/* Ends a sample's line, in OpenMetrics with the exemplar; NULL: it has none. Its labels take the
 * place of the sample's, so that the caller makes those anew. */
static void sample_end(struct prometheus_writer *writer, const struct exemplar *exemplar)
{
    struct buf *out = writer->out;

    if (exemplar != NULL && writer->is_openmetrics) {
        put_exemplar_labels(writer, exemplar);
        buf_add_text(out, " # {");
        buf_add(out, writer->labels.data, writer->labels.length);
        buf_add_text(out, "} ");
        put_number(out, exemplar->value);
        buf_add_format(out, " %" PRIu64 ".%09" PRIu64, exemplar->time_ns / CLOCK_NS_PER_S,
                       exemplar->time_ns % CLOCK_NS_PER_S);
    }
    buf_add_text(out, "\n");
}

/* The newest of a bucket; of a sum, which has none, the newest of all. */
static const struct exemplar *exemplar_find(const struct stream *stream, unsigned bucket)
{
    const struct instrument *instrument = stream->instrument;
    const struct exemplar *newest = NULL, *one;
    uint32_t place = 0;

    while ((one = meter_exemplar_next(stream, &place)) != NULL) {
        if (instrument->aggregate == AGGREGATE_HISTOGRAM &&
            aggregate_histogram_bucket(&instrument->bounds, aggregate_as_double(one->value)) !=
                bucket)
            continue;
        if (newest == NULL || one->time_ns > newest->time_ns)
            newest = one;
    }
    return newest;
}

static void put_bucket(struct prometheus_writer *writer, const struct family *family,
                       const struct stream *stream, unsigned bucket, uint64_t count)
{
    const struct aggregate_bounds *bounds = &stream->instrument->bounds;
    const struct exemplar *exemplar = exemplar_find(stream, bucket);
    char bound[NUMBER_BYTES] = "+Inf", label[NUMBER_BYTES + 8];

    if (bucket < bounds->count)
        bound_format(bounds->bounds[bucket], bound);
    (void)snprintf(label, sizeof label, ",le=\"%s\"", bound);
    sample_begin(writer, family, "_bucket", label);
    buf_add_format(writer->out, "%" PRIu64, count);
    sample_end(writer, exemplar);
    if (exemplar != NULL && writer->is_openmetrics)
        labels_of_stream(writer, stream);
}

/* A sum of negative values is none that only grows: it is left out, and OpenMetrics then wants
 * no count either. */
static void put_sum_and_count(struct prometheus_writer *writer, const struct family *family,
                              bool has_negative, double sum, uint64_t count)
{
    if (!has_negative) {
        sample_begin(writer, family, "_sum", "");
        put_double(writer->out, sum);
        sample_end(writer, NULL);
    }
    if (!has_negative || !writer->is_openmetrics) {
        sample_begin(writer, family, "_count", "");
        buf_add_format(writer->out, "%" PRIu64, count);
        sample_end(writer, NULL);
    }
}

static void put_bound(struct prometheus_writer *writer, const struct family *family, double bound,
                      uint64_t count)
{
    char text[NUMBER_BYTES], label[NUMBER_BYTES + 8];

    if (!isfinite(bound))
        return; /* the last says the same */
    bound_format(bound, text);
    (void)snprintf(label, sizeof label, ",le=\"%s\"", text);
    sample_begin(writer, family, "_bucket", label);
    buf_add_format(writer->out, "%" PRIu64, count);
    sample_end(writer, NULL);
}

/* Text has no exponential buckets: each that is in use becomes one with a bound, of one name at any
 * scale, because a coarser scale's bounds are bounds of the finer one. */
static void put_base2(struct prometheus_writer *writer, const struct family *family,
                      const struct base2 *base2)
{
    const struct base2_buckets *negative = &base2->negative, *positive = &base2->positive;
    uint64_t count = 0;

    for (uint32_t i = negative->used; i-- > 0;) {
        count += negative->counts[i];
        put_bound(writer, family, -exp2(ldexp(negative->first + (double)i, -base2->scale)), count);
    }
    count += base2->zero_count;
    if (base2->zero_count || negative->used)
        put_bound(writer, family, 0, count);
    for (uint32_t i = 0; i < positive->used; i++) {
        count += positive->counts[i];
        put_bound(writer, family, exp2(ldexp(positive->first + (double)i + 1, -base2->scale)),
                  count);
    }
    sample_begin(writer, family, "_bucket", ",le=\"+Inf\"");
    buf_add_format(writer->out, "%" PRIu64, base2->count);
    sample_end(writer, NULL);
    put_sum_and_count(writer, family, base2->has_negative, base2->sum, base2->count);
}

static void put_histogram(struct prometheus_writer *writer, const struct family *family,
                          const struct stream *stream)
{
    const struct aggregate_histogram *histogram = meter_value(stream)->histogram;
    unsigned bounds = stream->instrument->bounds.count;
    uint64_t count = 0;

    for (unsigned i = 0; i < bounds; i++) {
        count += histogram->buckets[i];
        put_bucket(writer, family, stream, i, count);
    }
    put_bucket(writer, family, stream, bounds, histogram->count);
    put_sum_and_count(writer, family, histogram->has_negative, histogram->sum, histogram->count);
}

static void put_point(struct prometheus_writer *writer, const struct family *family,
                      const struct stream *stream)
{
    bool is_counter = family->type == PROMETHEUS_COUNTER;

    labels_of_stream(writer, stream);
    writer->page->point_count++;
    if (family->type == PROMETHEUS_HISTOGRAM) {
        if (stream->instrument->aggregate == AGGREGATE_BASE2)
            put_base2(writer, family, meter_value(stream)->base2);
        else
            put_histogram(writer, family, stream);
        return;
    }
    sample_begin(writer, family, is_counter ? "_total" : "", "");
    put_number(writer->out, meter_number(stream));
    sample_end(writer, is_counter ? exemplar_find(stream, 0) : NULL);
}

/* --- families --------------------------------------------------------------------------------- */

static const struct stream *exported_from(const struct meter *meter, const struct stream *stream)
{
    while (stream != NULL && !meter_exports(meter, stream))
        stream = stream->next;
    return stream;
}

static enum prometheus_type type_of(const struct instrument *instrument)
{
    switch (instrument->aggregate) {
    case AGGREGATE_SUM:
        return instrument->is_monotonic ? PROMETHEUS_COUNTER : PROMETHEUS_GAUGE;
    case AGGREGATE_LAST_VALUE:
        break;
    case AGGREGATE_HISTOGRAM:
    case AGGREGATE_BASE2:
        return PROMETHEUS_HISTOGRAM;
    case AGGREGATE_DROP:
        break; /* never asked for: is_shown */
    }
    return PROMETHEUS_GAUGE;
}

static bool is_shown(const struct meter *meter, const struct instrument *instrument)
{
    return instrument->aggregate != AGGREGATE_DROP &&
           exported_from(meter, instrument->first) != NULL;
}

/* True unless an earlier family makes it impossible. */
static bool family_fits(const struct prometheus_writer *writer, const struct family *family)
{
    for (unsigned i = 0; i < writer->family_count; i++) {
        const struct family *earlier = &writer->families[i];

        if (earlier->type == family->type && strcmp(earlier->name.family, family->name.family) == 0)
            return true;
        if (prometheus_names_clash(earlier->name.family, earlier->type, family->name.family,
                                   family->type))
            return false;
    }
    return true;
}

static bool families_make(struct prometheus_writer *writer, bool has_units)
{
    const struct meter *meter = writer->meter;

    writer->families = mem_zalloc(meter->instrument_count + 1, sizeof writer->families[0]);
    if (writer->families == NULL)
        return false;
    writer->families[writer->family_count++] =
        (struct family){ .type = PROMETHEUS_INFO, .name.family = "target" };
    for (unsigned i = 0; i < meter->instrument_count; i++) {
        const struct instrument *instrument = meter->instruments[i];
        struct family *family = &writer->families[writer->family_count];

        if (!is_shown(meter, instrument))
            continue;
        family->instrument = instrument;
        family->type = type_of(instrument);
        prometheus_name(instrument->name, has_units ? instrument->unit : "", family->type,
                        &family->name);
        if (family_fits(writer, family))
            writer->family_count++;
        else
            writer->page->left_out = instrument->name;
    }
    return true;
}

/* Before version 1.0 of OpenMetrics the sample's name is the family's. */
static void metadata_begin(struct prometheus_writer *writer, const struct family *family,
                           const char *what)
{
    const char *suffix = "";

    if (!writer->is_openmetrics && family->type == PROMETHEUS_COUNTER)
        suffix = "_total";
    if (!writer->is_openmetrics && family->type == PROMETHEUS_INFO)
        suffix = "_info";
    buf_add_format(writer->out, "# %s %s%s ", what, family->name.family, suffix);
}

static void put_metadata(struct prometheus_writer *writer, const struct family *family,
                         const char *description)
{
    static const char *const types[] = { [PROMETHEUS_GAUGE] = "gauge",
                                         [PROMETHEUS_COUNTER] = "counter",
                                         [PROMETHEUS_HISTOGRAM] = "histogram",
                                         [PROMETHEUS_INFO] = "info" };
    bool is_info_gauge = family->type == PROMETHEUS_INFO && !writer->is_openmetrics;

    if (description[0] != '\0') {
        metadata_begin(writer, family, "HELP");
        put_escaped(writer->out, description, strlen(description), writer->is_openmetrics);
        buf_add_text(writer->out, "\n");
    }
    metadata_begin(writer, family, "TYPE");
    buf_add_format(writer->out, "%s\n", is_info_gauge ? "gauge" : types[family->type]);
    if (writer->is_openmetrics && family->name.unit[0] != '\0') {
        metadata_begin(writer, family, "UNIT");
        buf_add_format(writer->out, "%s\n", family->name.unit);
    }
}

static void put_target(struct prometheus_writer *writer, const struct family *family)
{
    put_metadata(writer, family, "Target metadata");
    buf_clear(&writer->labels);
    labels_of_set(writer, writer->encoder->resource);
    sample_begin(writer, family, "_info", "");
    buf_add_text(writer->out, "1\n");
}

static void put_streams(struct prometheus_writer *writer, const struct family *family)
{
    const struct stream *stream = exported_from(writer->meter, family->instrument->first);

    for (; stream != NULL; stream = exported_from(writer->meter, stream->next))
        put_point(writer, family, stream);
}

/* The family at `place` with all that come later under its name: one group. */
static void put_family(struct prometheus_writer *writer, unsigned place)
{
    struct family *first = &writer->families[place];

    put_metadata(writer, first, first->instrument->description);
    for (unsigned i = place; i < writer->family_count; i++) {
        struct family *family = &writer->families[i];

        if (family->is_written || strcmp(family->name.family, first->name.family) != 0)
            continue;
        family->is_written = true;
        put_streams(writer, family);
    }
}

void prometheus_text_encode(const struct encoder *encoder, const struct meter *meter,
                            const struct prometheus_wish *wish, struct buf *out,
                            struct prometheus_page *page)
{
    enum prometheus_format format = prometheus_format_choose(wish->accept);
    struct prometheus_writer writer = {
        .encoder = encoder,
        .meter = meter,
        .is_openmetrics = prometheus_is_openmetrics(format),
        .out = out,
        .page = page,
    };

    *page = (struct prometheus_page){ .content_type = prometheus_content_type(format) };
    buf_init(&writer.labels, LABELS_BYTES_MAX);
    buf_init(&writer.scratch, LABELS_BYTES_MAX);
    if (!families_make(&writer, wish->has_units)) {
        out->has_failed = true;
        return;
    }
    put_target(&writer, &writer.families[0]);
    for (unsigned i = 1; i < writer.family_count; i++) {
        if (!writer.families[i].is_written)
            put_family(&writer, i);
        out->has_failed |= writer.labels.has_failed || writer.scratch.has_failed;
    }
    if (writer.is_openmetrics)
        buf_add_text(out, "# EOF\n");
    buf_release(&writer.labels);
    buf_release(&writer.scratch);
    mem_free(writer.families);
}
