#include "record/propagate_tracecontext.h"

#include "../../../fakes/random_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "12345678901234567890123456789012"
#define SPAN "1234567890123456"
#define MUTATIONS 300000

static const struct {
    const char *reason;
    const char *header;
    bool is_good;
    uint8_t flags;
} parents[] = {
    { "sampled", "00-" ID "-" SPAN "-01", true, 1 },
    { "not sampled", "00-" ID "-" SPAN "-00", true, 0 },
    { "sampled and random", "00-" ID "-" SPAN "-03", true, 3 },
    { "unknown flags are dropped", "00-" ID "-" SPAN "-ff", true, 3 },
    { "white space around", " \t00-" ID "-" SPAN "-01\t ", true, 1 },
    { "a later version", "cc-" ID "-" SPAN "-01", true, 1 },
    { "a later version with more", "cc-" ID "-" SPAN "-01-what-the-future", true, 1 },
    { "a later version with a dash only", "cc-" ID "-" SPAN "-01-", true, 1 },
    { "a later version, more without dash", "cc-" ID "-" SPAN "-01.what", false, 0 },
    { "version 00 with more", "00-" ID "-" SPAN "-01-what", false, 0 },
    { "version 00 with a dot", "00-" ID "-" SPAN "-01.", false, 0 },
    { "version ff", "ff-" ID "-" SPAN "-01", false, 0 },
    { "version in capitals", "CC-" ID "-" SPAN "-01", false, 0 },
    { "version of one digit", "0-" ID "-" SPAN "-01", false, 0 },
    { "version of three digits", "000-" ID "-" SPAN "-01", false, 0 },
    { "version not hex", ".0-" ID "-" SPAN "-01", false, 0 },
    { "trace id of zeros", "00-00000000000000000000000000000000-" SPAN "-01", false, 0 },
    { "trace id in capitals", "00-1234567890123456789012345678901A-" SPAN "-01", false, 0 },
    { "trace id not hex", "00-1234567890123456789012345678901.-" SPAN "-01", false, 0 },
    { "trace id too long", "00-" ID "0-" SPAN "-01", false, 0 },
    { "trace id too short", "00-1234567890123456789012345678901-" SPAN "-01", false, 0 },
    { "span id of zeros", "00-" ID "-0000000000000000-01", false, 0 },
    { "span id not hex", "00-" ID "-123456789012345.-01", false, 0 },
    { "span id too long", "00-" ID "-" SPAN "0-01", false, 0 },
    { "span id too short", "00-" ID "-123456789012345-01", false, 0 },
    { "flags not hex", "00-" ID "-" SPAN "-.0", false, 0 },
    { "flags of one digit", "00-" ID "-" SPAN "-1", false, 0 },
    { "flags in capitals", "00-" ID "-" SPAN "-0A", false, 0 },
    { "two of them, joined", "00-" ID "-" SPAN "-01, 00-" ID "-" SPAN "-01", false, 0 },
    { "no dashes", "00_" ID "_" SPAN "_01", false, 0 },
    { "empty", "", false, 0 },
    { "white space only", "  ", false, 0 },
};

static void test_traceparent_follows_the_w3c_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++) {
        struct otel_context context = { .trace_flags = 0x77 };
        bool is_good = traceparent_parse(otel_str(parents[i].header), &context);

        if (is_good != parents[i].is_good)
            fail_msg("%s: %s", parents[i].reason, is_good ? "taken" : "refused");
        if (context.trace_flags != (is_good ? parents[i].flags : 0x77))
            fail_msg("%s: flags %02x", parents[i].reason, context.trace_flags);
        assert_int_equal(context.is_remote, is_good);
    }
}

static void test_traceparent_gives_back_its_ids(void **state)
{
    static const uint8_t trace_id[16] = { 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56,
                                          0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12 };
    struct otel_context context;

    (void)state;
    assert_true(traceparent_parse(OTEL_STR("00-" ID "-" SPAN "-01"), &context));
    assert_memory_equal(context.trace_id, trace_id, sizeof trace_id);
    assert_memory_equal(context.span_id, trace_id, 8);
}

static void test_traceparent_mutations_stay_in_bounds(void **state)
{
    static const char good[] = "cc-" ID "-" SPAN "-01-x";
    uint64_t generator[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        size_t length = (size_t)(random_next(generator) % sizeof good);
        char *text = malloc(length + 1); /* exactly as long, for the address sanitizer */
        struct otel_context context;

        assert_non_null(text);
        memcpy(text, good, length);
        if (length && i % 2)
            text[random_next(generator) % length] = (char)random_next(generator);
        if (traceparent_parse((struct otel_str){ text, length }, &context))
            assert_true(context.is_remote);
        free(text);
    }
}

/* Members of so many, "k0=v,k1=v,...". */
static void list_make(char *out, size_t size, int count)
{
    size_t used = 0;

    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(out + used, size - used, "%sk%d=v", i ? "," : "", i);
}

static void assert_state(const char *reason, const char *first, const char *second,
                         const char *expected)
{
    struct tracestate state = { .count = 0 };
    char out[TRACESTATE_BYTES_MAX + 1];
    size_t length = 0;

    tracestate_add(&state, otel_str(first));
    if (second)
        tracestate_add(&state, otel_str(second));
    length = tracestate_write(&state, out);
    out[length] = '\0';
    if (strcmp(out, expected) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", reason, out, expected);
}

static void test_tracestate_follows_the_w3c_cases(void **state)
{
    char key[258];
    char text[600];

    (void)state;
    assert_state("one", "foo=1", NULL, "foo=1");
    assert_state("two headers are one list", "foo=1", "bar=2", "foo=1,bar=2");
    assert_state("white space and empty members", " foo=1 ,,\t, bar=2 ", "", "foo=1,bar=2");
    assert_state("all that a key may have", "0a_-*/@z=1", NULL, "0a_-*/@z=1");
    assert_state("a key that starts with @", "@a=1", NULL, "");
    assert_state("a key that starts with a dash", "-a=1", NULL, "");
    assert_state("capitals in a key", "Foo=1", NULL, "");
    assert_state("a blank in a key", "foo =1", NULL, "");
    assert_state("no value", "foo=", NULL, "");
    assert_state("no equals sign", "foo", NULL, "");
    assert_state("two equals signs", "foo=bar=baz", NULL, "");
    assert_state("a control character", "foo=a\x01z", NULL, "");
    assert_state("one bad member spoils all", "foo=1,@=2", "bar=3", "");
    assert_state("duplicate keys stay", "foo=1,foo=2", NULL, "foo=1,foo=2");
    assert_state("blanks inside a value", "foo=a b", NULL, "foo=a b");

    memset(key, 'k', sizeof key);
    (void)snprintf(text, sizeof text, "%.256s=1", key);
    assert_state("the longest key", text, NULL, text);
    (void)snprintf(text, sizeof text, "%.257s=1", key);
    assert_state("a key too long", text, NULL, "");
    (void)snprintf(text, sizeof text, "a=%.256s", key);
    assert_state("the longest value", text, NULL, text);
    (void)snprintf(text, sizeof text, "a=%.257s", key);
    assert_state("a value too long", text, NULL, "");
    list_make(text, sizeof text, 32);
    assert_state("32 members", text, NULL, text);
    list_make(text, sizeof text, 33);
    assert_state("33 members", text, NULL, "");
}

static void test_tracestate_that_is_too_long_loses_long_members_first_then_the_last(void **state)
{
    char filler[200];
    char text[1200];
    char expected[600];

    (void)state;
    memset(filler, 'x', sizeof filler);
    /* 3 + 152 + 202 + 122 + 122 = 602 with commas: the long second one goes, and that is enough. */
    (void)snprintf(text, sizeof text, "a=1,b=%.127s,c=%.198s,d=%.120s,e=%.120s", filler, filler,
                   filler, filler);
    (void)snprintf(expected, sizeof expected, "a=1,b=%.127s,d=%.120s,e=%.120s", filler, filler,
                   filler);
    assert_state("long members", text, NULL, expected);

    (void)snprintf(text, sizeof text, "a=%.120s,b=%.120s,c=%.120s,d=%.120s,e=%.120s", filler,
                   filler, filler, filler, filler);
    (void)snprintf(expected, sizeof expected, "a=%.120s,b=%.120s,c=%.120s,d=%.120s", filler, filler,
                   filler, filler);
    assert_state("short members", text, NULL, expected);
}

static void test_tracestate_mutations_stay_in_bounds(void **state)
{
    static const char good[] = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE , a@b=1,,ot=th:8;rv:0123";
    uint64_t generator[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        size_t length, written;
        char *text = random_mutation(generator, good, sizeof good - 1, &length);
        struct tracestate members = { .count = 0 };
        char out[TRACESTATE_BYTES_MAX];

        for (int n = 0; n < 9; n++)
            tracestate_add(&members, (struct otel_str){ text, length });
        assert_true(members.count <= TRACESTATE_MEMBERS_MAX);
        written = tracestate_write(&members, out);
        assert_true(written <= sizeof out);
        for (size_t at = 0; at < written; at++)
            assert_true(out[at] >= ' ' && out[at] <= '~');
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traceparent_follows_the_w3c_cases),
        cmocka_unit_test(test_traceparent_gives_back_its_ids),
        cmocka_unit_test(test_traceparent_mutations_stay_in_bounds),
        cmocka_unit_test(test_tracestate_mutations_stay_in_bounds),
        cmocka_unit_test(test_tracestate_follows_the_w3c_cases),
        cmocka_unit_test(test_tracestate_that_is_too_long_loses_long_members_first_then_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
