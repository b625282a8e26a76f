#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/encode/prometheus_format.h"

static void test_the_accepted_format_of_the_greatest_weight_is_chosen(void **state)
{
    static const struct {
        const char *accept;
        enum prometheus_format expected;
        const char *reason;
    } CASES[] = {
        { "", PROMETHEUS_TEXT, "no wish" },
        { "*/*", PROMETHEUS_TEXT, "any" },
        { "text/plain", PROMETHEUS_TEXT, "no version" },
        { "text/plain;version=1.0.0", PROMETHEUS_TEXT_1, "the newer text" },
        { "application/openmetrics-text", PROMETHEUS_OPENMETRICS, "no version of OpenMetrics" },
        { "application/openmetrics-text; version=0.0.1", PROMETHEUS_OPENMETRICS_0, "the older" },
        { "Application/OpenMetrics-Text ; Version=\"1.0.0\"", PROMETHEUS_OPENMETRICS, "quotes" },
        { "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
          "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
          PROMETHEUS_OPENMETRICS, "what Prometheus 2 sends" },
        { "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
          "encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;"
          "escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2",
          PROMETHEUS_OPENMETRICS, "what we do not have first" },
        { "text/plain;q=0.9,application/openmetrics-text;q=0.8", PROMETHEUS_TEXT, "weights" },
        { "application/openmetrics-text;q=0,text/plain;q=0.1", PROMETHEUS_TEXT, "not at all" },
        { "application/openmetrics-text;version=9.9.9", PROMETHEUS_TEXT, "a version of later" },
        { "application/openmetrics-text;q=x", PROMETHEUS_TEXT, "no weight" },
        { "image/png", PROMETHEUS_TEXT, "nothing of ours" },
        { ",;,=;;q,", PROMETHEUS_TEXT, "rubbish" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        if (prometheus_format_choose(CASES[i].accept) != CASES[i].expected)
            fail_msg("%s", CASES[i].reason);
}

static void test_each_format_says_what_it_is(void **state)
{
    (void)state;
    assert_string_equal(prometheus_content_type(PROMETHEUS_TEXT),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_string_equal(
        prometheus_content_type(PROMETHEUS_OPENMETRICS),
        "application/openmetrics-text; version=1.0.0; escaping=underscores; charset=utf-8");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_accepted_format_of_the_greatest_weight_is_chosen),
        cmocka_unit_test(test_each_format_says_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
