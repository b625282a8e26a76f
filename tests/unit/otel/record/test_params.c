#include "record/params.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_params_are_found_whatever_their_order(void **state)
{
    char *const texts[] = { (char *)"HTTP_TRACEPARENT=one",
                            (char *)"REQUEST_METHOD=GET",
                            (char *)"HTTP_TRACEPARENT=two",
                            (char *)"QUERY_STRING=",
                            (char *)"NO_EQUALS_SIGN",
                            (char *)"HTTP_HOST=a=b",
                            (char *)"HTTP_HOS=x",
                            (char *)"=y",
                            NULL };
    struct params params;

    (void)state;
    params_read(texts, &params);

    assert_string_equal(params.first[PARAM_REQUEST_METHOD].data, "GET");
    assert_int_equal(params.first[PARAM_REQUEST_METHOD].length, 3);
    assert_string_equal(params.first[PARAM_HTTP_HOST].data, "a=b");
    assert_non_null(params.first[PARAM_QUERY_STRING].data);
    assert_int_equal(params.first[PARAM_QUERY_STRING].length, 0);
    assert_null(params.first[PARAM_REQUEST_URI].data);
    assert_string_equal(params.first[PARAM_HTTP_TRACEPARENT].data, "one");
    assert_int_equal(params.traceparent.count, 2);
    assert_string_equal(params.traceparent.values[1].data, "two");
}

static void test_params_know_every_name_of_their_list(void **state)
{
    static char *const texts[] = {
#define NAME_TEXT(name) (char *)#name "=" #name,
        PARAMS(NAME_TEXT)
#undef NAME_TEXT
            NULL
    };
    struct params params;

    (void)state;
    params_read(texts, &params);
    for (int i = 0; i < PARAM_COUNT; i++)
        assert_string_equal(params.first[i].data, strchr(texts[i], '=') + 1);
}

static void test_params_remember_that_a_header_came_too_often(void **state)
{
    char *texts[PARAM_REPEATS_MAX + 2] = { NULL };
    struct params params;

    (void)state;
    for (int i = 0; i < PARAM_REPEATS_MAX; i++)
        texts[i] = (char *)"HTTP_BAGGAGE=a=1";
    params_read(texts, &params);
    assert_int_equal(params.baggage.count, PARAM_REPEATS_MAX);
    assert_false(params.baggage.has_more);
    texts[PARAM_REPEATS_MAX] = (char *)"HTTP_BAGGAGE=a=1";
    params_read(texts, &params);
    assert_int_equal(params.baggage.count, PARAM_REPEATS_MAX);
    assert_true(params.baggage.has_more);
}

static void test_params_of_nothing_are_empty(void **state)
{
    struct params params;

    (void)state;
    params_read(NULL, &params);
    assert_null(params.first[PARAM_REQUEST_METHOD].data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_params_are_found_whatever_their_order),
        cmocka_unit_test(test_params_know_every_name_of_their_list),
        cmocka_unit_test(test_params_remember_that_a_header_came_too_often),
        cmocka_unit_test(test_params_of_nothing_are_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
