#include "record/propagate_b3.h"

#include "propagation.h"

static void test_single_header_follows_its_rules(void **state)
{
    static const struct parent_case CASES[] = {
        { "sampled", TRACE "-" SPAN "-1", REMOTE_SAMPLED, TRACE, SPAN },
        { "not sampled", TRACE "-" SPAN "-0", REMOTE_NOT_SAMPLED, TRACE, SPAN },
        { "debug implies sampled", TRACE "-" SPAN "-d", REMOTE_DEBUG, TRACE, SPAN },
        { "no state: deferred", TRACE "-" SPAN, REMOTE_DEFERRED, TRACE, SPAN },
        { "with the caller's parent", TRACE "-" SPAN "-1-05e3ac9a4f6e3b90", REMOTE_SAMPLED, TRACE,
          SPAN },
        { "trace id of 64 bits", LOW "-" SPAN "-1", REMOTE_SAMPLED, PADDED, SPAN },
        { "capitals are digits", "0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-1",
          REMOTE_SAMPLED, TRACE, SPAN },
        { "white space around", " \t" TRACE "-" SPAN "-1 ", REMOTE_SAMPLED, TRACE, SPAN },
        { "0 alone", "0", REMOTE_NOT_SAMPLED, NULL, NULL },
        { "1 alone", "1", REMOTE_SAMPLED, NULL, NULL },
        { "d alone", "d", REMOTE_DEBUG, NULL, NULL },
        { "empty", "", REFUSED, NULL, NULL },
        { "white space only", "  ", REFUSED, NULL, NULL },
        { "unknown state alone", "2", REFUSED, NULL, NULL },
        { "trace id alone", TRACE, REFUSED, NULL, NULL },
        { "no span id", TRACE "-", REFUSED, NULL, NULL },
        { "state without its value", TRACE "-" SPAN "-", REFUSED, NULL, NULL },
        { "unknown state", TRACE "-" SPAN "-2", REFUSED, NULL, NULL },
        { "state in words", TRACE "-" SPAN "-true", REFUSED, NULL, NULL },
        { "debug in capitals", TRACE "-" SPAN "-D", REFUSED, NULL, NULL },
        { "parent too short", TRACE "-" SPAN "-1-05e3", REFUSED, NULL, NULL },
        { "parent not hex", TRACE "-" SPAN "-1-05e3ac9a4f6e3b9x", REFUSED, NULL, NULL },
        { "more than four fields", TRACE "-" SPAN "-1-05e3ac9a4f6e3b90-1", REFUSED, NULL, NULL },
        { "trace id of zeros", "00000000000000000000000000000000-" SPAN "-1", REFUSED, NULL, NULL },
        { "span id of zeros", TRACE "-0000000000000000-1", REFUSED, NULL, NULL },
        { "trace id too long", TRACE "0-" SPAN "-1", REFUSED, NULL, NULL },
        { "trace id between the lengths", "0000" LOW "-" SPAN "-1", REFUSED, NULL, NULL },
        { "trace id too short", "af7651916cd43dd-" SPAN "-1", REFUSED, NULL, NULL },
        { "trace id not hex", "0af7651916cd43dd8448eb211c80319x-" SPAN "-1", REFUSED, NULL, NULL },
        { "span id too long", TRACE "-" SPAN "0-1", REFUSED, NULL, NULL },
        { "span id too short", TRACE "-b7ad6b716920333-1", REFUSED, NULL, NULL },
        { "span id not hex", TRACE "-b7ad6b716920333x-1", REFUSED, NULL, NULL },
        { "two of them, joined", TRACE "-" SPAN "-1, " TRACE "-" SPAN "-1", REFUSED, NULL, NULL },
    };

    (void)state;
    parents_check(b3_parse, CASES, sizeof CASES / sizeof CASES[0]);
}

static void test_several_headers_follow_their_rules(void **state)
{
    static const struct {
        struct parent_case expected;
        const char *trace_id;
        const char *span_id;
        const char *sampled;
        const char *flags;
    } CASES[] = {
        { { "sampled", NULL, REMOTE_SAMPLED, TRACE, SPAN }, TRACE, SPAN, "1", NULL },
        { { "not sampled", NULL, REMOTE_NOT_SAMPLED, TRACE, SPAN }, TRACE, SPAN, "0", NULL },
        { { "true, leniently", NULL, REMOTE_SAMPLED, TRACE, SPAN }, TRACE, SPAN, "True", NULL },
        { { "false, leniently", NULL, REMOTE_NOT_SAMPLED, TRACE, SPAN },
          TRACE,
          SPAN,
          "false",
          NULL },
        { { "no state: deferred", NULL, REMOTE_DEFERRED, TRACE, SPAN }, TRACE, SPAN, NULL, NULL },
        { { "debug", NULL, REMOTE_DEBUG, TRACE, SPAN }, TRACE, SPAN, NULL, "1" },
        { { "debug over not sampled", NULL, REMOTE_DEBUG, TRACE, SPAN }, TRACE, SPAN, "0", "1" },
        { { "flags without debug", NULL, REMOTE_SAMPLED, TRACE, SPAN }, TRACE, SPAN, "1", "0" },
        { { "flags that nobody knows", NULL, REMOTE_DEFERRED, TRACE, SPAN },
          TRACE,
          SPAN,
          NULL,
          "yes" },
        { { "trace id of 64 bits", NULL, REMOTE_SAMPLED, PADDED, SPAN }, LOW, SPAN, "1", NULL },
        { { "white space around", NULL, REMOTE_SAMPLED, TRACE, SPAN },
          " " TRACE,
          SPAN "\t",
          " 1 ",
          NULL },
        { { "state alone", NULL, REMOTE_NOT_SAMPLED, NULL, NULL }, NULL, NULL, "0", NULL },
        { { "debug alone", NULL, REMOTE_DEBUG, NULL, NULL }, NULL, NULL, NULL, "1" },
        { { "nothing", NULL, REFUSED, NULL, NULL }, NULL, NULL, NULL, NULL },
        { { "no span id", NULL, REFUSED, NULL, NULL }, TRACE, NULL, "1", NULL },
        { { "no trace id", NULL, REFUSED, NULL, NULL }, NULL, SPAN, "1", NULL },
        { { "trace id empty", NULL, REFUSED, NULL, NULL }, "", SPAN, "1", NULL },
        { { "state not known", NULL, REFUSED, NULL, NULL }, TRACE, SPAN, "yes", NULL },
        { { "state empty", NULL, REFUSED, NULL, NULL }, TRACE, SPAN, "", NULL },
        { { "trace id too long", NULL, REFUSED, NULL, NULL }, TRACE "0", SPAN, "1", NULL },
        { { "span id of zeros", NULL, REFUSED, NULL, NULL }, TRACE, "0000000000000000", "1", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct b3_headers headers = { otel_str(CASES[i].trace_id), otel_str(CASES[i].span_id),
                                            otel_str(CASES[i].sampled), otel_str(CASES[i].flags) };
        struct remote_parent parent = { .context = { .trace_flags = 0x77 } };

        parent_check(&CASES[i].expected, b3_multi_parse(&headers, &parent), &parent);
    }
}

static void test_hostile_text_is_refused_or_right(void **state)
{
    (void)state;
    parents_survive(b3_parse, TRACE "-" SPAN "-1-05e3ac9a4f6e3b90", 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_header_follows_its_rules),
        cmocka_unit_test(test_several_headers_follow_their_rules),
        cmocka_unit_test(test_hostile_text_is_refused_or_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
