#include "hooks/url_full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *url, const char *wanted)
{
    char out[256];
    size_t length = url_full_write(url, out, sizeof(out) - 1);

    out[length] = '\0';
    assert_string_equal(out, wanted);
}

static void test_credentials_are_hidden(void **state)
{
    (void)state;
    expect("http://a:b@host:1/x", "http://REDACTED:REDACTED@host:1/x");
    expect("http://a@host", "http://REDACTED:REDACTED@host");
    expect("http://a:p@q@host/", "http://REDACTED:REDACTED@host/");
    expect("http://host/a@b?c=d@e", "http://host/a@b?c=d@e");
}

static void test_signatures_are_hidden(void **state)
{
    (void)state;
    expect("http://h/?a=1&sig=xyz&b=2#sig=1", "http://h/?a=1&sig=REDACTED&b=2#sig=1");
    expect("http://h/?AWSAccessKeyId=k&Signature=s",
           "http://h/?AWSAccessKeyId=REDACTED&Signature=REDACTED");
    expect("http://h/?sig&X-Goog-Signature=", "http://h/?sig&X-Goog-Signature=REDACTED");
}

static void test_what_does_not_fit_is_cut(void **state)
{
    char out[12];

    (void)state;
    assert_int_equal(url_full_write("http://a:b@host/", out, sizeof(out)), 12);
    assert_memory_equal(out, "http://REDAC", 12);
    assert_int_equal(url_full_write("http://h/", out, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credentials_are_hidden),
        cmocka_unit_test(test_signatures_are_hidden),
        cmocka_unit_test(test_what_does_not_fit_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
