#include "agent/config/options.h"
#include "agent/config/settings.h"
#include "segment/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "arguments.h"

static int environment_clear(void **state)
{
    (void)state;
    return clearenv();
}

static enum options_outcome parse(struct options *out, const char *const *arguments)
{
    static struct arguments argv;

    memset(&argv, 0, sizeof argv);
    arguments_add(&argv, "otel-instrument");
    for (; *arguments; arguments++)
        arguments_add(&argv, *arguments);
    return options_parse(argv.count, argv.list, out);
}

#define PARSE(out, ...) parse((out), (const char *const[]){ __VA_ARGS__, NULL })

static void test_program_begins_behind_the_options(void **state)
{
    static const char *const CASES[][6] = {
        { "--", "program", "--flag", NULL },
        { "program", "--flag", NULL },
        { "--log_level", "warn", "--", "program", "--flag", NULL },
        { "--log_level=warn", "program", "--flag", NULL },
    };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(parse(&options, CASES[i]), OPTIONS_RUN);
        assert_string_equal(options.program[0], "program");
        assert_string_equal(options.program[1], "--flag");
        assert_null(options.program[2]);
    }
}

static void test_wrong_use_is_refused(void **state)
{
    static const struct {
        const char *reason;
        const char *arguments[4];
    } CASES[] = {
        { "no program", { NULL } },
        { "no program behind --", { "--", NULL } },
        { "unknown option", { "--no_such_option", "1", "program", NULL } },
        { "no value", { "--log_level", NULL } },
        { "one dash", { "-x", "program", NULL } },
        { "beginning of a name", { "--log_leve", "info", "program", NULL } },
    };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        if (parse(&options, CASES[i].arguments) != OPTIONS_WRONG)
            fail_msg("accepted: %s", CASES[i].reason);
}

static void test_option_wins_over_variable_over_default(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_BSP_MAX_QUEUE_SIZE].integer, 2048);
    assert_false(options.values[OPTION_BSP_MAX_QUEUE_SIZE].is_set);
    assert_int_equal(setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100", 1), 0);
    assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_BSP_MAX_QUEUE_SIZE].integer, 100);
    assert_int_equal(PARSE(&options, "--bsp_max_queue_size", "7", "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_BSP_MAX_QUEUE_SIZE].integer, 7);
    assert_int_equal(PARSE(&options, "--bsp_max_queue_size=", "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_BSP_MAX_QUEUE_SIZE].integer, 100); /* empty: unset */
}

static void test_numbers_are_read_whole_and_in_range(void **state)
{
    static const struct {
        const char *text;
        int64_t expected;
        const char *reason;
    } CASES[] = {
        { "10", 10, "a number" },
        { " 10 ", 10, "blanks around it" },
        { "10x", 2048, "something behind it" },
        { "x", 2048, "no number" },
        { "", 2048, "empty" },
        { "  ", 2048, "blank" },
        { "0", 2048, "below the range" },
        { "-1", 2048, "negative" },
        { "2147483647", 2147483647, "the largest" },
        { "2147483648", 2048, "above the largest" },
        { "99999999999999999999", 2048, "beyond 64 bits" },
        { "1.5", 2048, "a fraction" },
    };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(setenv("OTEL_BSP_MAX_QUEUE_SIZE", CASES[i].text, 1), 0);
        assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
        if (options.values[OPTION_BSP_MAX_QUEUE_SIZE].integer != CASES[i].expected)
            fail_msg("%s: \"%s\"", CASES[i].reason, CASES[i].text);
    }
}

static void test_only_true_is_true(void **state)
{
    static const struct {
        const char *text;
        bool expected;
    } CASES[] = { { "true", true }, { "TRUE", true }, { "True", true },  { "1", false },
                  { "yes", false }, { "on", false },  { "false", false } };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(setenv("OTEL_SDK_DISABLED", CASES[i].text, 1), 0);
        assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
        if (options.values[OPTION_SDK_DISABLED].integer != CASES[i].expected)
            fail_msg("%s", CASES[i].text);
    }
}

static void test_lists_leave_out_what_is_not_known(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(PARSE(&options, "--propagators", "b4, Baggage ,b3,baggage,jaeger3", "p"),
                     OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_PROPAGATORS].bits, 1 << 1 | 1 << 2);
    assert_int_equal(options.values[OPTION_PROPAGATORS].order[0], SEGMENT_PROPAGATOR_BAGGAGE);
    assert_int_equal(options.values[OPTION_PROPAGATORS].order[1], SEGMENT_PROPAGATOR_B3);
    assert_int_equal(options.values[OPTION_PROPAGATORS].order[2], 0);
    assert_int_equal(PARSE(&options, "--propagators", "b4", "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_PROPAGATORS].bits, 1 << 0 | 1 << 1);
}

static void test_python_names_are_taken_too(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(setenv("OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED", "true", 1), 0);
    assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_LOGGING].integer, 1);
    assert_int_equal(setenv("OTEL_C_LOGGING_AUTO_INSTRUMENTATION_ENABLED", "false", 1), 0);
    assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_LOGGING].integer, 0);
    assert_int_equal(PARSE(&options, "--python_logging_auto_instrumentation_enabled=true", "p"),
                     OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_LOGGING].integer, 1);
    assert_int_equal(PARSE(&options, "--logging_auto_instrumentation_enabled=true", "p"),
                     OPTIONS_RUN);
    assert_int_equal(options.values[OPTION_LOGGING].integer, 1);
}

static void test_wrong_endpoint_falls_back(void **state)
{
    static const char *const WRONG[] = { "ftp://h:1",     "http://",     "http:///p",
                                         "http:// h:1",   "h:1 x",       ":4317",
                                         "h:1/path",      "http://[::1", "[::1",
                                         "http://[::1]x", "http://h:x",  "http://h:65536" };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        assert_int_equal(PARSE(&options, "--exporter_otlp_endpoint", WRONG[i], "p"), OPTIONS_RUN);
        assert_string_equal(options.values[OPTION_EXPORTER_OTLP_ENDPOINT].text,
                            "http://localhost:4318");
    }
}

static void test_endpoints_of_every_form_are_taken(void **state)
{
    static const char *const RIGHT[] = { "http://h",       "https://h:65535/v1/x?y=z",
                                         "http://[::1]",   "http://[::1]:4318/v1",
                                         "http://u:p@h:1", "h:4317",
                                         "[::1]:4317",     "http://127.0.0.1:4318" };
    struct options options;

    (void)state;
    for (size_t i = 0; i < sizeof RIGHT / sizeof RIGHT[0]; i++) {
        assert_int_equal(PARSE(&options, "--exporter_otlp_endpoint", RIGHT[i], "p"), OPTIONS_RUN);
        assert_string_equal(options.values[OPTION_EXPORTER_OTLP_ENDPOINT].text, RIGHT[i]);
        options_release(&options);
    }
}

static void test_a_secret_leaves_the_command_line(void **state)
{
    struct arguments argv = { 0 };
    struct options options;

    (void)state;
    arguments_add(&argv, "otel-instrument");
    arguments_add(&argv, "--exporter_otlp_headers=a=first");
    arguments_add(&argv, "--exporter_otlp_headers");
    arguments_add(&argv, "a=second");
    arguments_add(&argv, "p");

    assert_int_equal(options_parse(argv.count, argv.list, &options), OPTIONS_RUN);

    assert_string_equal(options.values[OPTION_EXPORTER_OTLP_HEADERS].text, "a=second");
    assert_string_equal(argv.list[1], "--exporter_otlp_headers=*******");
    assert_string_equal(argv.list[3], "********");
    options_release(&options);
}

static void test_every_default_of_the_list_is_accepted(void **state)
{
    struct options options;

    (void)state;
    assert_int_equal(PARSE(&options, "p"), OPTIONS_RUN);
    for (int id = 0; id < OPTION_COUNT; id++)
        assert_non_null(options.values[id].text);
    assert_int_equal(options.values[OPTION_LOG_LEVEL].integer, LEVEL_INFO);
    assert_int_equal(options.values[OPTION_BLRP_SCHEDULE_DELAY].integer, 1000);
    assert_int_equal(options.values[OPTION_METRIC_EXPORT_INTERVAL].integer, 60000);
    assert_int_equal(options.values[OPTION_TRACES_SAMPLER].integer, 3);
    assert_true(options.values[OPTION_TRACES_SAMPLER_ARG].real == 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OPTIONS_TEST(name) cmocka_unit_test_setup(name, environment_clear)
        OPTIONS_TEST(test_program_begins_behind_the_options),
        OPTIONS_TEST(test_wrong_use_is_refused),
        OPTIONS_TEST(test_option_wins_over_variable_over_default),
        OPTIONS_TEST(test_numbers_are_read_whole_and_in_range),
        OPTIONS_TEST(test_only_true_is_true),
        OPTIONS_TEST(test_lists_leave_out_what_is_not_known),
        OPTIONS_TEST(test_python_names_are_taken_too),
        OPTIONS_TEST(test_wrong_endpoint_falls_back),
        OPTIONS_TEST(test_endpoints_of_every_form_are_taken),
        OPTIONS_TEST(test_a_secret_leaves_the_command_line),
        OPTIONS_TEST(test_every_default_of_the_list_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
