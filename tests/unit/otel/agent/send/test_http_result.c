/* What the end of a transfer means: worth another attempt, or never. */
#include "agent/send/http_result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define URL "http://127.0.0.1:4318/v1/traces"

static void test_a_failure_of_the_connection_is_worth_another_attempt(void **state)
{
    static const struct {
        CURLcode code;
        enum send_verdict verdict;
        const char *type;
        const char *reason;
    } CASES[] = {
        { CURLE_COULDNT_CONNECT, SEND_RETRY, "connection_refused", "nobody listens yet" },
        { CURLE_OPERATION_TIMEDOUT, SEND_RETRY, "timeout", "slow today" },
        { CURLE_GOT_NOTHING, SEND_RETRY, "connection_lost", "closed as it was used" },
        { CURLE_RECV_ERROR, SEND_RETRY, "connection_lost", "reset" },
        { CURLE_UNSUPPORTED_PROTOCOL, SEND_RETRY, "malformed_response",
          "no status line: a kept connection closed as it was used" },
        { CURLE_WEIRD_SERVER_REPLY, SEND_RETRY, "malformed_response", "half an answer" },
        { CURLE_PEER_FAILED_VERIFICATION, SEND_REFUSED, "tls", "it will not get another name" },
        { CURLE_URL_MALFORMAT, SEND_REFUSED, "_OTHER", "our own fault" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct send_result result = { 0 };

        http_result_of_curl(&result, CASES[i].code, URL, NULL);

        if (result.verdict != CASES[i].verdict || strcmp(result.error_type, CASES[i].type) != 0)
            fail_msg("%s: verdict %d, type %s", CASES[i].reason, result.verdict, result.error_type);
        assert_non_null(strstr(result.message, URL));
    }
}

static void test_a_status_says_whether_to_try_again(void **state)
{
    static const struct {
        long status;
        enum send_verdict verdict;
    } CASES[] = {
        { 200, SEND_TAKEN },   { 400, SEND_REFUSED }, { 413, SEND_REFUSED }, { 429, SEND_RETRY },
        { 500, SEND_REFUSED }, { 502, SEND_RETRY },   { 503, SEND_RETRY },   { 504, SEND_RETRY },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct send_result result = { 0 };

        http_result_of_status(&result, CASES[i].status, URL);

        if (result.verdict != CASES[i].verdict)
            fail_msg("%ld: verdict %d", CASES[i].status, result.verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_failure_of_the_connection_is_worth_another_attempt),
        cmocka_unit_test(test_a_status_says_whether_to_try_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
