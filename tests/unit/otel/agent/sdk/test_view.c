#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/view.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

static const struct sdk_view_subject DURATION = {
    .name = "http.server.request.duration",
    .unit = "s",
    .kind = SDK_HISTOGRAM,
    .meter_name = "board-otel.fcgi",
    .meter_version = "1",
    .meter_schema_url = "https://schema",
};

static void test_names_match_with_stars_and_question_marks(void **state)
{
    static const struct {
        const char *pattern;
        bool is_match;
        const char *reason;
    } cases[] = {
        { "http.server.request.duration", true, "the name itself" },
        { "HTTP.Server.Request.Duration", true, "names are the same in any case" },
        { "http.server.request", false, "a beginning is not enough" },
        { "*", true, "all" },
        { "http.*", true, "a beginning" },
        { "*.duration", true, "an end" },
        { "*server*", true, "a middle" },
        { "*r*r*r*", true, "stars go back as far as needed" },
        { "http.server.request.duratio?", true, "one character" },
        { "http.server.request.duration?", false, "a question mark is a character" },
        { "http.server.request.duration*", true, "a star may be nothing" },
        { "**n**", true, "many stars" },
        { "*x", false, "another end" },
        { "", false, "nothing is no name" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sdk_view_selector selector = { .name = (char *)cases[i].pattern,
                                              .kind = SDK_INSTRUMENT_KIND_COUNT };

        if (sdk_view_selects(&selector, &DURATION) != cases[i].is_match)
            fail_msg("\"%s\": %s", cases[i].pattern, cases[i].reason);
    }
}

static void test_every_criterion_must_hold(void **state)
{
    const struct sdk_view_selector all = { .name = (char *)"*",
                                           .unit = (char *)"s",
                                           .kind = SDK_HISTOGRAM,
                                           .meter_name = (char *)"board-otel.fcgi",
                                           .meter_version = (char *)"1",
                                           .meter_schema_url = (char *)"https://schema" };
    struct sdk_view_selector other[6];

    (void)state;
    for (size_t i = 0; i < 6; i++)
        other[i] = all;
    other[0].name = (char *)"a";
    other[1].unit = (char *)"S";
    other[2].kind = SDK_COUNTER;
    other[3].meter_name = (char *)"*";
    other[4].meter_version = (char *)"2";
    other[5].meter_schema_url = (char *)"";

    assert_true(sdk_view_selects(&all, &DURATION));
    for (size_t i = 0; i < 6; i++)
        assert_false(sdk_view_selects(&other[i], &DURATION));
}

static void test_a_key_stays_when_it_is_included_and_not_excluded(void **state)
{
    char *included[] = { (char *)"http.*", (char *)"error.type" };
    char *excluded[] = { (char *)"*.status_code" };
    const struct sdk_view_stream both = { .has_included = true,
                                          .included = { included, 2 },
                                          .excluded = { excluded, 1 } };
    const struct sdk_view_stream none = { .has_included = true };
    const struct sdk_view_stream all = { 0 };

    (void)state;
    assert_true(sdk_view_keeps(&both, "http.route-and-more", 10));
    assert_true(sdk_view_keeps(&both, "error.type", 10));
    assert_false(sdk_view_keeps(&both, "error", 5));
    assert_false(sdk_view_keeps(&both, "Http.route", 10));
    assert_false(sdk_view_keeps(&both, "http.response.status_code", 25));
    assert_false(sdk_view_keeps(&none, "a", 1));
    assert_false(sdk_view_keeps_all(&none));
    assert_false(sdk_view_keeps_all(&both));
    assert_true(sdk_view_keeps(&all, "a", 1));
    assert_true(sdk_view_keeps_all(&all));
}

static void test_what_cannot_be_used_is_told(void **state)
{
    double descending[] = { 1, 1 }, endless[] = { 1, INFINITY }, good[SDK_BOUNDS_MAX + 1];
    struct sdk_view view = { .selector = { .kind = SDK_INSTRUMENT_KIND_COUNT } };

    (void)state;
    for (size_t i = 0; i <= SDK_BOUNDS_MAX; i++)
        good[i] = (double)i;
    assert_null(sdk_view_problem(&view));
    view.stream.bounds = good;
    view.stream.bounds_count = SDK_BOUNDS_MAX;
    assert_null(sdk_view_problem(&view));
    view.stream.bounds_count = SDK_BOUNDS_MAX + 1;
    assert_non_null(sdk_view_problem(&view));
    view.stream.bounds_count = 2;
    view.stream.bounds = descending;
    assert_non_null(sdk_view_problem(&view));
    view.stream.bounds = endless;
    assert_non_null(sdk_view_problem(&view));
    view.stream.bounds_count = 0;
    view.stream.base2_size = 1;
    assert_non_null(sdk_view_problem(&view));
    view.stream.base2_size = 2;
    view.stream.has_base2_scale = true;
    view.stream.base2_scale = 21;
    assert_non_null(sdk_view_problem(&view));
    view.stream.base2_scale = -10;
    assert_null(sdk_view_problem(&view));
    view.selector.name = (char *)"a*";
    view.stream.name = (char *)"b";
    assert_non_null(sdk_view_problem(&view));
}

static void test_views_release_what_they_own(void **state)
{
    long live_before = mem_live();
    struct sdk_view *views = mem_zalloc(2, sizeof *views);

    (void)state;
    views[0].selector.name = mem_strdup("a");
    views[1].stream.excluded.patterns = mem_zalloc(1, sizeof(char *));
    views[1].stream.excluded.patterns[0] = mem_strdup("b");
    views[1].stream.excluded.count = 1;
    views[1].stream.bounds = mem_zalloc(3, sizeof(double));
    sdk_views_destroy(views, 2);
    sdk_views_destroy(NULL, 0);

    assert_int_equal(mem_live(), live_before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_match_with_stars_and_question_marks),
        cmocka_unit_test(test_every_criterion_must_hold),
        cmocka_unit_test(test_a_key_stays_when_it_is_included_and_not_excluded),
        cmocka_unit_test(test_what_cannot_be_used_is_told),
        cmocka_unit_test(test_views_release_what_they_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
