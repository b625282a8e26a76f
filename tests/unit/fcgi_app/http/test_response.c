/* The head of an answer, byte by byte. */
#include "http/response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void head_check(const struct http_response *response, size_t length, const char *expected)
{
    char head[RESPONSE_HEAD_BYTES];

    assert_int_equal(response_head_write(response, length, head), strlen(expected));
    assert_memory_equal(head, expected, strlen(expected));
}

static void test_head_of_a_body(void **state)
{
    struct http_response response = { .status = HTTP_OK, .content_type = "application/json" };

    (void)state;
    head_check(&response, 3,
               "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n");
}

static void test_head_of_a_stream_has_no_length(void **state)
{
    struct http_response response = { .status = HTTP_OK, .content_type = "application/json" };

    (void)state;
    head_check(&response, RESPONSE_LENGTH_UNKNOWN,
               "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n");
}

static void test_head_of_options(void **state)
{
    struct http_response response = { .status = HTTP_OK, .allow = "GET, HEAD, OPTIONS" };

    (void)state;
    head_check(&response, 0,
               "Status: 200 OK\r\nContent-Length: 0\r\nAllow: GET, HEAD, OPTIONS\r\n\r\n");
}

static void test_head_of_a_refusal_says_when_to_come_back(void **state)
{
    struct http_response response = { .status = HTTP_SERVICE_UNAVAILABLE,
                                      .content_type = "application/problem+json",
                                      .retry_after_s = 1 };

    (void)state;
    head_check(&response, 10,
               "Status: 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
               "Content-Length: 10\r\nRetry-After: 1\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_of_a_body),
        cmocka_unit_test(test_head_of_a_stream_has_no_length),
        cmocka_unit_test(test_head_of_options),
        cmocka_unit_test(test_head_of_a_refusal_says_when_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
