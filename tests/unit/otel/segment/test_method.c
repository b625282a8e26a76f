/* Request methods by number: which are known is an option, and the texts may be scribbled over. */
#include "segment/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct segment_config config;

static void assert_text(uint16_t number, const char *expected)
{
    size_t length;
    const char *text = segment_method_text(&config, number, &length);

    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void test_method_is_found_as_it_is_spelled(void **state)
{
    (void)state;
    assert_int_equal(segment_methods_set(&config, SEGMENT_METHODS_DEFAULT), 0);
    assert_text(segment_method_find(&config, "GET", 3), "GET");
    assert_text(segment_method_find(&config, "QUERY", 5), "QUERY");
    assert_text(segment_method_find(&config, "get", 3), "_OTHER");
    assert_text(segment_method_find(&config, "GE", 2), "_OTHER");
    assert_text(segment_method_find(&config, NULL, 0), "_OTHER");
    assert_text(segment_method_find(&config, "A-METHOD-TOO-LONG", 17), "_OTHER");
    assert_text(SEGMENT_METHOD_COUNT, "_OTHER");
    assert_text(UINT16_MAX, "_OTHER");
}

static void test_method_list_is_taken_for_the_one_before(void **state)
{
    (void)state;
    assert_int_equal(segment_methods_set(&config, " PROPFIND , MKCOL"), 0);
    assert_text(segment_method_find(&config, "PROPFIND", 8), "PROPFIND");
    assert_text(segment_method_find(&config, "MKCOL", 5), "MKCOL");
    assert_text(segment_method_find(&config, "GET", 3), "_OTHER");
}

static void test_method_list_is_bounded(void **state)
{
    char list[4 * SEGMENT_METHOD_COUNT + 1] = "";
    char *end = list;

    (void)state;
    for (int i = 1; i < SEGMENT_METHOD_COUNT; i++, end += 4)
        memcpy(end, "ABC,", 4);
    assert_int_equal(segment_methods_set(&config, list), 0);
    memcpy(end, "XYZ", sizeof "XYZ");
    assert_int_equal(segment_methods_set(&config, list), 1);
    assert_int_equal(segment_methods_set(&config, "FIFTEEN-LETTERS,SIXTEEN-LETTERS-,,LAST"), 2);
    assert_text(1, "FIFTEEN-LETTERS");
    assert_text(2, "LAST");
}

static void test_method_text_that_was_scribbled_over_ends_with_its_place(void **state)
{
    size_t length;

    (void)state;
    memset(config.methods, 'x', sizeof config.methods);
    (void)segment_method_text(&config, SEGMENT_METHOD_COUNT - 1, &length);
    assert_int_equal(length, SEGMENT_METHOD_BYTES);
    assert_int_equal(segment_method_find(&config, "xxx", 3), SEGMENT_METHOD_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_method_is_found_as_it_is_spelled),
        cmocka_unit_test(test_method_list_is_taken_for_the_one_before),
        cmocka_unit_test(test_method_list_is_bounded),
        cmocka_unit_test(test_method_text_that_was_scribbled_over_ends_with_its_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
