#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/header_list.h"

#include <stdio.h>
#include <string.h>

static void take(void *user, const char *line)
{
    char *all = user;
    size_t used = strlen(all);

    snprintf(all + used, 256 - used, "%s|", line);
}

static void test_headers(void **state)
{
    static const struct {
        const char *list, *lines;
        unsigned bad_count;
        const char *reason;
    } cases[] = {
        { "", "", 0, "none" },
        { "a=b", "a: b|", 0, "one" },
        { " api-key = secret , x=y", "api-key: secret|x: y|", 0, "spaces do not count" },
        { "authorization=Basic%20dXNlcjpwYXNz==", "authorization: Basic dXNlcjpwYXNz==|", 0,
          "split at the first equals sign, decoded" },
        { "a=,b=c", "a: |b: c|", 0, "an empty value is a value" },
        { "a=1%0d%0aEvil:%20yes", "", 1, "no second header can be smuggled in" },
        { "a=%00", "", 1, "no control characters" },
        { "a b=c", "", 1, "a name is a token" },
        { "a:=c", "", 1, "a name has no colon" },
        { "plain,x=y", "x: y|", 1, "a member that is no pair, the rest is used" },
        { "a=%zz", "", 1, "a wrong escape" },
        { "a=\xc3\xa9", "a: \xc3\xa9|", 0, "bytes beyond ASCII pass" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char lines[256] = "";
        unsigned bad_count = header_list_parse(cases[i].list, false, take, lines);

        if (bad_count != cases[i].bad_count || strcmp(lines, cases[i].lines) != 0)
            fail_msg("%s: %u bad, \"%s\"", cases[i].reason, bad_count, lines);
    }
}

static void test_binary_metadata_of_grpc_goes_in_base64(void **state)
{
    static const char *const CASES[][2] = {
        { "a-bin=%00%ff%0a", "a-bin: AP8K|" },
        { "a-bin=f", "a-bin: Zg|" },
        { "a-bin=fo", "a-bin: Zm8|" },
        { "a-bin=foobar", "a-bin: Zm9vYmFy|" },
        { "a-bin=", "a-bin: |" },
        { "-bin=x,a=y", "-bin: x|a: y|" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char lines[256] = "";

        assert_int_equal(header_list_parse(CASES[i][0], true, take, lines), 0);
        assert_string_equal(lines, CASES[i][1]);
    }
}

static void test_header_that_is_too_long_is_left_out(void **state)
{
    static char list[9000];
    char lines[256] = "";

    (void)state;
    memset(list, 'x', sizeof list - 1);
    memcpy(list, "a=", 2);

    assert_int_equal(header_list_parse(list, false, take, lines), 1);
    assert_string_equal(lines, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_binary_metadata_of_grpc_goes_in_base64),
        cmocka_unit_test(test_header_that_is_too_long_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
