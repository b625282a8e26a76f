#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/encode/prometheus_name.h"

#include <string.h>

static void test_names_have_units_in_words_and_no_other_characters(void **state)
{
    static const struct {
        const char *name, *unit;
        enum prometheus_type type;
        const char *family, *words;
    } CASES[] = {
        { "http.server.request.duration", "s", PROMETHEUS_HISTOGRAM,
          "http_server_request_duration_seconds", "seconds" },
        { "process.memory.usage", "By", PROMETHEUS_GAUGE, "process_memory_usage_bytes", "bytes" },
        { "board.posts", "{post}", PROMETHEUS_COUNTER, "board_posts", "" },
        { "board.posts_total", "{post}", PROMETHEUS_COUNTER, "board_posts", "" },
        { "io_total", "By", PROMETHEUS_COUNTER, "io_bytes", "bytes" },
        { "posts_total", "", PROMETHEUS_GAUGE, "posts_total", "" },
        { "cpu.utilization", "1", PROMETHEUS_GAUGE, "cpu_utilization_ratio", "ratio" },
        { "cache.hits", "1", PROMETHEUS_COUNTER, "cache_hits", "" },
        { "wait_seconds", "s", PROMETHEUS_GAUGE, "wait_seconds", "seconds" },
        { "waitseconds", "s", PROMETHEUS_GAUGE, "waitseconds_seconds", "seconds" },
        { "rate", "By/s", PROMETHEUS_GAUGE, "rate_bytes_per_second", "bytes_per_second" },
        { "rate", "{request}/min", PROMETHEUS_GAUGE, "rate_per_minute", "per_minute" },
        { "speed", "m/s", PROMETHEUS_GAUGE, "speed_meters_per_second", "meters_per_second" },
        { "odd", "f(x)", PROMETHEUS_GAUGE, "odd_f_x", "f_x" },
        { "none", "{}", PROMETHEUS_GAUGE, "none", "" },
        { "half", "By/", PROMETHEUS_GAUGE, "half_bytes", "bytes" },
        { "a..b--c", "", PROMETHEUS_GAUGE, "a_b_c", "" },
        { "2xx", "", PROMETHEUS_GAUGE, "_2xx", "" },
        { "job:rate", "", PROMETHEUS_GAUGE, "job:rate", "" },
        { "\xc3\xa9t\xc3\xa9", "%", PROMETHEUS_GAUGE, "_t_percent", "percent" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct prometheus_name out;

        prometheus_name(CASES[i].name, CASES[i].unit, CASES[i].type, &out);
        assert_string_equal(out.family, CASES[i].family);
        assert_string_equal(out.unit, CASES[i].words);
    }
}

static void test_long_names_are_cut_and_keep_their_unit(void **state)
{
    char name[2 * PROMETHEUS_NAME_BYTES];
    struct prometheus_name out;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    prometheus_name(name, "s", PROMETHEUS_GAUGE, &out);

    assert_true(strlen(out.family) < PROMETHEUS_NAME_BYTES);
    assert_string_equal(out.family + strlen(out.family) - 9, "a_seconds");
}

static void test_families_clash_when_a_sample_would_have_two_meanings(void **state)
{
    static const struct {
        const char *one;
        enum prometheus_type type;
        const char *other;
        enum prometheus_type other_type;
        bool expected;
    } CASES[] = {
        { "a", PROMETHEUS_GAUGE, "a", PROMETHEUS_COUNTER, true },
        { "a", PROMETHEUS_GAUGE, "b", PROMETHEUS_GAUGE, false },
        { "a", PROMETHEUS_COUNTER, "a_total", PROMETHEUS_GAUGE, true },
        { "a_count", PROMETHEUS_GAUGE, "a", PROMETHEUS_HISTOGRAM, true },
        { "a", PROMETHEUS_HISTOGRAM, "a_count", PROMETHEUS_COUNTER, true },
        { "a", PROMETHEUS_HISTOGRAM, "a_counts", PROMETHEUS_GAUGE, false },
        { "a", PROMETHEUS_GAUGE, "a_total", PROMETHEUS_GAUGE, false },
        { "target", PROMETHEUS_INFO, "target_info", PROMETHEUS_GAUGE, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        if (prometheus_names_clash(CASES[i].one, CASES[i].type, CASES[i].other,
                                   CASES[i].other_type) != CASES[i].expected)
            fail_msg("%s and %s", CASES[i].one, CASES[i].other);
}

static void test_labels_have_no_colons_and_no_digit_first(void **state)
{
    static const char *const CASES[][2] = {
        { "http.route", "http_route" }, { "a:b", "a_b" }, { "1.a", "_1_a" },
        { "__name__", "_name_" },       { "", "" },
    };
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        buf_clear(&out);
        prometheus_label(&out, CASES[i][0], strlen(CASES[i][0]));
        assert_int_equal(out.length, strlen(CASES[i][1]));
        assert_memory_equal(out.data, CASES[i][1], out.length);
    }
    assert_true(prometheus_labels_match("a.b", 3, "a__b", 4));
    assert_false(prometheus_labels_match("a.b", 3, "a.bc", 4));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_have_units_in_words_and_no_other_characters),
        cmocka_unit_test(test_long_names_are_cut_and_keep_their_unit),
        cmocka_unit_test(test_families_clash_when_a_sample_would_have_two_meanings),
        cmocka_unit_test(test_labels_have_no_colons_and_no_digit_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
