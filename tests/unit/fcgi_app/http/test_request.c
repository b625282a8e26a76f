/* What is read out of FastCGI parameters, its limits, and Accept. */
#include "http/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct http_request request;

static enum http_status read_params(const char *first, const char *second)
{
    const char *params[] = { "FCGI_ROLE=RESPONDER", first, second, NULL };

    return request_read(&request, params);
}

static void test_request_reads_what_the_service_asks(void **state)
{
    static const char *const PARAMS[] = { "REQUEST_METHOD=HEAD",
                                          "DOCUMENT_URI=/board/1",
                                          "HTTP_ACCEPT=text/html",
                                          "REMOTE_ADDR=::1",
                                          "REQUEST_ID=abc",
                                          "HTTP_DOCUMENT_URI=/x",
                                          NULL };

    (void)state;
    assert_int_equal(request_read(&request, PARAMS), HTTP_OK);

    assert_int_equal(request.method, HTTP_METHOD_HEAD);
    assert_string_equal(request.path, "/board/1");
    assert_int_equal(request.path_length, 8);
    assert_string_equal(request.accept, "text/html");
    assert_string_equal(request.client_address, "::1");
    assert_string_equal(request.request_id, "abc");
}

static void test_request_forgets_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(read_params("DOCUMENT_URI=/a", "REQUEST_ID=abc"), HTTP_OK);
    assert_int_equal(read_params("DOCUMENT_URI=/b", NULL), HTTP_OK);

    assert_string_equal(request.path, "/b");
    assert_string_equal(request.request_id, "");
    assert_int_equal(request.method, HTTP_METHOD_OTHER);
}

static void test_request_methods_are_exact(void **state)
{
    static const struct {
        const char *param;
        enum http_method method;
    } CASES[] = {
        { "REQUEST_METHOD=GET", HTTP_METHOD_GET },
        { "REQUEST_METHOD=get", HTTP_METHOD_OTHER },
        { "REQUEST_METHOD=GETS", HTTP_METHOD_OTHER },
        { "REQUEST_METHOD=", HTTP_METHOD_OTHER },
        { "REQUEST_METHOD=OPTIONS", HTTP_METHOD_OPTIONS },
        { "REQUEST_METHOD=POST", HTTP_METHOD_OTHER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(read_params("DOCUMENT_URI=/", CASES[i].param), HTTP_OK);
        if (request.method != CASES[i].method)
            fail_msg("%s", CASES[i].param);
    }
}

static void test_request_without_a_path_is_bad(void **state)
{
    (void)state;
    assert_int_equal(read_params("REQUEST_METHOD=GET", NULL), HTTP_BAD_REQUEST);
    assert_int_equal(read_params("DOCUMENT_URI=", NULL), HTTP_BAD_REQUEST);
}

static void test_request_path_has_a_limit(void **state)
{
    static const char NAME[] = "DOCUMENT_URI=";
    static char param[sizeof NAME + HTTP_PATH_BYTES];

    (void)state;
    memset(param, '/', sizeof param);
    memcpy(param, NAME, sizeof NAME - 1);

    param[sizeof NAME - 1 + HTTP_PATH_BYTES - 1] = '\0';
    assert_int_equal(read_params(param, NULL), HTTP_OK);
    assert_int_equal(request.path_length, HTTP_PATH_BYTES - 1);

    param[sizeof NAME - 1 + HTTP_PATH_BYTES - 1] = '/';
    param[sizeof NAME - 1 + HTTP_PATH_BYTES] = '\0';
    assert_int_equal(read_params(param, NULL), HTTP_URI_TOO_LONG);
}

static void test_request_other_texts_past_their_limit_are_not_given(void **state)
{
    char param[2 * HTTP_ACCEPT_BYTES];

    (void)state;
    snprintf(param, sizeof param, "HTTP_ACCEPT=%0*d", HTTP_ACCEPT_BYTES - 1, 0);
    assert_int_equal(read_params("DOCUMENT_URI=/", param), HTTP_OK);
    assert_int_equal(strlen(request.accept), HTTP_ACCEPT_BYTES - 1);

    snprintf(param, sizeof param, "HTTP_ACCEPT=%0*d", HTTP_ACCEPT_BYTES, 0);
    assert_int_equal(read_params("DOCUMENT_URI=/", param), HTTP_OK);
    assert_string_equal(request.accept, "");
}

static const struct {
    const char *accept;
    bool is_html;
    const char *reason;
} ACCEPTS[] = {
    { "", false, "no header" },
    { "*/*", false, "curl" },
    { "text/html", true, "html alone" },
    { "TEXT/HTML", true, "types have no case" },
    { "text/*", true, "any text" },
    { "application/json", false, "json alone" },
    { "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true,
      "a browser" },
    { "text/html, application/json", false, "as much as json" },
    { "text/html;q=0.5, application/json", false, "less than json" },
    { "text/html, application/json;q=0.5", true, "more than json" },
    { "text/html;q=0.5, application/problem+json", false, "less than a problem" },
    { "text/html;level=1;q=0.3, */*;q=0.4", false, "a weight behind another parameter" },
    { "text/html ; q=0.1 , */*", false, "spaces" },
    { "*/*, text/html;q=0", false, "html is not wanted" },
    { "*/*;q=0.1, text/html;q=0.2", true, "the more specific range counts" },
    { "text/htmlx", false, "another type" },
    { "text", false, "no type" },
    { ",,;q=1,", false, "nothing in it" },
    { "text/html;q=abc", false, "a weight that is no number is 0" },
};

static void test_request_preference_is_by_weight(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ACCEPTS / sizeof ACCEPTS[0]; i++) {
        snprintf(request.accept, sizeof request.accept, "%s", ACCEPTS[i].accept);
        if (request_prefers_html(&request) != ACCEPTS[i].is_html)
            fail_msg("%s: %s", ACCEPTS[i].accept, ACCEPTS[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_reads_what_the_service_asks),
        cmocka_unit_test(test_request_forgets_the_one_before),
        cmocka_unit_test(test_request_methods_are_exact),
        cmocka_unit_test(test_request_without_a_path_is_bad),
        cmocka_unit_test(test_request_path_has_a_limit),
        cmocka_unit_test(test_request_other_texts_past_their_limit_are_not_given),
        cmocka_unit_test(test_request_preference_is_by_weight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
