#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/resource.h"
#include "base/mem.h"
#include "otel/semconv.h"

#include <stdio.h>
#include <string.h>

static struct attributes set;

static struct resource_options options(const char *attributes, const char *service_name)
{
    return (struct resource_options){
        .attributes = attributes, .service_name = service_name, .pool = "", .version = "1.2.3"
    };
}

/* The text of one key; "(none)" when it is not there. */
static const char *value_of(const char *key)
{
    static char text[256];
    struct record_view item;
    size_t offset = 0;

    while (attributes_next(set.record, &offset, &item)) {
        if (item.key_length == strlen(key) && memcmp(item.key, key, item.key_length) == 0) {
            snprintf(text, sizeof text, "%.*s", (int)item.value_length, (const char *)item.value);
            return text;
        }
    }
    return "(none)";
}

static void test_defaults(void **state)
{
    struct otel_attribute program =
        otel_attribute_string(OTEL_PROCESS_EXECUTABLE_NAME, OTEL_STR("fcgiwrap"));
    struct resource_options given = options("", "");

    (void)state;
    given.own = &program;
    given.own_count = 1;
    given.early_count = 1;

    assert_int_equal(resource_make(&given, &set), RESOURCE_OK);

    assert_string_equal(value_of("service.name"), "unknown_service:fcgiwrap");
    assert_string_equal(value_of("telemetry.sdk.name"), "board-otel");
    assert_string_equal(value_of("telemetry.sdk.language"), "c");
    assert_string_equal(value_of("telemetry.sdk.version"), "1.2.3");
}

static void test_later_sources_win(void **state)
{
    static const struct {
        const char *attributes, *service_name, *expected, *reason;
    } cases[] = {
        { "", "", "unknown_service", "nothing is known" },
        { "service.name=listed", "", "listed", "the list wins over the default" },
        { "service.name=", "", "", "also with an empty value" },
        { "service.name=listed", "named", "named", "service_name wins over the list" },
        { "service.name=a, service.name=b", "", "b", "the last of two" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct resource_options given = options(cases[i].attributes, cases[i].service_name);

        assert_int_equal(resource_make(&given, &set), RESOURCE_OK);
        if (strcmp(value_of("service.name"), cases[i].expected) != 0)
            fail_msg("%s: %s", cases[i].reason, value_of("service.name"));
    }
}

static void test_items_with_a_type_win_over_the_list(void **state)
{
    static uint8_t text[] = { 1, 0, 0, 0, 'x' };
    static char key[] = "a";
    const struct resource_item item = { key, RECORD_VALUE_STRINGS, text, sizeof text };
    struct resource_options given = options("a=1,b=2", "");

    (void)state;
    given.items = &item;
    given.item_count = 1;

    assert_int_equal(resource_make(&given, &set), RESOURCE_OK);

    assert_memory_equal(value_of("a"), "\1", sizeof "\1"); /* of one letter */
    assert_string_equal(value_of("b"), "2");
}

static void test_list_is_percent_decoded(void **state)
{
    struct resource_options given = options(" team = a%2Cb%3Dc ,k%3D1=v,,empty=", "");

    (void)state;
    assert_int_equal(resource_make(&given, &set), RESOURCE_OK);

    assert_string_equal(value_of("team"), "a,b=c");
    assert_string_equal(value_of("k=1"), "v");
    assert_string_equal(value_of("empty"), "");
}

static void test_one_error_discards_the_whole_list(void **state)
{
    static const char *const lists[] = { "team=a,novalue", "team=a,=b", "team=a,x=%4",
                                         "team=a,x=%zz" };

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct resource_options given = options(lists[i], "named");

        assert_int_equal(resource_make(&given, &set), RESOURCE_BAD_TEXT);

        assert_string_equal(value_of("team"), "(none)");
        assert_string_equal(value_of("service.name"), "named");
    }
}

static void test_too_long_a_list_is_left_out(void **state)
{
    static char list[2 * RECORD_BYTES_MAX];
    struct resource_options given;
    size_t used = 0;

    (void)state;
    while (used < RECORD_BYTES_MAX)
        used += (size_t)snprintf(list + used, sizeof list - used, "key%zu=%0100d,", used, 0);
    given = options(list, "named");

    assert_int_equal(resource_make(&given, &set), RESOURCE_TOO_LONG);

    assert_string_equal(value_of("key0"), "(none)");
    assert_string_equal(value_of("service.name"), "named");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_later_sources_win),
        cmocka_unit_test(test_items_with_a_type_win_over_the_list),
        cmocka_unit_test(test_list_is_percent_decoded),
        cmocka_unit_test(test_one_error_discards_the_whole_list),
        cmocka_unit_test(test_too_long_a_list_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
