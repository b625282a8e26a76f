#include "base/json.h"
#include "base/mem.h"
#include "base/random.h"

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One of everything. */
static void write_sample(struct json *json)
{
    static const uint8_t bytes[] = { 0x0a, 0xf7, 0x65, 0x16 };

    json_object_begin(json);
    JSON_KEY(json, "empty");
    json_array_begin(json);
    json_array_end(json);
    json_key(json, "a\"b", 3);
    json_array_begin(json);
    json_int(json, INT64_MIN);
    json_uint(json, UINT64_MAX);
    json_int(json, 0);
    json_int_text(json, -5);
    json_uint_text(json, 7);
    json_object_begin(json);
    json_object_end(json);
    json_bool(json, true);
    json_bool(json, false);
    json_null(json);
    json_hex(json, bytes, sizeof bytes);
    for (size_t length = 0; length <= sizeof bytes; length++)
        json_base64(json, bytes, length);
    json_raw(json, "[1]", 3);
    json_string(json, "x\n", 2);
    json_array_end(json);
    json_object_end(json);
}

static const char SAMPLE[] =
    "{\"empty\":[],\"a\\\"b\":[-9223372036854775808,18446744073709551615,0,\"-5\",\"7\",{},true,"
    "false,null,\"0af76516\",\"\",\"Cg==\",\"Cvc=\",\"Cvdl\",\"CvdlFg==\",[1],\"x\\n\"]}";

static void test_json_puts_commas_where_they_belong(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    struct json json = json_writer(&out);

    write_sample(&json);

    assert_int_equal(out.length, sizeof SAMPLE - 1);
    assert_memory_equal(out.data, SAMPLE, sizeof SAMPLE - 1);
    buf_release(&out);
}

static void test_json_survives_every_allocation_failure(void **state)
{
    bool is_done = false;

    (void)state;
    for (long n = 0; !is_done; n++) {
        struct buf out;
        long live_before = mem_live();

        assert_true(n < 100);
        buf_init(&out, 1 << 16);
        struct json json = json_writer(&out);

        mem_fail_at(n);
        for (int i = 0; i < 10; i++)
            write_sample(&json);
        mem_fail_at(-1);
        is_done = !out.has_failed;
        buf_release(&out);
        assert_int_equal(mem_live(), live_before);
    }
}

static void assert_double(double value, const char *expected)
{
    struct buf out;

    buf_init(&out, 64);
    struct json json = json_writer(&out);

    json_double(&json, value);
    buf_add(&out, "", 1);
    assert_string_equal(out.data, expected);
    buf_release(&out);
}

static void test_json_double_is_the_shortest_that_reads_back(void **state)
{
    (void)state;
    assert_double(0, "0");
    assert_double(-0.0, "-0");
    assert_double(1, "1");
    assert_double(0.1, "0.1");
    assert_double(0.1 + 0.2, "0.30000000000000004");
    assert_double(1.0 / 3, "0.3333333333333333");
    assert_double(1e22, "1e+22");
    assert_double(5e-324, "5e-324");
    assert_double(2.2250738585072014e-308, "2.2250738585072014e-308");
    assert_double(1.7976931348623157e308, "1.7976931348623157e+308");
    assert_double(NAN, "\"NaN\"");
    assert_double(INFINITY, "\"Infinity\"");
    assert_double(-INFINITY, "\"-Infinity\"");
}

static void test_json_double_reads_back_for_random_bits(void **state)
{
    uint64_t generator[4] = { 1, 2, 3, 4 };
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_next(generator);
        double value = 0;

        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        buf_clear(&out);
        struct json json = json_writer(&out);

        json_double(&json, value);
        buf_add(&out, "", 1);
        assert_true(strtod(out.data, NULL) == value);
    }
    buf_release(&out);
}

static void test_json_double_has_a_point_in_every_locale(void **state)
{
    static const char *const commas[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" };
    const char *found = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof commas / sizeof commas[0] && !found; i++)
        found = setlocale(LC_NUMERIC, commas[i]);
    if (!found) {
        print_message("condition: a locale with a decimal comma is installed\n");
        skip();
    }
    assert_double(0.5, "0.5");
    assert_non_null(setlocale(LC_NUMERIC, "C"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_puts_commas_where_they_belong),
        cmocka_unit_test(test_json_survives_every_allocation_failure),
        cmocka_unit_test(test_json_double_is_the_shortest_that_reads_back),
        cmocka_unit_test(test_json_double_reads_back_for_random_bits),
        cmocka_unit_test(test_json_double_has_a_point_in_every_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
