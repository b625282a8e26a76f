#include "record/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_query(const char *query, const char *expected)
{
    char out[128];
    bool is_cut = true;
    size_t length = query_redact(otel_str(query), out, sizeof out - 1, &is_cut);

    out[length] = '\0';
    assert_string_equal(out, expected);
    assert_false(is_cut);
}

static void test_query_hides_the_values_that_are_secret(void **state)
{
    (void)state;
    assert_query("a=1&sig=abc&b=2", "a=1&sig=REDACTED&b=2");
    assert_query("Signature=1", "Signature=REDACTED");
    assert_query("AWSAccessKeyId=1&X-Goog-Signature=2",
                 "AWSAccessKeyId=REDACTED&X-Goog-Signature=REDACTED");
    assert_query("X-Amz-Signature=1&X-Amz-Credential=2&X-Amz-Security-Token=3",
                 "X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED&X-Amz-Security-Token="
                 "REDACTED");
    assert_query("sig=&sig=a=b", "sig=REDACTED&sig=REDACTED");
}

static void test_query_leaves_everything_else_as_it_is(void **state)
{
    (void)state;
    assert_query("Sig=abc&signature=1&xsig=2&sig", "Sig=abc&signature=1&xsig=2&sig");
    assert_query("&&a=&=b&", "&&a=&=b&");
    assert_query("", "");
}

static void test_query_that_is_too_long_is_cut_at_a_character(void **state)
{
    char out[8];
    bool is_cut = false;

    (void)state;
    assert_int_equal(query_redact(OTEL_STR("abcdefg\xC3\xA9"), out, sizeof out, &is_cut), 7);
    assert_true(is_cut);
    assert_int_equal(query_redact(OTEL_STR("sig=verylong"), out, sizeof out, &is_cut), 8);
    assert_memory_equal(out, "sig=REDA", 8);
    assert_true(is_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_hides_the_values_that_are_secret),
        cmocka_unit_test(test_query_leaves_everything_else_as_it_is),
        cmocka_unit_test(test_query_that_is_too_long_is_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
