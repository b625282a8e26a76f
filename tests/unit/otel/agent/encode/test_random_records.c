/*
 * Spans, log records and measurements by chance, as far as a worker may write them, in both formats
 * of OTLP. Here: that each is encoded, and takes no more or less of them than the other. Written to
 * the file that RECORDS_FILE names they are read by a reader that shares nothing with the encoders
 * (tests/system/test_otlp_random.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../../fakes/random_input.h"
#include "agent/encode/json_logs.h"
#include "agent/encode/json_metrics.h"
#include "agent/encode/json_traces.h"
#include "agent/encode/proto_logs.h"
#include "agent/encode/proto_metrics.h"
#include "agent/encode/proto_traces.h"
#include "metric_cases.h"

#include <float.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RECORDS = 600, /* of each signal */
    BATCH_MAX = 32,
    TEXT_MAX = 40,
    KEYS = 24,
    BODY_BYTES_MAX = 8 << 20,
};

enum signal_kind { TRACES, METRICS, LOGS }; /* as the reader knows them */

static uint64_t seed[4] = { 1, 2, 3, 4 };
static FILE *records_file;

static uint64_t below(uint64_t limit)
{
    return random_next(seed) % limit;
}

static void random_bytes(void *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_next(seed);
}

/* Letters, what needs escaping, characters of every length, and bytes that are none. */
static size_t random_text(char *out)
{
    static const char *const PIECES[] = {
        "a", "Z9", "\"", "\\", "\n",   "\x01",         "\x7f",         "\xc3\xa9",
        "/", " ",  "\t", "\0", "\xff", "\xe2\x80\xa8", "\xed\xa0\x80", "\xf0\x9f\x98\x80"
    };
    size_t pieces = below(10), used = 0;

    for (size_t i = 0; i < pieces; i++) {
        const char *piece = PIECES[below(sizeof PIECES / sizeof PIECES[0])];
        size_t length = *piece ? strlen(piece) : 1; /* one of them is a NUL */

        memcpy(out + used, piece, length);
        used += length;
    }
    return used;
}

/* Keys that the record carries as a number, and as text. */
static struct otel_key random_key(void)
{
    static char texts[KEYS][8];
    uint16_t which = (uint16_t)below(KEYS);

    if (below(2) == 0)
        return (struct otel_key){ .id = (uint16_t)(1 + below(OTEL_SEMCONV_COUNT)) };
    snprintf(texts[which], sizeof texts[which], "k%u", which);
    return (struct otel_key){ .text = texts[which], .length = (uint16_t)strlen(texts[which]) };
}

static double random_double(void)
{
    static const double ODD[] = { 0, -0.0, 0.1, 1e300, -1e-300, DBL_MAX, DBL_MIN, 3 };
    double number;

    if (below(3) == 0)
        return ODD[below(sizeof ODD / sizeof ODD[0])];
    do {
        random_bytes(&number, sizeof number);
    } while (number - number != 0); /* NaN and infinities: a test of their own knows them */
    return number;
}

static void put_texts(struct sample *sample, enum record_item_kind kind, struct otel_key key)
{
    uint8_t list[4 * (TEXT_MAX + sizeof(uint32_t))];
    char text[TEXT_MAX];
    size_t used = 0;

    for (uint64_t count = below(4); count > 0; count--) {
        uint32_t length = (uint32_t)random_text(text);

        memcpy(list + used, &length, sizeof length);
        memcpy(list + used + sizeof length, text, length);
        used += sizeof length + length;
    }
    sample_put(sample, kind, RECORD_VALUE_STRINGS, key, list, used);
}

static void put_numbers(struct sample *sample, enum record_item_kind kind, struct otel_key key)
{
    static const enum record_value_type TYPES[] = { RECORD_VALUE_BOOLS, RECORD_VALUE_INTS,
                                                    RECORD_VALUE_DOUBLES };
    enum record_value_type type = TYPES[below(3)];
    uint64_t numbers[4];
    size_t count = below(5);

    for (size_t i = 0; i < count; i++) {
        double real = random_double();

        numbers[i] = type == RECORD_VALUE_BOOLS ? below(2) : random_next(seed) >> below(64);
        if (type == RECORD_VALUE_DOUBLES)
            memcpy(&numbers[i], &real, sizeof real);
    }
    sample_put(sample, kind, type, key, numbers, count * sizeof numbers[0]);
}

static void put_attributes(struct sample *sample, enum record_item_kind kind, size_t most)
{
    for (uint64_t count = below(most + 1); count > 0; count--) {
        struct otel_key key = random_key();
        char text[TEXT_MAX];

        switch (below(6)) {
        case 0:
            sample_int(sample, kind, key, (int64_t)random_next(seed) >> below(64));
            break;
        case 1:
            sample_bool(sample, kind, key, (int64_t)below(2));
            break;
        case 2:
            sample_double(sample, kind, key, random_double());
            break;
        case 3:
            put_texts(sample, kind, key);
            break;
        case 4:
            put_numbers(sample, kind, key);
            break;
        default:
            sample_put(sample, kind, RECORD_VALUE_STRING, key, text, random_text(text));
            break;
        }
    }
}

static void put_text(struct sample *sample, enum record_item_kind kind)
{
    char text[TEXT_MAX];

    if (below(2))
        sample_put(sample, kind, RECORD_VALUE_STRING, SAMPLE_NO_KEY, text, random_text(text));
}

static void random_span(struct sample *sample)
{
    struct record_span span = {
        .header = { .type = RECORD_SPAN,
                    .version = RECORD_VERSION,
                    .scope = (uint8_t)below(RECORD_SCOPE_COUNT) },
        .start_ns = random_next(seed) >> below(64),
        .end_ns = random_next(seed) >> below(64),
        .kind = (uint8_t)below(8),
        .status = (uint8_t)below(4),
        .trace_flags = (uint8_t)random_next(seed),
        .flags = (uint8_t)below(4),
        .dropped_attributes = (uint32_t)below(2),
        .dropped_events = (uint32_t)below(3),
        .dropped_links = (uint32_t)below(2),
    };

    random_bytes(span.trace_id, sizeof span.trace_id);
    random_bytes(span.span_id, sizeof span.span_id);
    if (below(2))
        random_bytes(span.parent_span_id, sizeof span.parent_span_id);
    sample_begin(sample, &span, sizeof span);
    put_text(sample, RECORD_ITEM_NAME);
    put_text(sample, RECORD_ITEM_TRACE_STATE);
    put_text(sample, RECORD_ITEM_STATUS_MESSAGE);
    put_attributes(sample, RECORD_ITEM_ATTRIBUTE, 12);
    for (uint64_t events = below(4); events > 0; events--) {
        sample_int(sample, RECORD_ITEM_EVENT, random_key(), (int64_t)(random_next(seed) >> 1));
        put_attributes(sample, RECORD_ITEM_EVENT_ATTRIBUTE, 3);
    }
    for (uint64_t links = below(3); links > 0; links--) {
        uint8_t link[25];

        random_bytes(link, sizeof link);
        sample_put(sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, SAMPLE_NO_KEY, link, sizeof link);
        put_attributes(sample, RECORD_ITEM_LINK_ATTRIBUTE, 3);
    }
}

static void random_log(struct sample *sample)
{
    struct record_log log = {
        .header = { .type = RECORD_LOG,
                    .version = RECORD_VERSION,
                    .scope = (uint8_t)below(RECORD_SCOPE_COUNT) },
        .time_ns = random_next(seed) >> below(64),
        .severity = (uint8_t)below(25),
        .trace_flags = (uint8_t)random_next(seed),
        .dropped_attributes = (uint32_t)below(2),
    };

    if (below(2)) {
        random_bytes(log.trace_id, sizeof log.trace_id);
        random_bytes(log.span_id, sizeof log.span_id);
    }
    sample_begin(sample, &log, sizeof log);
    put_text(sample, RECORD_ITEM_BODY);
    put_text(sample, RECORD_ITEM_EVENT_NAME);
    put_attributes(sample, RECORD_ITEM_ATTRIBUTE, 12);
}

/* --- the two formats ----------------------------------------------------------------------------
 */

static void frame_write(enum signal_kind signal, uint8_t is_proto, const struct buf *body)
{
    const uint8_t head[2] = { (uint8_t)signal, is_proto };
    uint32_t length = (uint32_t)body->length;

    assert_false(body->has_failed);
    if (records_file == NULL)
        return;
    assert_int_equal(fwrite(head, 1, sizeof head, records_file), sizeof head);
    assert_int_equal(fwrite(&length, 1, sizeof length, records_file), sizeof length);
    assert_int_equal(fwrite(body->data, 1, length, records_file), length);
}

/* How many objects have `key` in them: one a record. */
static size_t json_count(const struct buf *body, const char *key)
{
    size_t count = 0;
    char *text = malloc(body->length + 1);
    json_object *root;

    assert_non_null(text);
    memcpy(text, body->data, body->length);
    text[body->length] = '\0';
    root = json_tokener_parse(text); /* whole, and no byte behind it */
    assert_non_null(root);
    json_object_put(root);
    for (const char *at = text; (at = strstr(at, key)) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void batch_encode(enum signal_kind signal, const struct encoder *encoder, size_t count)
{
    static struct sample samples[BATCH_MAX];
    const uint8_t *records[BATCH_MAX];
    static const struct limits ALL = { 128, LIMITS_NONE, 128, 128, 128, 128 };
    const struct limits few = { (uint32_t)below(5), (uint32_t)below(9), (uint32_t)below(3),
                                (uint32_t)below(2), (uint32_t)below(3), (uint32_t)below(3) };
    const struct limits *limits = below(2) ? &ALL : &few;
    struct buf json, proto;

    for (size_t i = 0; i < count; i++) {
        signal == TRACES ? random_span(&samples[i]) : random_log(&samples[i]);
        assert_true(record_check(samples[i].record, samples[i].used));
        records[i] = samples[i].record;
    }
    buf_init(&json, BODY_BYTES_MAX);
    buf_init(&proto, BODY_BYTES_MAX);
    (signal == TRACES ? json_traces_encode : json_logs_encode)(encoder, limits, records,
                                                               (uint32_t)count, &json);
    (signal == TRACES ? proto_traces_encode : proto_logs_encode)(encoder, limits, records,
                                                                 (uint32_t)count, &proto);
    assert_int_equal(
        json_count(&json, signal == TRACES ? "\"endTimeUnixNano\":" : "\"observedTimeUnixNano\":"),
        count);
    frame_write(signal, 0, &json);
    frame_write(signal, 1, &proto);
    buf_release(&json);
    buf_release(&proto);
}

static void records_encode(enum signal_kind signal)
{
    struct encoder encoder;
    size_t count;

    case_encoder_init(&encoder);
    for (size_t left = (size_t)random_times(RECORDS); left > 0; left -= count) {
        count = 1 + below(BATCH_MAX);
        count = count < left ? count : left;
        batch_encode(signal, &encoder, count);
    }
    encoder_release(&encoder);
}

static void test_spans_by_chance_are_encoded(void **state)
{
    (void)state;
    records_encode(TRACES);
}

static void test_log_records_by_chance_are_encoded(void **state)
{
    (void)state;
    records_encode(LOGS);
}

/* One instrument of each kind; what they are never changes. */
static void random_measure(struct meter *meter)
{
    static const enum otel_instrument_kind KINDS[] = { OTEL_COUNTER, OTEL_UP_DOWN_COUNTER,
                                                       OTEL_HISTOGRAM, OTEL_GAUGE };
    uint64_t which = below(sizeof KINDS / sizeof KINDS[0]);
    static struct sample sample;
    struct segment_instrument one;
    char name[16];

    snprintf(name, sizeof name, "random.%u", (unsigned)which);
    one = case_instrument(name, KINDS[which], which % 2 ? "s" : "{thing}");
    one.scope = (uint8_t)which;
    sample_measurement(&sample, (uint16_t)which, (int64_t)below(1000));
    if (which >= 2)
        sample_value_double(&sample, (double)below(2000000) / 1000 - (below(4) == 0 ? 1000 : 0));
    if (below(3) == 0) {
        struct record_measurement *record = (struct record_measurement *)sample.record;

        random_bytes(record->trace_id, sizeof record->trace_id);
        random_bytes(record->span_id, sizeof record->span_id);
        record->trace_flags = 1;
    }
    put_attributes(&sample, RECORD_ITEM_ATTRIBUTE, 2);
    case_record(meter, &one, &sample);
}

static void test_metrics_by_chance_are_encoded(void **state)
{
    (void)state;
    for (int left = random_times(RECORDS); left > 0;) {
        static const struct meter_options OPTIONS[] = {
            { .temporality = METER_CUMULATIVE }, { .temporality = METER_DELTA, .is_base2 = true }
        };
        struct metric_cursor json_cursor = { 0 }, proto_cursor = { 0 };
        struct encoder encoder;
        struct meter meter;
        struct buf json, proto;
        uint32_t points;

        case_encoder_init(&encoder);
        meter_init(&meter, random_next(seed), SAMPLE_START_NS);
        meter_configure(&meter, &OPTIONS[below(2)]);
        for (int count = 1 + (int)below(2 * BATCH_MAX); count > 0; count--)
            random_measure(&meter);
        meter_collect(&meter, SAMPLE_START_NS + CASE_COLLECT_NS_LATER);
        buf_init(&json, BODY_BYTES_MAX);
        buf_init(&proto, BODY_BYTES_MAX);
        points = json_metrics_encode(&encoder, &meter, &json_cursor, SIZE_MAX, &json);
        assert_int_equal(proto_metrics_encode(&encoder, &meter, &proto_cursor, SIZE_MAX, &proto),
                         points);
        assert_true(points > 0);
        frame_write(METRICS, 0, &json);
        frame_write(METRICS, 1, &proto);
        buf_release(&json);
        buf_release(&proto);
        meter_release(&meter);
        encoder_release(&encoder);
        left -= (int)points;
    }
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_spans_by_chance_are_encoded),
        cmocka_unit_test(test_log_records_by_chance_are_encoded),
        cmocka_unit_test(test_metrics_by_chance_are_encoded),
    };
    const char *path = getenv("RECORDS_FILE");
    int failed;

    if (path != NULL && (records_file = fopen(path, "wb")) == NULL)
        return 1;
    failed = cmocka_run_group_tests(TESTS, NULL, NULL);
    if (records_file != NULL && fclose(records_file) != 0)
        failed++;
    return failed;
}
