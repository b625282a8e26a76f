#include "agent/pool/leftover.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A process with this environment; it waits until it is killed. */
static int32_t sleeper_start(const char texts[3][32])
{
    char *const program[] = { (char[]){ "/bin/cat" }, NULL };
    char copies[3][32];
    char *environment[4] = { NULL };
    int input[2];
    int output[2];
    char echo = 0;
    int32_t pid;

    memcpy(copies, texts, sizeof copies);
    for (size_t i = 0; i < 3 && copies[i][0]; i++)
        environment[i] = copies[i];
    assert_int_equal(pipe(input), 0);
    assert_int_equal(pipe(output), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(input[0], STDIN_FILENO);
        (void)dup2(output[1], STDOUT_FILENO);
        (void)execve(program[0], program, environment);
        _exit(1);
    }
    assert_int_equal(write(input[1], "x", 1), 1);
    assert_int_equal(read(output[0], &echo, 1), 1); /* it is cat by now */
    (void)close(input[0]);
    (void)close(output[0]);
    (void)close(output[1]);
    return pid; /* input[1] stays open: no end of file */
}

static void test_leftover_has_the_segment_in_its_environment(void **state)
{
    static const struct {
        char environment[3][32]; /* empty: the end */
        bool is_leftover;
        const char *reason;
    } CASES[] = {
        { { "A=b", "OTEL_SEGMENT=/tmp/a", "C=d" }, true, "as a launcher starts its program" },
        { { "OTEL_SEGMENT=/tmp/ab" }, false, "another pool" },
        { { "OTEL_SEGMENT=/tmp/" }, false, "the beginning of the path" },
        { { "OTEL_C_SEGMENT=/tmp/a" }, false, "a launcher or its parent" },
        { { "" }, false, "no environment" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        int32_t pid = sleeper_start(CASES[i].environment);
        bool is_leftover = leftover_is(pid, "/tmp/a");

        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        if (is_leftover != CASES[i].is_leftover)
            fail_msg("%s", CASES[i].reason);
        assert_false(leftover_is(pid, "/tmp/a")); /* it has ended */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leftover_has_the_segment_in_its_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
