#include "base/random.h"
#include "otel/semconv.h"
#include "segment/check.h"
#include "segment/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCRIBBLES 200000

/* A record being made by a test, aligned for its fixed part. */
struct sample {
    _Alignas(8) uint8_t bytes[1024];
    size_t size;
};

static void sample_begin(struct sample *sample, uint8_t type, size_t fixed_size)
{
    struct record_header header = { .type = type, .version = RECORD_VERSION };

    memset(sample, 0, sizeof *sample);
    memcpy(sample->bytes, &header, sizeof header);
    sample->size = fixed_size;
}

static void sample_put(struct sample *sample, uint8_t kind, uint8_t type, uint16_t key_id,
                       const char *key, const void *value, uint32_t value_length)
{
    const struct record_item_source item = {
        .kind = kind,
        .type = type,
        .key_id = key_id,
        .key = key,
        .key_length = key ? (uint32_t)strlen(key) : 0,
        .value = value,
        .value_length = value_length,
    };

    sample->size = record_item_put(sample->bytes, sizeof sample->bytes, sample->size, &item);
    assert_int_not_equal(sample->size, 0);
}

static bool sample_check(struct sample *sample)
{
    uint32_t size = (uint32_t)sample->size;

    memcpy(sample->bytes, &size, sizeof size);
    return record_check(sample->bytes, sample->size);
}

/* A span with one item of every kind. */
static void sample_span(struct sample *sample)
{
    static const uint8_t strings[] = { 1, 0, 0, 0, 'a', 2, 0, 0, 0, 'b', 'c' };
    const int64_t number = 5;
    const uint8_t link[25] = { 1 };

    sample_begin(sample, RECORD_SPAN, sizeof(struct record_span));
    sample_put(sample, RECORD_ITEM_NAME, RECORD_VALUE_STRING, 0, NULL, "GET", 3);
    sample_put(sample, RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_STRING, OTEL_URL_PATH.id, NULL, "/", 1);
    sample_put(sample, RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_STRINGS, 0, "x", strings,
               sizeof strings);
    sample_put(sample, RECORD_ITEM_EVENT, RECORD_VALUE_INT, 0, "event", &number, 8);
    sample_put(sample, RECORD_ITEM_EVENT_ATTRIBUTE, RECORD_VALUE_DOUBLE, 0, "d", &number, 8);
    sample_put(sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, 0, NULL, link, sizeof link);
    sample_put(sample, RECORD_ITEM_LINK_ATTRIBUTE, RECORD_VALUE_BOOL, 0, "b", &number, 8);
}

static void test_record_with_an_item_of_every_kind_is_good(void **state)
{
    struct sample sample;

    (void)state;
    sample_span(&sample);
    assert_true(sample_check(&sample));
}

static void test_record_items_come_out_as_they_went_in(void **state)
{
    struct sample sample;
    struct record_view item;
    size_t offset = 0;
    uint32_t at = 0;
    const char *text = NULL;
    uint32_t length = 0;

    (void)state;
    sample_span(&sample);
    assert_true(sample_check(&sample));

    assert_true(record_item_next(sample.bytes, &offset, &item));
    assert_int_equal(item.kind, RECORD_ITEM_NAME);
    assert_int_equal(item.key_length, 0);
    assert_true(record_item_next(sample.bytes, &offset, &item));
    assert_memory_equal(item.key, "url.path", item.key_length);
    assert_true(record_item_next(sample.bytes, &offset, &item));
    assert_true(record_string_next(&item, &at, &text, &length));
    assert_memory_equal(text, "a", length);
    assert_true(record_string_next(&item, &at, &text, &length));
    assert_memory_equal(text, "bc", length);
    assert_false(record_string_next(&item, &at, &text, &length));
    assert_true(record_item_next(sample.bytes, &offset, &item));
    assert_int_equal(record_view_int(&item), 5);
}

static void test_elements_of_an_array_are_items_of_their_own(void **state)
{
    static const int64_t numbers[] = { 7, -8 };
    struct sample sample;
    struct record_view item, element;
    size_t offset = 0;
    uint32_t at = 0;

    (void)state;
    sample_begin(&sample, RECORD_SPAN, sizeof(struct record_span));
    sample_put(&sample, RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_INTS, 0, "x", numbers, sizeof numbers);
    assert_true(sample_check(&sample));
    assert_true(record_item_next(sample.bytes, &offset, &item));
    for (size_t i = 0; i < 2; i++) {
        assert_true(record_element_next(&item, &at, &element));
        assert_int_equal(element.type, RECORD_VALUE_INT);
        assert_int_equal(record_view_int(&element), numbers[i]);
    }
    assert_false(record_element_next(&item, &at, &element));
}

static void test_record_whose_items_lie_is_refused(void **state)
{
    static const uint8_t long_string[] = { 200, 0, 0, 0, 'a', 0, 0, 0 };
    const uint64_t zero[2] = { 0 };
    static const struct {
        const char *reason;
        uint8_t kind;
        uint8_t type;
        uint16_t key_id;
        const char *key;
        uint32_t value_length;
    } lies[] = {
        { "kind zero", 0, RECORD_VALUE_STRING, 0, NULL, 3 },
        { "kind unknown", RECORD_ITEM_KIND_COUNT, RECORD_VALUE_STRING, 0, NULL, 3 },
        { "type unknown", RECORD_ITEM_NAME, RECORD_VALUE_TYPE_COUNT, 0, NULL, 3 },
        { "a name that is a number", RECORD_ITEM_NAME, RECORD_VALUE_INT, 0, NULL, 8 },
        { "a name with a key", RECORD_ITEM_NAME, RECORD_VALUE_STRING, 0, "k", 3 },
        { "an attribute without key", RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_INT, 0, NULL, 8 },
        { "a key id unknown", RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_INT, OTEL_SEMCONV_COUNT + 1, NULL,
          8 },
        { "a key twice", RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_INT, 1, "k", 8 },
        { "a number of four bytes", RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_INT, 1, NULL, 4 },
        { "a stack of half a counter", RECORD_ITEM_STACK, RECORD_VALUE_STACK, 0, NULL, 4 },
        { "a link of eight bytes", RECORD_ITEM_LINK, RECORD_VALUE_BYTES, 0, NULL, 8 },
        { "an array of one number and a half", RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_INTS, 1, NULL,
          12 },
        { "a name that is an array", RECORD_ITEM_NAME, RECORD_VALUE_INTS, 0, NULL, 8 },
        { "a string beyond its array", RECORD_ITEM_ATTRIBUTE, RECORD_VALUE_STRINGS, 1, NULL, 8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct sample sample;
        const void *value =
            lies[i].type == RECORD_VALUE_STRINGS ? (const void *)long_string : (const void *)zero;

        sample_begin(&sample, RECORD_SPAN, sizeof(struct record_span));
        sample_put(&sample, lies[i].kind, lies[i].type, lies[i].key_id, lies[i].key, value,
                   lies[i].value_length);
        if (sample_check(&sample))
            fail_msg("taken for good: %s", lies[i].reason);
    }
}

static void test_items_of_an_unchecked_record_end_before_the_first_that_lies(void **state)
{
    struct sample sample;
    struct record_view item;
    struct record_item *third;
    size_t offset = 0, count = 0;

    (void)state;
    sample_span(&sample);
    assert_true(sample_check(&sample));
    for (int i = 0; i < 2; i++)
        assert_true(record_item_next(sample.bytes, &offset, &item));
    third = (struct record_item *)(void *)(sample.bytes + offset);
    third->size = (uint32_t)sample.size;
    for (offset = 0; record_item_check(sample.bytes, &offset, &item);)
        count++;
    assert_int_equal(count, 2);
}

static void test_record_whose_header_lies_is_refused(void **state)
{
    struct sample sample;
    struct record_header header;

    (void)state;
    sample_span(&sample);
    assert_true(sample_check(&sample));
    assert_false(record_check(sample.bytes, sample.size - 8));
    assert_false(record_check(sample.bytes, 4));
    for (int field = 0; field < 4; field++) {
        sample_span(&sample);
        memcpy(&header, sample.bytes, sizeof header);
        header.type = field == 0 ? RECORD_TYPE_COUNT : field == 1 ? RECORD_PAD : RECORD_SPAN;
        header.version = field == 2 ? RECORD_VERSION + 1 : RECORD_VERSION;
        header.scope = field == 3 ? RECORD_SCOPE_COUNT : 0;
        memcpy(sample.bytes, &header, sizeof header);
        assert_false(sample_check(&sample));
    }
}

static void test_measurement_of_no_instrument_is_refused(void **state)
{
    struct sample sample;
    struct record_measurement measurement = {
        .header = { .type = RECORD_MEASUREMENT, .version = RECORD_VERSION },
        .instrument = SEGMENT_INSTRUMENT_COUNT - 1,
    };

    (void)state;
    sample_begin(&sample, RECORD_MEASUREMENT, sizeof measurement);
    memcpy(sample.bytes, &measurement, sizeof measurement);
    assert_true(sample_check(&sample));
    measurement.instrument++;
    memcpy(sample.bytes, &measurement, sizeof measurement);
    assert_false(sample_check(&sample));
}

/* Walks all that record_check let pass; the sanitizers see whether it stays inside. */
static void walk(const uint8_t *record)
{
    struct record_view item;
    size_t offset = 0;

    while (record_item_next(record, &offset, &item)) {
        uint32_t at = 0;
        const char *text = NULL;
        uint32_t length = 0;

        assert_true(item.key != NULL);
        if (item.type == RECORD_VALUE_STRINGS)
            while (record_string_next(&item, &at, &text, &length))
                assert_true((const uint8_t *)text + length <= item.value + item.value_length);
    }
}

static void test_scribbled_records_never_lead_out_of_bounds(void **state)
{
    uint64_t generator[4] = { 1, 2, 3, 4 };
    struct sample sample;

    (void)state;
    for (int i = 0; i < SCRIBBLES; i++) {
        uint8_t *exact = NULL;

        sample_span(&sample);
        (void)sample_check(&sample);
        for (uint64_t n = random_next(generator) % 8; n > 0; n--)
            sample.bytes[random_next(generator) % sample.size] = (uint8_t)random_next(generator);
        exact = malloc(sample.size); /* so that one byte too far is seen */
        assert_non_null(exact);
        memcpy(exact, sample.bytes, sample.size);
        if (record_check(exact, sample.size))
            walk(exact);
        free(exact);
    }
}

static void test_text_without_a_nul_is_copied_with_one(void **state)
{
    const char field[4] = { 'a', 'b', 'c', 'd' };
    char narrow[3];
    char wide[8];

    (void)state;
    segment_text_copy(wide, sizeof wide, field, sizeof field);
    segment_text_copy(narrow, sizeof narrow, field, sizeof field);
    assert_string_equal(wide, "abcd");
    assert_string_equal(narrow, "ab");
}

static void test_key_text_of_every_id(void **state)
{
    (void)state;
    assert_null(record_key_text(0));
    assert_string_equal(record_key_text(OTEL_URL_QUERY.id), OTEL_URL_QUERY.text);
    assert_non_null(record_key_text(OTEL_SEMCONV_COUNT));
    assert_null(record_key_text(OTEL_SEMCONV_COUNT + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_with_an_item_of_every_kind_is_good),
        cmocka_unit_test(test_record_items_come_out_as_they_went_in),
        cmocka_unit_test(test_elements_of_an_array_are_items_of_their_own),
        cmocka_unit_test(test_record_whose_items_lie_is_refused),
        cmocka_unit_test(test_items_of_an_unchecked_record_end_before_the_first_that_lies),
        cmocka_unit_test(test_record_whose_header_lies_is_refused),
        cmocka_unit_test(test_measurement_of_no_instrument_is_refused),
        cmocka_unit_test(test_scribbled_records_never_lead_out_of_bounds),
        cmocka_unit_test(test_text_without_a_nul_is_copied_with_one),
        cmocka_unit_test(test_key_text_of_every_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
