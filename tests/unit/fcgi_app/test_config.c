/* Settings: defaults, limits, and what is refused in one line. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *variable;
    const char *value;
    bool is_good;
} VALUES[] = {
    { "BOARD_THREADS", "1", true },
    { "BOARD_THREADS", "16", true },
    { "BOARD_THREADS", "", true },
    { "BOARD_THREADS", "0", false },
    { "BOARD_THREADS", "17", false },
    { "BOARD_THREADS", "-1", false },
    { "BOARD_THREADS", " 4", false },
    { "BOARD_THREADS", "4x", false },
    { "BOARD_THREADS", "99999999999999999999", false },
    { "BOARD_ACCEPT", "epoll", true },
    { "BOARD_ACCEPT", "loop", true },
    { "BOARD_ACCEPT", "Loop", false },
    { "BOARD_INSTALLATION", "make", true },
    { "BOARD_INSTALLATION", "compose", true },
    { "BOARD_INSTALLATION", "podman", false },
    { "BOARD_COMMIT_QUEUE", "0", false },
    { "BOARD_DRAIN_TIMEOUT_MS", "0", true },
};

static int environment_clear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++)
        unsetenv(VALUES[i].variable);
    unsetenv("BOARD_DB");
    return 0;
}

static void test_config_refuses_in_one_line_that_names_the_value(void **state)
{
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        struct config config = { .threads = 77 };
        char *text = NULL;
        size_t length = 0;
        FILE *errors = open_memstream(&text, &length);

        setenv(VALUES[i].variable, VALUES[i].value, 1);
        if (config_read(&config, "board", errors) != VALUES[i].is_good)
            fail_msg("%s=%s", VALUES[i].variable, VALUES[i].value);
        fclose(errors);
        if (VALUES[i].is_good) {
            assert_int_equal(length, 0);
        } else {
            assert_int_equal(config.threads, 77);
            assert_non_null(strstr(text, VALUES[i].variable));
            assert_non_null(strstr(text, VALUES[i].value));
            assert_ptr_equal(strchr(text, '\n'), text + length - 1);
        }
        free(text);
        environment_clear(state);
    }
}

static void test_config_has_defaults(void **state)
{
    struct config config;

    (void)state;
    assert_true(config_read(&config, "board", stderr));

    assert_int_equal(config.threads, 4);
    assert_int_equal(config.drain_timeout_ms, 2000);
    assert_false(config.uses_accept_loop);
    assert_string_equal(config.db_path, "var/board.db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_config_refuses_in_one_line_that_names_the_value,
                               environment_clear),
        cmocka_unit_test_setup(test_config_has_defaults, environment_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
