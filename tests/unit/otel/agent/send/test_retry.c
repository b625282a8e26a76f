#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../../fakes/random_input.h"
#include "agent/send/retry.h"
#include "base/clock.h"

#include <string.h>

enum { MUTATIONS = 20000 };

static void test_statuses_mean_what_the_protocol_says(void **state)
{
    static const struct {
        long status;
        enum send_verdict verdict;
    } cases[] = {
        { 200, SEND_TAKEN },   { 202, SEND_TAKEN },   { 204, SEND_TAKEN },   { 301, SEND_REFUSED },
        { 400, SEND_REFUSED }, { 401, SEND_REFUSED }, { 404, SEND_REFUSED }, { 408, SEND_REFUSED },
        { 413, SEND_REFUSED }, { 429, SEND_RETRY },   { 500, SEND_REFUSED }, { 501, SEND_REFUSED },
        { 502, SEND_RETRY },   { 503, SEND_RETRY },   { 504, SEND_RETRY },   { 505, SEND_REFUSED },
        { 0, SEND_REFUSED },   { 100, SEND_REFUSED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (retry_verdict(cases[i].status) != cases[i].verdict)
            fail_msg("status %ld", cases[i].status);
    }
}

/* Waits of n failures in a row, in ms. */
static void waits(const struct send_result *result, uint64_t *out_ms, int count)
{
    struct retry retry;

    retry_init(&retry);
    for (int i = 0; i < count; i++) {
        retry_fail(&retry, result, 1000 * CLOCK_NS_PER_S);
        out_ms[i] = (retry.not_before_ns - 1000 * CLOCK_NS_PER_S) / CLOCK_NS_PER_MS;
    }
}

static void test_backoff_grows_by_half_to_double_up_to_thirty_seconds(void **state)
{
    struct send_result busy = { .verdict = SEND_RETRY };
    uint64_t wait_ms[20];

    (void)state;
    for (int round = 0; round < 100; round++) {
        waits(&busy, wait_ms, 20);

        assert_in_range(wait_ms[0], 500, 1500);
        for (int i = 1; i < 20; i++) {
            assert_true(wait_ms[i] <= 30000);
            if (wait_ms[i - 1] < 15000)
                assert_in_range(wait_ms[i], wait_ms[i - 1] * 149 / 100, wait_ms[i - 1] * 2 + 2);
        }
        assert_in_range(wait_ms[19], 26000, 30000);
    }
}

static void test_where_nothing_listens_the_wait_stays_short(void **state)
{
    struct send_result gone = { .verdict = SEND_RETRY, .is_unreachable = true };
    uint64_t wait_ms[20];

    (void)state;
    waits(&gone, wait_ms, 20);

    assert_in_range(wait_ms[19], 4000, 5000);
}

static void test_two_receivers_do_not_come_back_together(void **state)
{
    struct send_result busy = { .verdict = SEND_RETRY };
    uint64_t one[6], other[6];

    (void)state;
    waits(&busy, one, 6);
    waits(&busy, other, 6);

    assert_memory_not_equal(one, other, sizeof one);
}

static void test_what_the_receiver_asks_for_is_kept(void **state)
{
    struct send_result asks = { .verdict = SEND_RETRY, .retry_after_ns = 100 * CLOCK_NS_PER_S };
    struct send_result asks_too_much = { .verdict = SEND_RETRY, .retry_after_ns = UINT64_MAX };
    uint64_t wait_ms[1];

    (void)state;
    waits(&asks, wait_ms, 1);
    assert_in_range(wait_ms[0], 100000, 110000);
    waits(&asks_too_much, wait_ms, 1);
    assert_in_range(wait_ms[0], 600000, 660000);
}

static void test_success_begins_anew(void **state)
{
    struct send_result busy = { .verdict = SEND_RETRY };
    struct retry retry;

    (void)state;
    retry_init(&retry);
    for (int i = 0; i < 10; i++)
        retry_fail(&retry, &busy, 0);
    retry_succeed(&retry);
    assert_int_equal(retry.not_before_ns, 0);
    retry_fail(&retry, &busy, 0);

    assert_true(retry.not_before_ns <= 1500 * CLOCK_NS_PER_MS);
}

static void test_retry_after_is_seconds_or_a_date(void **state)
{
    const uint64_t now_ns = UINT64_C(784111777) * CLOCK_NS_PER_S; /* 1994-11-06T08:49:37Z */
    static const struct {
        const char *text;
        bool is_good;
        uint64_t wait_s;
    } cases[] = {
        { "120", true, 120 },
        { " 0\r\n", true, 0 },
        { "99999999999999999999", true, UINT32_MAX },
        { "Sun, 06 Nov 1994 08:49:47 GMT", true, 10 },
        { "Sunday, 06-Nov-94 08:49:47 GMT", true, 10 },
        { "Sun Nov  6 08:49:47 1994", true, 10 },
        { "Sun, 06 Nov 1994 08:49:00 GMT", true, 0 },
        { "", false, 0 },
        { "-1", false, 0 },
        { "1.5", false, 0 },
        { "soon", false, 0 },
        { "12345678901234567890123456789012345678901234567890123456789012345", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t wait_ns = 0;
        bool is_good = retry_after_parse(cases[i].text, strlen(cases[i].text), now_ns, &wait_ns);

        if (is_good != cases[i].is_good || (is_good && wait_ns != cases[i].wait_s * CLOCK_NS_PER_S))
            fail_msg("\"%s\": %d, %llu ns", cases[i].text, is_good, (unsigned long long)wait_ns);
    }
}

static void test_spoilt_retry_after_is_refused_or_a_wait(void **state)
{
    static const char *const GOODS[] = { "120", "Sun, 06 Nov 1994 08:49:47 GMT",
                                         "Sun Nov  6 08:49:47 1994" };
    const uint64_t now_ns = UINT64_C(784111777) * CLOCK_NS_PER_S;
    uint64_t random[4] = { 1, 2, 3, 4 };
    int taken = 0;

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        const char *good = GOODS[i % 3];
        size_t length;
        char *text = random_mutation(random, good, strlen(good), &length);
        uint64_t wait_ns = 0;

        if (retry_after_parse(text, length, now_ns, &wait_ns))
            taken++;
        else
            assert_int_equal(wait_ns, 0);
        free(text);
    }
    assert_in_range(taken, 1, random_times(MUTATIONS) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses_mean_what_the_protocol_says),
        cmocka_unit_test(test_backoff_grows_by_half_to_double_up_to_thirty_seconds),
        cmocka_unit_test(test_where_nothing_listens_the_wait_stays_short),
        cmocka_unit_test(test_two_receivers_do_not_come_back_together),
        cmocka_unit_test(test_what_the_receiver_asks_for_is_kept),
        cmocka_unit_test(test_success_begins_anew),
        cmocka_unit_test(test_retry_after_is_seconds_or_a_date),
        cmocka_unit_test(test_spoilt_retry_after_is_refused_or_a_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
