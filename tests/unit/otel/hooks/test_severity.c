#include "hooks/severity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <syslog.h>

#include <cmocka.h>

static void test_lines_say_their_severity_by_the_rules(void **state)
{
    static const struct {
        const char *reason;
        const char *line;
        int severity;
        const char *left; /* NULL: the line as it was */
    } CASES[] = {
        { "a word and a colon", "ERROR: cannot open", 17, NULL },
        { "in lower case", "warning: late", 13, NULL },
        { "short", "Warn: late", 13, NULL },
        { "behind the program's name", "board: error: no such file", 17, NULL },
        { "behind file and line", "main.c:12:5: fatal: gone", 21, NULL },
        { "brackets in front", "[warn] slow", 13, NULL },
        { "brackets behind a time", "2026/11/25 05:00:20 [error] 31#31: *4 open() failed", 17,
          NULL },
        { "nginx's alert", "2026/11/25 05:00:20 [alert] 31#31: worker exited", 19, NULL },
        { "nginx's emerg", "2026/11/25 05:00:20 [emerg] 1#1: bind() failed", 21, NULL },
        { "nginx's crit", "2026/11/25 05:00:20 [crit] 31#31: SSL_do_handshake() failed", 18, NULL },
        { "nginx's notice", "2026/11/25 05:00:20 [notice] 1#1: start worker processes", 10, NULL },
        { "another bracket first", "[board] [ERROR] gone", 17, NULL },
        { "a bracket in a bracket", "[[info]] text", 9, NULL },
        { "the kernel's prefix", "<3>disk full", 17, "disk full" },
        { "the lowest priority", "<0>gone", 21, "gone" },
        { "with a facility", "<165>noted", 10, "noted" },
        { "debug by prefix", "<7>", 5, "" },
        { "prefix over a word", "<6>ERROR: not so bad", 9, "ERROR: not so bad" },
        { "panic", "panic: all lost", 21, NULL },
        { "trace", "TRACE: entered", 1, NULL },
        { "debug", "debug: x=1", 5, NULL },
        { "info", "Info: started", 9, NULL },
        { "white space in front", "  error: indented", 17, NULL },
        { "nothing said", "started", 0, NULL },
        { "empty", "", 0, NULL },
        { "a word without colon or brackets", "error while loading", 0, NULL },
        { "a word inside of a sentence", "no error: all is well", 0, NULL },
        { "a word that only begins like a level", "errors: 3", 0, NULL },
        { "a level far behind", "a: b: c: d: error: too far", 0, NULL },
        { "a priority that is none", "<192>x", 0, NULL },
        { "a priority without digits", "<>x", 0, NULL },
        { "a priority without end", "<3", 0, NULL },
        { "a priority too long", "<0003>x", 0, NULL },
        { "markup", "<b>bold</b>", 0, NULL },
        { "an open bracket", "[error", 0, NULL },
        { "brackets too far behind",
          "....................................................................................."
          "..............................[error] x",
          0, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct otel_str line = otel_str(CASES[i].line);
        const char *left = CASES[i].left ? CASES[i].left : CASES[i].line;
        int severity = (int)severity_of_line(&line);

        if (severity != CASES[i].severity)
            fail_msg("%s: %d", CASES[i].reason, severity);
        if (line.length != strlen(left) || memcmp(line.data, left, line.length) != 0)
            fail_msg("%s: left is \"%.*s\"", CASES[i].reason, (int)line.length, line.data);
    }
}

static void test_a_line_is_not_read_behind_its_end(void **state)
{
    static const char *const TEXTS[] = { "<3>", "[warn]", "a:error:", "<165" };

    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        for (size_t length = 1; length <= strlen(TEXTS[i]); length++) {
            char *text = malloc(length); /* of exactly its size, for the sanitizers */
            struct otel_str line = { text, length };

            assert_non_null(text);
            memcpy(text, TEXTS[i], length);
            (void)severity_of_line(&line);
            free(text);
        }
    }
}

static void test_syslog_priorities_have_the_data_models_numbers(void **state)
{
    static const int NUMBERS[] = { 21, 19, 18, 17, 13, 10, 9, 5 };

    (void)state;
    for (int priority = LOG_EMERG; priority <= LOG_DEBUG; priority++) {
        assert_int_equal(severity_of_priority(priority), NUMBERS[priority]);
        assert_int_equal(severity_of_priority(LOG_LOCAL7 | priority), NUMBERS[priority]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_say_their_severity_by_the_rules),
        cmocka_unit_test(test_a_line_is_not_read_behind_its_end),
        cmocka_unit_test(test_syslog_priorities_have_the_data_models_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
