#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../../fakes/random_input.h"
#include "agent/send/grpc_status.h"
#include "base/clock.h"

#include <string.h>

enum { MUTATIONS = 20000 };

static void test_statuses_are_read_and_judged(void **state)
{
    static const struct {
        const char *text;
        const char *name;
        enum send_verdict plain, with_retry_info;
    } cases[] = {
        { "0", "OK", SEND_TAKEN, SEND_TAKEN },
        { "1", "CANCELLED", SEND_RETRY, SEND_RETRY },
        { "2", "UNKNOWN", SEND_REFUSED, SEND_REFUSED },
        { "3", "INVALID_ARGUMENT", SEND_REFUSED, SEND_REFUSED },
        { "4", "DEADLINE_EXCEEDED", SEND_RETRY, SEND_RETRY },
        { "5", "NOT_FOUND", SEND_REFUSED, SEND_REFUSED },
        { "6", "ALREADY_EXISTS", SEND_REFUSED, SEND_REFUSED },
        { "7", "PERMISSION_DENIED", SEND_REFUSED, SEND_REFUSED },
        { "8", "RESOURCE_EXHAUSTED", SEND_REFUSED, SEND_RETRY },
        { "9", "FAILED_PRECONDITION", SEND_REFUSED, SEND_REFUSED },
        { "10", "ABORTED", SEND_RETRY, SEND_RETRY },
        { "11", "OUT_OF_RANGE", SEND_RETRY, SEND_RETRY },
        { "12", "UNIMPLEMENTED", SEND_REFUSED, SEND_REFUSED },
        { "13", "INTERNAL", SEND_REFUSED, SEND_REFUSED },
        { "14", "UNAVAILABLE", SEND_RETRY, SEND_RETRY },
        { "15", "DATA_LOSS", SEND_RETRY, SEND_RETRY },
        { "16", "UNAUTHENTICATED", SEND_REFUSED, SEND_REFUSED },
        { "17", "UNKNOWN", SEND_REFUSED, SEND_REFUSED },
        { "014", "UNKNOWN", SEND_REFUSED, SEND_REFUSED },
        { "-1", "UNKNOWN", SEND_REFUSED, SEND_REFUSED },
        { "", "UNKNOWN", SEND_REFUSED, SEND_REFUSED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum grpc_status status = grpc_status_read(cases[i].text, strlen(cases[i].text));

        if (strcmp(grpc_status_name(status), cases[i].name) != 0 ||
            grpc_status_verdict(status, false) != cases[i].plain ||
            grpc_status_verdict(status, true) != cases[i].with_retry_info)
            fail_msg("\"%s\": %s", cases[i].text, grpc_status_name(status));
    }
}

static void test_an_answer_without_status_gets_one(void **state)
{
    static const struct {
        long http;
        enum grpc_status expected;
    } cases[] = {
        { 200, GRPC_UNKNOWN },           { 400, GRPC_INTERNAL },      { 401, GRPC_UNAUTHENTICATED },
        { 403, GRPC_PERMISSION_DENIED }, { 404, GRPC_UNIMPLEMENTED }, { 429, GRPC_UNAVAILABLE },
        { 500, GRPC_UNKNOWN },           { 502, GRPC_UNAVAILABLE },   { 503, GRPC_UNAVAILABLE },
        { 504, GRPC_UNAVAILABLE },       { 0, GRPC_UNKNOWN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(grpc_status_of_http(cases[i].http), cases[i].expected);
}

static void test_a_message_is_decoded_into_one_line(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        { "", "" },
        { "too old", "too old" },
        { "100%25 full", "100% full" },
        { "a%0Ab", "a b" },
        { "%C3%A9", "  " },
        { "50%", "50%" },
        { "50%2", "50%2" },
        { "50%zz", "50%zz" },
        { "a long message that is cut", "a long mess" },
    };
    char message[12];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        grpc_message_read(cases[i].text, strlen(cases[i].text), message, sizeof message);
        assert_string_equal(message, cases[i].expected);
    }
}

/* Status{code 14, details [Any{"type.googleapis.com/google.rpc.RetryInfo", RetryInfo{…}}]} */
static void test_retry_info_is_found_in_the_details(void **state)
{
    static const struct {
        const char *text;
        bool is_found;
        uint64_t delay_ns;
        const char *reason;
    } cases[] = {
        { "CA4aMwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIHCgUIAhCAZQ", true,
          2 * CLOCK_NS_PER_S + 12928, "2 s and some ns, without padding" },
        { "CA4aMwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIHCgUIAhCAZQ==", true,
          2 * CLOCK_NS_PER_S + 12928, "with padding" },
        { "GioKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8=", true, 0,
          "a RetryInfo that says nothing" },
        { "GikKJ3R5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5EZWJ1Z0luZm8=", false, 0,
          "another detail" },
        { "CA4=", false, 0, "no details" },
        { "", false, 0, "nothing" },
        { "!!!!", false, 0, "no base64" },
        { "GjMKKHR5", false, 0, "cut short" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t delay_ns = 0;

        if (grpc_retry_info_read(cases[i].text, strlen(cases[i].text), &delay_ns) !=
                cases[i].is_found ||
            delay_ns != cases[i].delay_ns)
            fail_msg("%s: %llu", cases[i].reason, (unsigned long long)delay_ns);
    }
}

static void test_spoilt_trailers_stay_in_bounds(void **state)
{
    /* A percent-encoded text; a google.rpc.Status with a RetryInfo of 1.5 s, in base64. */
    static const char *const GOODS[] = {
        "too%20many%20requests%0A%C3%A9", "14",
        "CA4SBGJ1c3kaMwoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIHCgUIARCAvPMB"
    };
    uint64_t random[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        const char *good = GOODS[i % 3];
        size_t length;
        char *text = random_mutation(random, good, strlen(good), &length);
        char message[24];
        uint64_t delay_ns = 0;

        assert_true(grpc_status_read(text, length) < GRPC_STATUS_COUNT);
        grpc_message_read(text, length, message, sizeof message);
        assert_non_null(memchr(message, '\0', sizeof message));
        for (const char *c = message; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
        (void)grpc_retry_info_read(text, length, &delay_ns);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses_are_read_and_judged),
        cmocka_unit_test(test_an_answer_without_status_gets_one),
        cmocka_unit_test(test_a_message_is_decoded_into_one_line),
        cmocka_unit_test(test_retry_info_is_found_in_the_details),
        cmocka_unit_test(test_spoilt_trailers_stay_in_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
