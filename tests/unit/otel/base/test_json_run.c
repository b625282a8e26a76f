#include "base/json_run.h"
#include "base/random.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LENGTH_MAX = 40 };

/* In room of exactly the promised size, so that the sanitizers see one byte more. */
static void assert_escaped(const char *text, size_t length)
{
    char *room = malloc(length * JSON_RUN_ESCAPED + 1), *exact = malloc(length + 1);
    size_t written;
    struct buf expected;

    assert_non_null(room);
    assert_non_null(exact);
    memcpy(exact, text, length);
    exact = realloc(exact, length ? length : 1);
    room = realloc(room, length ? length * JSON_RUN_ESCAPED : 1);
    written = (size_t)(json_run_text(room, exact, length) - room);
    buf_init(&expected, SIZE_MAX);
    json_escape(&expected, text, length);
    if (written != expected.length || (written > 0 && memcmp(room, expected.data, written) != 0))
        fail_msg("%.*s, expected %.*s", (int)written, room, (int)expected.length, expected.data);
    buf_release(&expected);
    free(exact);
    free(room);
}

static void test_text_of_any_length_is_escaped_wherever_it_needs_it(void **state)
{
    static const char *const specials[] = {
        "a",        "\"",   "\\",       "\n", "\x1f",         "\x7f",
        "\xc3\xa9", "\xff", "\xed\x9f", " ",  "\xe2\x80\xa8", "\xf0\x9f\x98\x80"
    };

    (void)state;
    for (size_t length = 0; length <= LENGTH_MAX; length++) {
        for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
            for (size_t at = 0; at + strlen(specials[i]) <= length; at++) {
                char text[LENGTH_MAX + 1];

                memset(text, 'x', sizeof text);
                memcpy(text + at, specials[i], strlen(specials[i]));
                assert_escaped(text, length);
            }
        }
    }
    assert_escaped("", 0);
}

static void test_random_bytes_are_escaped_as_the_other_escaper_does(void **state)
{
    uint64_t generator[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < 50000; i++) {
        char text[LENGTH_MAX];
        size_t length = (size_t)(random_next(generator) % (LENGTH_MAX + 1));

        for (size_t at = 0; at < length; at++)
            text[at] = (char)(random_next(generator) % 4 ? 'a' : random_next(generator));
        assert_escaped(text, length);
    }
}

static void assert_uint(uint64_t value)
{
    char text[JSON_RUN_NUMBER], expected[32];
    int length = snprintf(expected, sizeof expected, "%" PRIu64, value);

    assert_int_equal(json_run_uint(text, value) - text, length);
    assert_memory_equal(text, expected, (size_t)length);
}

static void test_numbers_of_any_length_have_no_zero_in_front(void **state)
{
    char text[JSON_RUN_NUMBER];

    (void)state;
    assert_uint(0);
    assert_uint(UINT64_MAX);
    for (uint64_t power = 1;; power *= 10) {
        assert_uint(power - 1);
        assert_uint(power);
        assert_uint(power + 1);
        assert_uint(power / 10 * 12);
        if (power == UINT64_C(10000000000000000000))
            break;
    }
    assert_int_equal(json_run_int(text, INT64_MIN) - text, JSON_RUN_NUMBER);
    assert_memory_equal(text, "-9223372036854775808", JSON_RUN_NUMBER);
    assert_int_equal(json_run_int(text, -1) - text, 2);
    assert_memory_equal(text, "-1", 2);
}

static void test_every_byte_is_two_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        const uint8_t byte = (uint8_t)i;
        char text[2], expected[3];

        (void)snprintf(expected, sizeof expected, "%02x", i);
        assert_int_equal(json_run_hex(text, &byte, 1) - text, 2);
        assert_memory_equal(text, expected, 2);
    }
}

static void test_runs_are_separated_and_end_where_they_say(void **state)
{
    struct buf out;
    struct json json = json_writer(&out);

    (void)state;
    buf_init(&out, 100);
    json_array_begin(&json);
    for (int i = 0; i < 2; i++) {
        char *to = json_run_begin(&json, 10);

        assert_non_null(to);
        json_wrote(&json, JSON_RUN(to, "\"run\""), true);
    }
    json_uint(&json, 1);
    json_array_end(&json);
    assert_int_equal(out.length, strlen("[\"run\",\"run\",1]"));
    assert_memory_equal(out.data, "[\"run\",\"run\",1]", out.length);
    buf_release(&out);
}

static void test_a_run_without_room_fails_the_buffer(void **state)
{
    struct buf out;
    struct json json = json_writer(&out);

    (void)state;
    buf_init(&out, 11);
    assert_non_null(json_run_begin(&json, 10)); /* and a comma */
    assert_null(json_run_begin(&json, 11));
    assert_true(out.has_failed);
    assert_int_equal(out.length, 0);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_any_length_is_escaped_wherever_it_needs_it),
        cmocka_unit_test(test_random_bytes_are_escaped_as_the_other_escaper_does),
        cmocka_unit_test(test_numbers_of_any_length_have_no_zero_in_front),
        cmocka_unit_test(test_every_byte_is_two_digits),
        cmocka_unit_test(test_runs_are_separated_and_end_where_they_say),
        cmocka_unit_test(test_a_run_without_room_fails_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
