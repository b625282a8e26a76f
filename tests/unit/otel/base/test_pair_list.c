#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pair_list.h"

#include <string.h>

static void assert_text(const char *text, size_t length, const char *expected)
{
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void test_pairs_are_trimmed_and_split_at_the_first_equals_sign(void **state)
{
    const char *cursor = " a = b=c ,\tkey=\t,, ,last=1";
    struct pair pair;

    (void)state;
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_PAIR);
    assert_text(pair.key, pair.key_length, "a");
    assert_text(pair.value, pair.value_length, "b=c");
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_PAIR);
    assert_text(pair.key, pair.key_length, "key");
    assert_text(pair.value, pair.value_length, "");
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_PAIR);
    assert_text(pair.key, pair.key_length, "last");
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_END);
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_END);
}

static void test_member_that_is_no_pair_is_told_and_passed_over(void **state)
{
    const char *cursor = "word,=value,a=b";
    struct pair pair;

    (void)state;
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_BAD);
    assert_text(pair.value, pair.value_length, "word");
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_BAD);
    assert_text(pair.value, pair.value_length, "=value");
    assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_PAIR);
}

static void test_empty_lists_have_no_pair(void **state)
{
    static const char *const lists[] = { "", " ", ",", " , ,\t" };
    struct pair pair;

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const char *cursor = lists[i];
        assert_int_equal(pair_list_next(&cursor, &pair), PAIR_LIST_END);
    }
}

static void test_percent_decoding(void **state)
{
    static const struct {
        const char *text, *expected, *reason;
    } cases[] = {
        { "plain", "plain", "nothing to do" },
        { "a%2Cb%3dc", "a,b=c", "digits of either case" },
        { "%25", "%", "the sign itself" },
        { "a+b", "a+b", "a plus is a plus" },
        { "%", NULL, "no digit" },
        { "%4", NULL, "one digit" },
        { "%4g", NULL, "a letter beyond f" },
        { "ok%", NULL, "at the end" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[16];
        size_t length = 0;
        bool is_good = pair_decode(cases[i].text, strlen(cases[i].text), out, &length);

        if (is_good != (cases[i].expected != NULL))
            fail_msg("%s", cases[i].reason);
        if (is_good)
            assert_text(out, length, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_trimmed_and_split_at_the_first_equals_sign),
        cmocka_unit_test(test_member_that_is_no_pair_is_told_and_passed_over),
        cmocka_unit_test(test_empty_lists_have_no_pair),
        cmocka_unit_test(test_percent_decoding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
