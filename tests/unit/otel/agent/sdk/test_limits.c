#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../record_sample.h"
#include "agent/sdk/limits.h"
#include "otel/semconv.h"

static struct limited_record limited;

static const struct limits WIDE = { 128, LIMITS_NONE, 128, 128, 128, 128 };

static void assert_text(const struct record_view *item, const char *text)
{
    assert_int_equal(item->value_length, strlen(text));
    assert_memory_equal(item->value, text, strlen(text));
}

static void test_attributes_are_kept_up_to_the_limit(void **state)
{
    static const struct {
        uint32_t limit, kept, dropped;
    } cases[] = { { 0, 0, 3 }, { 2, 2, 1 }, { 3, 3, 0 }, { 4, 3, 0 } };
    static struct sample sample;

    (void)state;
    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("a"), 1);
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("b"), 2);
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("c"), 3);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct limits limits = WIDE;

        limits.attribute_count = cases[i].limit;
        limits_apply(&limits, sample.record, &limited);

        assert_int_equal(limited.attribute_count, cases[i].kept);
        assert_int_equal(limited.attributes_dropped, cases[i].dropped);
    }
}

static void test_last_value_of_a_key_wins_at_its_first_place(void **state)
{
    static struct sample sample;

    (void)state;
    sample_span(&sample, RECORD_SCOPE_FCGI, "first name");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "known");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("own"), "1");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("http.route"), "as text");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("own"), "2");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "known again");
    sample_text(&sample, RECORD_ITEM_NAME, SAMPLE_NO_KEY, "last name");

    limits_apply(&WIDE, sample.record, &limited);

    assert_int_equal(limited.attribute_count, 2);
    assert_int_equal(limited.attributes_dropped, 0);
    assert_text(&limited.attributes[0], "known again");
    assert_text(&limited.attributes[1], "2");
    assert_text(&limited.name, "last name");
}

static void test_known_keys_that_share_a_bit_stay_apart(void **state)
{
    static struct sample sample;

    (void)state;
    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    for (uint16_t id = 1; id <= OTEL_SEMCONV_COUNT; id++)
        sample_int(&sample, RECORD_ITEM_ATTRIBUTE, (struct otel_key){ NULL, 0, id }, id);

    limits_apply(&WIDE, sample.record, &limited);

    assert_int_equal(limited.attribute_count, OTEL_SEMCONV_COUNT);
}

static void test_text_is_cut_between_characters(void **state)
{
    static const struct {
        const char *text;
        uint32_t characters, bytes;
        const char *reason;
    } cases[] = {
        { "abc", 3, 3, "fits" },
        { "abcd", 3, 3, "one byte over" },
        { "\xc3\xa9\xc3\xa9", 1, 2, "two bytes are one character" },
        { "\xf0\x9f\x98\x80x", 1, 4, "four bytes are one character" },
        { "\xff\xff\xff", 2, 2, "what is no UTF-8 counts byte for byte" },
        { "\x80\x80\x80\x80", 1, 1, "a stray continuation is no way round the limit" },
        { "abc", 0, 0, "nothing is allowed" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t fit =
            limits_text_fit(cases[i].text, (uint32_t)strlen(cases[i].text), cases[i].characters);
        if (fit != cases[i].bytes)
            fail_msg("%s: %u bytes", cases[i].reason, fit);
    }
}

static void test_events_and_links_keep_their_attributes_apart(void **state)
{
    static const uint8_t link[25] = { 1 };
    static struct sample sample;
    struct limits limits = WIDE;

    (void)state;
    limits.event_count = 2;
    limits.event_attribute_count = 1;
    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("one"), 1);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("a"), 1);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("b"), 1);
    sample_int(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("of.the.span"), 1);
    sample_put(&sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, SAMPLE_NO_KEY, link, sizeof link);
    sample_int(&sample, RECORD_ITEM_LINK_ATTRIBUTE, OTEL_KEY("c"), 1);
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("two"), 2);
    sample_int(&sample, RECORD_ITEM_EVENT, OTEL_KEY("three"), 3);
    sample_int(&sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("d"), 1);

    limits_apply(&limits, sample.record, &limited);

    assert_int_equal(limited.attribute_count, 1);
    assert_int_equal(limited.event_count, 2);
    assert_int_equal(limited.events_dropped, 1);
    assert_int_equal(limited.events[0].count, 1);
    assert_int_equal(limited.events[0].dropped, 1);
    assert_int_equal(limited.events[1].count, 0);
    assert_int_equal(limited.link_count, 1);
    assert_int_equal(limited.links[0].count, 1);
    assert_memory_equal(limited.child_attributes[limited.links[0].first].key, "c", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes_are_kept_up_to_the_limit),
        cmocka_unit_test(test_last_value_of_a_key_wins_at_its_first_place),
        cmocka_unit_test(test_known_keys_that_share_a_bit_stay_apart),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_events_and_links_keep_their_attributes_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
