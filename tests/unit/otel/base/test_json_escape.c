#include "base/json.h"

#include "../../../fakes/random_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal) literal, sizeof(literal) - 1
#define RANDOM_TEXTS 200000
#define RANDOM_TEXT_MAX 48

/* What Python's json.dumps(text.decode("utf-8", "replace")) writes between its quotes. */
static const struct {
    const char *text;
    size_t length;
    const char *expected;
} samples[] = {
    { TEXT(""), "" },
    { TEXT("plain ASCII, longer than sixteen bytes"), "plain ASCII, longer than sixteen bytes" },
    { TEXT("\"\\/"), "\\\"\\\\/" },
    { TEXT("\b\f\n\r\t"), "\\b\\f\\n\\r\\t" },
    { TEXT("\0\x01\x0b\x1f\x7f"), "\\u0000\\u0001\\u000b\\u001f\\u007f" },
    { TEXT("\xC3\xA9\xEA\xB0\x80"), "\\u00e9\\uac00" },
    { TEXT("\xE2\x80\xA8"), "\\u2028" },
    { TEXT("\xF0\x9F\x98\x80"), "\\ud83d\\ude00" },
    { TEXT("\xF4\x8F\xBF\xBF"), "\\udbff\\udfff" },
    { TEXT("\xED\xA0\x80x"), "\\ufffd\\ufffd\\ufffdx" },
    { TEXT("\xF0\x9F\x98"), "\\ufffd" },
    { TEXT("\xFF\xC0\xAF"), "\\ufffd\\ufffd\\ufffd" },
    { TEXT("0123456789abcde\"0123456789abcdef\n"), "0123456789abcde\\\"0123456789abcdef\\n" },
};

static void test_json_escape_writes_what_python_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct buf out;

        buf_init(&out, 1024);
        json_escape(&out, samples[i].text, samples[i].length);
        if (out.length != strlen(samples[i].expected) ||
            (out.length && memcmp(out.data, samples[i].expected, out.length) != 0))
            fail_msg("sample %zu: %.*s", i, (int)out.length, out.data);
        buf_release(&out);
    }
}

/* The slow reference: one character at a time, by the table of Unicode 3.9 and nothing else. */
static size_t reference_length(const unsigned char *text, size_t length, uint32_t *code_point)
{
    static const struct {
        unsigned char min[4];
        unsigned char max[4];
        size_t count;
    } forms[] = {
        { { 0x00 }, { 0x7F }, 1 },
        { { 0xC2, 0x80 }, { 0xDF, 0xBF }, 2 },
        { { 0xE0, 0xA0, 0x80 }, { 0xE0, 0xBF, 0xBF }, 3 },
        { { 0xE1, 0x80, 0x80 }, { 0xEC, 0xBF, 0xBF }, 3 },
        { { 0xED, 0x80, 0x80 }, { 0xED, 0x9F, 0xBF }, 3 },
        { { 0xEE, 0x80, 0x80 }, { 0xEF, 0xBF, 0xBF }, 3 },
        { { 0xF0, 0x90, 0x80, 0x80 }, { 0xF0, 0xBF, 0xBF, 0xBF }, 4 },
        { { 0xF1, 0x80, 0x80, 0x80 }, { 0xF3, 0xBF, 0xBF, 0xBF }, 4 },
        { { 0xF4, 0x80, 0x80, 0x80 }, { 0xF4, 0x8F, 0xBF, 0xBF }, 4 },
    };
    size_t longest = 1;

    *code_point = 0xFFFD;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        size_t i = 0;

        while (i < forms[f].count && i < length && text[i] >= forms[f].min[i] &&
               text[i] <= forms[f].max[i])
            i++;
        if (i == forms[f].count) {
            uint32_t value = i == 1 ? text[0] : text[0] & (0x3Fu >> (i - 1));

            for (size_t n = 1; n < i; n++)
                value = value * 64 + (text[n] - 128u);
            *code_point = value;
            return i;
        }
        longest = i > longest ? i : longest;
    }
    return longest;
}

static void reference_escape(struct buf *out, const unsigned char *text, size_t length)
{
    static const char shorts[] = "\"\"\\\\b\bf\fn\nr\rt\t";

    for (size_t at = 0; at < length;) {
        uint32_t code_point = 0;
        bool is_short = false;

        at += reference_length(text + at, length - at, &code_point);
        for (size_t i = 1; i < sizeof shorts && !is_short; i += 2) {
            is_short = code_point == (unsigned char)shorts[i];
            if (is_short)
                buf_add_format(out, "\\%c", shorts[i - 1]);
        }
        if (is_short)
            continue;
        if (code_point >= 0x20 && code_point < 0x7F)
            buf_add_format(out, "%c", (int)code_point);
        else if (code_point < 0x10000)
            buf_add_format(out, "\\u%04x", code_point);
        else
            buf_add_format(out, "\\u%04x\\u%04x", 0xD7C0 + (code_point >> 10),
                           0xDC00 + (code_point & 0x3FF));
    }
}

/* Bytes that matter come often, good characters and broken ones side by side. */
static size_t random_text(uint64_t generator[4], unsigned char *out)
{
    static const unsigned char pool[] = { 0x80, 0xBF, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0,
                                          0x90, 0xF4, 0x8F, 0xEF, '"',  '\\', '\n', 0x1F };
    size_t length = (size_t)(random_next(generator) % (RANDOM_TEXT_MAX + 1));

    for (size_t i = 0; i < length; i++) {
        uint64_t number = random_next(generator);

        out[i] = number % 4 == 0   ? (unsigned char)(number >> 8)
                 : number % 4 == 1 ? pool[(number >> 8) % sizeof pool]
                                   : (unsigned char)('a' + (number >> 8) % 26);
    }
    return length;
}

static void test_json_escape_agrees_with_a_slow_reference_on_random_texts(void **state)
{
    uint64_t generator[4] = { 1, 2, 3, 4 };
    struct buf fast;
    struct buf slow;

    (void)state;
    buf_init(&fast, 4096);
    buf_init(&slow, 4096);
    for (int i = 0; i < random_times(RANDOM_TEXTS); i++) {
        unsigned char text[RANDOM_TEXT_MAX];
        size_t length = random_text(generator, text);

        buf_clear(&fast);
        buf_clear(&slow);
        json_escape(&fast, (const char *)text, length);
        reference_escape(&slow, text, length);
        if (fast.length != slow.length ||
            (fast.length && memcmp(fast.data, slow.data, fast.length) != 0))
            fail_msg("text %d: %.*s, expected %.*s", i, (int)fast.length, fast.data,
                     (int)slow.length, slow.data);
    }
    buf_release(&fast);
    buf_release(&slow);
}

/* A string is whole, quotes and comma included, or it is refused: whatever room there is. */
static void test_json_string_is_the_escaped_text_in_quotes_within_any_limit(void **state)
{
    uint64_t generator[4] = { 5, 6, 7, 8 };
    struct buf slow;

    (void)state;
    buf_init(&slow, 4096);
    for (int i = 0; i < RANDOM_TEXTS; i++) {
        unsigned char text[RANDOM_TEXT_MAX];
        size_t length = random_text(generator, text);
        struct buf out;

        buf_clear(&slow);
        buf_add_text(&slow, "[1,\"");
        reference_escape(&slow, text, length);
        buf_add_text(&slow, "\"]");
        buf_init(&out, slow.length + random_next(generator) % 4 - 2);
        if (i % 2 == 0)
            (void)buf_reserve(&out, out.limit);
        struct json json = json_writer(&out);

        json_array_begin(&json);
        json_int(&json, 1);
        json_string(&json, (const char *)text, length);
        json_array_end(&json);
        assert_int_equal(out.has_failed, out.limit < slow.length);
        assert_true(out.length <= out.limit);
        if (!out.has_failed)
            assert_memory_equal(out.data, slow.data, slow.length);
        buf_release(&out);
    }
    buf_release(&slow);
}

static void test_json_escape_fits_its_result_exactly_into_the_limit(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 8; limit++) {
        struct buf out;

        buf_init(&out, limit);
        json_escape(&out, "a\n\xC3\xA9", 4); /* a \n \u00e9: nine bytes */
        assert_true(out.has_failed);
        assert_true(out.length <= limit);
        buf_release(&out);
    }
    struct buf out;

    buf_init(&out, 9);
    json_escape(&out, "a\n\xC3\xA9", 4);
    assert_false(out.has_failed);
    assert_memory_equal(out.data, "a\\n\\u00e9", 9);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_escape_writes_what_python_writes),
        cmocka_unit_test(test_json_escape_agrees_with_a_slow_reference_on_random_texts),
        cmocka_unit_test(test_json_string_is_the_escaped_text_in_quotes_within_any_limit),
        cmocka_unit_test(test_json_escape_fits_its_result_exactly_into_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
