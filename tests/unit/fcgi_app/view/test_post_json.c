/* A post, byte for byte; the limit of the buffer; and random texts against a slow reference. */
#include "view/post_json.h"

#include "../../../fakes/random_input.h"
#include "written.h"

#include <stdio.h>
#include <stdlib.h>

static void test_post_has_its_keys_in_order(void **state)
{
    const struct store_post post = { 7, TEXT("A title"), TEXT("Some \"content\" with a / and \x7f"),
                                     TEXT("2024-06-01 12:00:00.000001"),
                                     TEXT("2024-06-02 13:00:01.000001") };
    struct buf out;
    struct json json;

    (void)state;
    buf_init(&out, 1000);
    json = json_writer(&out);
    post_json_write(&json, &post);
    assert_written(&out, "{\"content\":\"Some \\\"content\\\" with a / and \\u007f\","
                         "\"create_date\":\"Sat, 01 Jun 2024 12:00:00 GMT\",\"seq\":7,"
                         "\"title\":\"A title\","
                         "\"update_date\":\"Sun, 02 Jun 2024 13:00:01 GMT\"}");
    buf_release(&out);
}

static void test_post_without_values_has_nulls(void **state)
{
    const struct store_post post = { INT64_MIN, NO_TEXT, TEXT(""), NO_TEXT, TEXT("never") };
    struct buf out;
    struct json json;

    (void)state;
    buf_init(&out, 1000);
    json = json_writer(&out);
    json_array_begin(&json);
    post_json_write(&json, &post);
    post_json_write(&json, &post);
    json_array_end(&json);
    assert_written(&out, "[{\"content\":\"\",\"create_date\":null,\"seq\":-9223372036854775808,"
                         "\"title\":null,\"update_date\":null},"
                         "{\"content\":\"\",\"create_date\":null,\"seq\":-9223372036854775808,"
                         "\"title\":null,\"update_date\":null}]");
    buf_release(&out);
}

static void test_post_that_does_not_fit_is_noticed(void **state)
{
    const struct store_post post = { 1, TEXT("t"), TEXT("c"), NO_TEXT, NO_TEXT };
    struct buf out;
    struct json json;
    size_t length;

    (void)state;
    buf_init(&out, 1000);
    json = json_writer(&out);
    post_json_write(&json, &post);
    length = out.length;
    buf_release(&out);
    for (size_t limit = 0; limit <= length; limit++) {
        buf_init(&out, limit);
        json = json_writer(&out);
        post_json_write(&json, &post);
        assert_int_equal(out.has_failed, limit < length);
        buf_release(&out);
    }
}

/* --- texts: a reference that is slow and plain --------------------------------------------------
 */

static void reference_unit(struct buf *out, unsigned unit)
{
    buf_add_format(out, "\\u%04x", unit);
}

/* Bytes of the well-formed character at text, 0 when there is none; *bad: bytes to skip then, as
 * Unicode's "maximal subpart" and Python's decoder do. Table 3-7 of the Unicode standard. */
static size_t reference_character(const unsigned char *text, size_t length, size_t *bad)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t size;
    } ROWS[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    size_t good = 1;

    *bad = 1;
    for (size_t r = 0; r < sizeof ROWS / sizeof ROWS[0]; r++) {
        if (text[0] < ROWS[r].first_low || text[0] > ROWS[r].first_high)
            continue;
        while (good < ROWS[r].size && good < length &&
               text[good] >= (good == 1 ? ROWS[r].second_low : 0x80) &&
               text[good] <= (good == 1 ? ROWS[r].second_high : 0xbf))
            good++;
        *bad = good;
        return good == ROWS[r].size ? good : 0;
    }
    return 0;
}

static void reference_string(struct buf *out, const unsigned char *text, size_t length)
{
    static const char SHORT[] = "\b\t\n\f\r\"\\";
    static const char LETTER[] = "btnfr\"\\";

    buf_add_text(out, "\"");
    for (size_t i = 0; i < length;) {
        const char *found = text[i] ? strchr(SHORT, text[i]) : NULL;
        size_t size, bad;
        unsigned point;

        if (text[i] < 0x80) {
            if (found)
                buf_add_format(out, "\\%c", LETTER[found - SHORT]);
            else if (text[i] < 0x20 || text[i] == 0x7f)
                reference_unit(out, text[i]);
            else
                buf_add(out, text + i, 1);
            i++;
            continue;
        }
        size = reference_character(text + i, length - i, &bad);
        if (size == 0) {
            reference_unit(out, 0xfffd);
            i += bad;
            continue;
        }
        point = text[i] & (0xffU >> (size + 1));
        for (size_t k = 1; k < size; k++)
            point = point << 6 | (text[i + k] & 0x3f);
        if (point >= 0x10000) {
            reference_unit(out, 0xd800 + ((point - 0x10000) >> 10));
            reference_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
        } else {
            reference_unit(out, point);
        }
        i += size;
    }
    buf_add_text(out, "\"");
}

static size_t random_text(unsigned *seed, unsigned char *out, size_t size)
{
    /* Rich in the edges of UTF-8's table and in what needs escaping. */
    static const unsigned char EDGES[] = { 0x00, 0x1f, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90,
                                           0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
                                           0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5 };
    size_t length = (size_t)rand_r(seed) % (size + 1);

    for (size_t i = 0; i < length; i++) {
        int kind = rand_r(seed) % 3;
        out[i] = kind == 0   ? 'a'
                 : kind == 1 ? EDGES[(size_t)rand_r(seed) % sizeof EDGES]
                             : (unsigned char)(rand_r(seed) & 0xff);
    }
    return length;
}

static void test_post_escapes_as_the_reference_does(void **state)
{
    unsigned seed = 20240601;
    struct buf out, expected;

    (void)state;
    buf_init(&out, 10000);
    buf_init(&expected, 10000);
    for (int i = 0; i < random_times(200000); i++) {
        unsigned char text[80];
        size_t length = random_text(&seed, text, sizeof text);
        const struct store_post post = {
            i, { (const char *)text, length }, TEXT(""), NO_TEXT, NO_TEXT
        };
        struct json json = json_writer(&out);

        buf_clear(&out);
        buf_clear(&expected);
        post_json_write(&json, &post);
        buf_add_format(&expected,
                       "{\"content\":\"\",\"create_date\":null,\"seq\":%d,\"title\":", i);
        reference_string(&expected, text, length);
        buf_add_text(&expected, ",\"update_date\":null}");
        assert_int_equal(out.length, expected.length);
        assert_memory_equal(out.data, expected.data, out.length);
    }
    buf_release(&out);
    buf_release(&expected);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_post_has_its_keys_in_order),
        cmocka_unit_test(test_post_without_values_has_nulls),
        cmocka_unit_test(test_post_that_does_not_fit_is_noticed),
        cmocka_unit_test(test_post_escapes_as_the_reference_does),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
