#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A text and what is in it, one entry a character: code points and lengths. */
struct sample {
    const char *reason;
    const char *text;
    size_t length;
    uint32_t code_points[4];
    size_t lengths[4];
    size_t count;
};

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct sample samples[] = {
    { "ASCII", TEXT("a"), { 'a' }, { 1 }, 1 },
    { "NUL is a character", TEXT("\0"), { 0 }, { 1 }, 1 },
    { "two bytes", TEXT("\xC3\xA9"), { 0xE9 }, { 2 }, 1 },
    { "three bytes", TEXT("\xE2\x82\xAC"), { 0x20AC }, { 3 }, 1 },
    { "four bytes", TEXT("\xF0\x9F\x98\x80"), { 0x1F600 }, { 4 }, 1 },
    { "the last code point", TEXT("\xF4\x8F\xBF\xBF"), { 0x10FFFF }, { 4 }, 1 },
    { "a lone continuation", TEXT("\x80"), { 0xFFFD }, { 1 }, 1 },
    { "overlong slash", TEXT("\xC0\xAF"), { 0xFFFD, 0xFFFD }, { 1, 1 }, 2 },
    { "overlong, three bytes", TEXT("\xE0\x80\xAF"), { 0xFFFD, 0xFFFD, 0xFFFD }, { 1, 1, 1 }, 3 },
    { "a surrogate is three errors",
      TEXT("\xED\xA0\x80"),
      { 0xFFFD, 0xFFFD, 0xFFFD },
      { 1, 1, 1 },
      3 },
    { "beyond the last",
      TEXT("\xF4\x90\x80\x80"),
      { 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD },
      { 1, 1, 1, 1 },
      4 },
    { "cut after three of four is one error", TEXT("\xF0\x9F\x98"), { 0xFFFD }, { 3 }, 1 },
    { "a good start then ASCII is one error",
      TEXT("\xE2\x82"
           "a"),
      { 0xFFFD, 'a' },
      { 2, 1 },
      2 },
    { "F5 starts nothing", TEXT("\xF5\x80"), { 0xFFFD, 0xFFFD }, { 1, 1 }, 2 },
};

static void test_utf8_next_replaces_one_maximal_subpart_at_a_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct sample *sample = &samples[i];
        size_t at = 0;

        for (size_t n = 0; n < sample->count; n++) {
            uint32_t code_point = 0;
            size_t length = utf8_next(sample->text + at, sample->length - at, &code_point);

            if (code_point != sample->code_points[n] || length != sample->lengths[n])
                fail_msg("%s: character %zu is U+%04X, %zu bytes", sample->reason, n, code_point,
                         length);
            at += length;
        }
        assert_int_equal(at, sample->length);
    }
}

static void test_utf8_fit_never_cuts_a_character(void **state)
{
    static const char text[] = "a\xC3\xA9\xF0\x9F\x98\x80z";
    static const size_t expected[] = { 0, 1, 1, 3, 3, 3, 3, 7, 8, 8 };

    (void)state;
    for (size_t limit = 0; limit < sizeof expected / sizeof expected[0]; limit++)
        assert_int_equal(utf8_fit(text, sizeof text - 1, limit), expected[limit]);
}

static void test_utf8_fit_cuts_what_is_no_utf8_at_the_limit(void **state)
{
    (void)state;
    assert_int_equal(utf8_fit("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
    assert_int_equal(utf8_fit("", 0, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_next_replaces_one_maximal_subpart_at_a_time),
        cmocka_unit_test(test_utf8_fit_never_cuts_a_character),
        cmocka_unit_test(test_utf8_fit_cuts_what_is_no_utf8_at_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
