/* Captured headers and those whose value is secret. */
#include "agent/config/header_settings.h"
#include "agent/config/options.h"
#include "base/mem.h"
#include "segment/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arguments.h"

#define REQUEST "--instrumentation_http_capture_headers_server_request="
#define SECRETS "--instrumentation_http_capture_headers_sanitize_fields="

static struct settings settings;

static void derive(const char *request, const char *secrets)
{
    struct arguments argv = { 0 };
    struct options options;

    arguments_add(&argv, "otel-instrument");
    arguments_add(&argv, request);
    arguments_add(&argv, secrets);
    arguments_add(&argv, "p");
    assert_int_equal(options_parse(argv.count, argv.list, &options), OPTIONS_RUN);
    assert_true(settings_derive(&options, &settings));
    options_release(&options);
}

static int release(void **state)
{
    (void)state;
    settings_release(&settings);
    return 0;
}

static void test_captured_headers_are_put_in_order(void **state)
{
    (void)state;
    derive(REQUEST " Custom_Request_Header ,, X-Other=,=", SECRETS);
    assert_string_equal(settings.request_headers, "custom_request_header,x-other");
    assert_string_equal(settings.response_headers, "");
}

static void test_secret_headers_are_found_by_how_they_begin(void **state)
{
    static const struct {
        const char *expressions;
        const char *expected; /* of accept,cookie,set-cookie,x-session-id */
    } CASES[] = {
        { "cookie", "accept,cookie=,set-cookie,x-session-id" },
        { " .*Session.* , set-cookie", "accept,cookie,set-cookie=,x-session-id=" },
        { "(set-)?cook", "accept,cookie=,set-cookie=,x-session-id" },
        { ".*", "accept=,cookie=,set-cookie=,x-session-id=" },
        { "(broken,cookie", "accept,cookie=,set-cookie,x-session-id" },
        { ",,", "accept,cookie,set-cookie,x-session-id" },
    };
    char argument[128];

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        (void)snprintf(argument, sizeof argument, SECRETS "%s", CASES[i].expressions);
        derive(REQUEST "Accept,Cookie,Set-Cookie,X-Session-Id", argument);
        assert_string_equal(settings.request_headers, CASES[i].expected);
        settings_release(&settings);
    }
}

static void test_header_list_is_bounded(void **state)
{
    char many[sizeof REQUEST + 2 * SEGMENT_HEADERS_BYTES];

    (void)state;
    memset(many, 'a', sizeof many);
    memcpy(many, REQUEST, sizeof REQUEST - 1);
    many[sizeof many - 1] = '\0';
    for (size_t i = sizeof REQUEST + 100; i < sizeof many - 1; i += 100)
        many[i] = ',';
    derive(many, SECRETS ".*");
    assert_true(strlen(settings.request_headers) < SEGMENT_HEADERS_BYTES);
    assert_true(strlen(settings.request_headers) > SEGMENT_HEADERS_BYTES - 110);
    assert_int_equal(settings.request_headers[strlen(settings.request_headers) - 1], '=');
}

static void test_secret_list_is_bounded(void **state)
{
    char many[sizeof SECRETS + 3 * 40];
    size_t length = sizeof SECRETS - 1;

    (void)state;
    memcpy(many, SECRETS, length);
    for (int i = 0; i < 32; i++, length += 3)
        memcpy(many + length, "ab,", 3);
    memcpy(many + length, "x-a", sizeof "x-a");
    derive(REQUEST "x-a,abc", many);
    assert_string_equal(settings.request_headers, "x-a,abc=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_captured_headers_are_put_in_order, release),
        cmocka_unit_test_teardown(test_secret_headers_are_found_by_how_they_begin, release),
        cmocka_unit_test_teardown(test_header_list_is_bounded, release),
        cmocka_unit_test_teardown(test_secret_list_is_bounded, release),
    };

    (void)clearenv();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
