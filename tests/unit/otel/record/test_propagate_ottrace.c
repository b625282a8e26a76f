#include "record/propagate_ottrace.h"

#include "propagation.h"

static void test_the_three_headers_follow_their_rules(void **state)
{
    static const struct {
        struct parent_case expected;
        const char *trace_id;
        const char *span_id;
        const char *sampled;
    } CASES[] = {
        { { "sampled", NULL, REMOTE_SAMPLED, PADDED, SPAN }, LOW, SPAN, "true" },
        { { "not sampled", NULL, REMOTE_NOT_SAMPLED, PADDED, SPAN }, LOW, SPAN, "false" },
        { { "no state: deferred", NULL, REMOTE_DEFERRED, PADDED, SPAN }, LOW, SPAN, NULL },
        { { "trace id of 128 bits", NULL, REMOTE_SAMPLED, TRACE, SPAN }, TRACE, SPAN, "true" },
        { { "short ids", NULL, REMOTE_SAMPLED, "00000000000000000000000000000abc",
            "000000000000000d" },
          "abc",
          "d",
          "true" },
        { { "capitals", NULL, REMOTE_SAMPLED, PADDED, SPAN }, "8448EB211C80319C", SPAN, "TRUE" },
        { { "white space around", NULL, REMOTE_SAMPLED, PADDED, SPAN },
          " " LOW,
          SPAN " ",
          "\ttrue" },
        { { "nothing", NULL, REFUSED, NULL, NULL }, NULL, NULL, NULL },
        { { "no span id", NULL, REFUSED, NULL, NULL }, LOW, NULL, "true" },
        { { "no trace id", NULL, REFUSED, NULL, NULL }, NULL, SPAN, "true" },
        { { "trace id empty", NULL, REFUSED, NULL, NULL }, "", SPAN, "true" },
        { { "trace id of zeros", NULL, REFUSED, NULL, NULL }, "0", SPAN, "true" },
        { { "span id of zeros", NULL, REFUSED, NULL, NULL }, LOW, "0000", "true" },
        { { "trace id too long", NULL, REFUSED, NULL, NULL }, TRACE "0", SPAN, "true" },
        { { "span id too long", NULL, REFUSED, NULL, NULL }, LOW, SPAN "0", "true" },
        { { "trace id not hex", NULL, REFUSED, NULL, NULL }, "8448eb211c80319x", SPAN, "true" },
        { { "state not known", NULL, REFUSED, NULL, NULL }, LOW, SPAN, "1" },
        { { "state empty", NULL, REFUSED, NULL, NULL }, LOW, SPAN, "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct ottrace_headers headers = { otel_str(CASES[i].trace_id),
                                                 otel_str(CASES[i].span_id),
                                                 otel_str(CASES[i].sampled) };
        struct remote_parent parent = { .context = { .trace_flags = 0x77 } };

        parent_check(&CASES[i].expected, ottrace_parse(&headers, &parent), &parent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_three_headers_follow_their_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
