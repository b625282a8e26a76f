#include "record/propagate_jaeger.h"

#include "propagation.h"

static void test_uber_trace_id_follows_its_rules(void **state)
{
    static const struct parent_case CASES[] = {
        { "sampled", TRACE ":" SPAN ":0:1", REMOTE_SAMPLED, TRACE, SPAN },
        { "not sampled", TRACE ":" SPAN ":0:0", REMOTE_NOT_SAMPLED, TRACE, SPAN },
        { "debug", TRACE ":" SPAN ":0:3", REMOTE_DEBUG, TRACE, SPAN },
        { "debug without sampled does not count", TRACE ":" SPAN ":0:2", REMOTE_NOT_SAMPLED, TRACE,
          SPAN },
        { "flags of two digits", TRACE ":" SPAN ":0:01", REMOTE_SAMPLED, TRACE, SPAN },
        { "flags of others", TRACE ":" SPAN ":0:F9", REMOTE_SAMPLED, TRACE, SPAN },
        { "a parent", TRACE ":" SPAN ":05e3ac9a4f6e3b90:1", REMOTE_SAMPLED, TRACE, SPAN },
        { "trace id of 64 bits", LOW ":" SPAN ":0:1", REMOTE_SAMPLED, PADDED, SPAN },
        { "ids without leading zeros", "1:2:0:1", REMOTE_SAMPLED,
          "00000000000000000000000000000001", "0000000000000002" },
        { "percent-encoded", TRACE "%3A" SPAN "%3a0%3A1", REMOTE_SAMPLED, TRACE, SPAN },
        { "capitals are digits", "0AF7651916CD43DD8448EB211C80319C:" SPAN ":0:1", REMOTE_SAMPLED,
          TRACE, SPAN },
        { "white space around", " " TRACE ":" SPAN ":0:1\t", REMOTE_SAMPLED, TRACE, SPAN },
        { "empty", "", REFUSED, NULL, NULL },
        { "three fields", TRACE ":" SPAN ":1", REFUSED, NULL, NULL },
        { "five fields", TRACE ":" SPAN ":0:1:1", REFUSED, NULL, NULL },
        { "trace id of zeros", "0:" SPAN ":0:1", REFUSED, NULL, NULL },
        { "span id of zeros", TRACE ":0:0:1", REFUSED, NULL, NULL },
        { "trace id too long", TRACE "0:" SPAN ":0:1", REFUSED, NULL, NULL },
        { "span id too long", TRACE ":" SPAN "0:0:1", REFUSED, NULL, NULL },
        { "trace id empty", ":" SPAN ":0:1", REFUSED, NULL, NULL },
        { "trace id not hex", "x:" SPAN ":0:1", REFUSED, NULL, NULL },
        { "parent not hex", TRACE ":" SPAN ":-:1", REFUSED, NULL, NULL },
        { "parent empty", TRACE ":" SPAN "::1", REFUSED, NULL, NULL },
        { "flags empty", TRACE ":" SPAN ":0:", REFUSED, NULL, NULL },
        { "flags too long", TRACE ":" SPAN ":0:001", REFUSED, NULL, NULL },
        { "flags not hex", TRACE ":" SPAN ":0:x", REFUSED, NULL, NULL },
        { "a percent sign that encodes nothing", TRACE "%3" SPAN ":0:1", REFUSED, NULL, NULL },
        { "two of them, joined", TRACE ":" SPAN ":0:1, " TRACE ":" SPAN ":0:1", REFUSED, NULL,
          NULL },
    };

    (void)state;
    parents_check(uber_trace_id_parse, CASES, sizeof CASES / sizeof CASES[0]);
}

static void test_a_header_without_end_is_refused(void **state)
{
    char text[1024];
    struct remote_parent parent;

    (void)state;
    memset(text, '0', sizeof text);
    memcpy(text + sizeof text - strlen("1:2:0:1"), "1:2:0:1", strlen("1:2:0:1"));
    assert_false(uber_trace_id_parse((struct otel_str){ text, sizeof text }, &parent));
}

static void test_hostile_text_is_refused_or_right(void **state)
{
    (void)state;
    parents_survive(uber_trace_id_parse, TRACE "%3A" SPAN ":0:1", 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uber_trace_id_follows_its_rules),
        cmocka_unit_test(test_a_header_without_end_is_refused),
        cmocka_unit_test(test_hostile_text_is_refused_or_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
