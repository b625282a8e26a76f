#include "record/propagate_baggage.h"

#include "../../../fakes/random_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MUTATIONS 300000
#define BAGGAGE_LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static const struct {
    const char *reason;
    const char *list;
    const char *name;
    const char *expected; /* NULL: none */
} lookups[] = {
    { "the only one", "a=1", "a", "1" },
    { "the second", "a=1,b=2", "b", "2" },
    { "white space everywhere", " a = 1 , b\t=\t2 ", "b", "2" },
    { "properties are not the value", "a=1;ttl=5;x", "a", "1" },
    { "percent-encoded", "a=%20%2C%3b", "a", " ,;" },
    { "percent-encoded UTF-8", "a=%C3%A9", "a", "\xC3\xA9" },
    { "an invalid sequence", "a=%FFx", "a", "\xEF\xBF\xBDx" },
    { "a percent sign alone", "a=5%", "a", "5%" },
    { "a percent sign without digits", "a=%zz", "a", "%zz" },
    { "an empty value", "a=", "a", "" },
    { "an equals sign in the value", "a=b=c", "a", "b=c" },
    { "names are case-sensitive", "A=1", "a", NULL },
    { "names are not decoded", "%61=1", "a", NULL },
    { "no equals sign", "a", "a", NULL },
    { "a prefix", "ab=1", "a", NULL },
    { "a property's name", "b=1;a=2", "a", NULL },
    { "an empty list", "", "a", NULL },
    { "an empty name", "=1", "", NULL },
};

static void test_baggage_find_reads_the_w3c_syntax(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++) {
        char out[16] = "before";
        int length =
            baggage_find(otel_str(lookups[i].list), otel_str(lookups[i].name), out, sizeof out);
        const char *expected = lookups[i].expected ? lookups[i].expected : "";

        if (strcmp(out, expected) != 0 ||
            length != (lookups[i].expected ? (int)strlen(expected) : -1))
            fail_msg("%s: %d \"%s\"", lookups[i].reason, length, out);
    }
}

static void test_baggage_value_that_does_not_fit_is_none(void **state)
{
    char out[4];

    (void)state;
    assert_int_equal(baggage_find(OTEL_STR("a=123"), OTEL_STR("a"), out, sizeof out), 3);
    assert_int_equal(baggage_find(OTEL_STR("a=1234"), OTEL_STR("a"), out, sizeof out), -1);
    assert_string_equal(out, "");
    /* One bad byte becomes three. */
    assert_int_equal(baggage_find(OTEL_STR("a=%FF1"), OTEL_STR("a"), out, sizeof out), -1);
    assert_int_equal(baggage_find(OTEL_STR("a=1"), OTEL_STR("a"), out, 0), -1);
}

static void test_baggage_append_keeps_whole_members_only(void **state)
{
    char list[10];
    bool is_cut = false;
    size_t used = baggage_append(list, sizeof list, 0, OTEL_STR(" a=1 ,, b=22"), &is_cut);

    (void)state;
    assert_int_equal(used, 8);
    assert_memory_equal(list, "a=1,b=22", used);
    assert_false(is_cut);
    used = baggage_append(list, sizeof list, used, OTEL_STR("long=5,c"), &is_cut);
    assert_memory_equal(list, "a=1,b=22,c", used);
    assert_true(is_cut);
}

static void test_baggage_mutations_stay_in_bounds(void **state)
{
    static const char good[] = "a=%C3%A9;p,key = value ,x=%FF%";
    uint64_t generator[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        size_t length = (size_t)(random_next(generator) % sizeof good);
        size_t size = (size_t)(random_next(generator) % 12);
        char *text = malloc(length + 1);
        char *out = malloc(size + 1);

        assert_non_null(text);
        assert_non_null(out);
        memcpy(text, good, length);
        for (int n = 0; length && n < 3; n++)
            text[random_next(generator) % length] = (char)random_next(generator);
        assert_true(baggage_find((struct otel_str){ text, length }, OTEL_STR("x"), out, size) <
                    (int)(size ? size : 1));
        free(text);
        free(out);
    }
}

/* What is kept of two headers is a list that can be read, and within its room. */
static void test_baggage_of_hostile_headers_stays_within_its_limit(void **state)
{
    static const char good[] = "a=%C3%A9;p,key = value ,x=%FF%,long=" BAGGAGE_LONG;
    uint64_t generator[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        size_t length, used = 0;
        char *text = random_mutation(generator, good, sizeof good - 1, &length);
        size_t size = (size_t)random_next(generator) % 300;
        char *list = malloc(size + 1);
        bool is_cut = false;

        assert_non_null(list);
        for (int n = 0; n < 2; n++)
            used = baggage_append(list, size, used, (struct otel_str){ text, length }, &is_cut);
        assert_true(used <= size);
        free(text);
        free(list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_baggage_find_reads_the_w3c_syntax),
        cmocka_unit_test(test_baggage_value_that_does_not_fit_is_none),
        cmocka_unit_test(test_baggage_append_keeps_whole_members_only),
        cmocka_unit_test(test_baggage_mutations_stay_in_bounds),
        cmocka_unit_test(test_baggage_of_hostile_headers_stays_within_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
