#include "agent/pool/supervise.h"
#include "base/clock.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BEGIN_NS (1000 * CLOCK_NS_PER_S)

struct stage {
    struct supervise supervise;
    struct family family;
    int epoll_fd;
};

static int stage_setup(void **state)
{
    static struct stage stage;

    stage.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    family_init(&stage.family, stage.epoll_fd);
    *state = &stage;
    return supervise_init(&stage.supervise) ? 0 : -1;
}

static int stage_teardown(void **state)
{
    struct stage *stage = *state;

    family_release(&stage->family);
    supervise_release(&stage->supervise);
    return sigprocmask(SIG_SETMASK, &stage->supervise.original_mask, NULL) | close(stage->epoll_fd);
}

static int start(struct stage *stage, const char *script)
{
    static char shell[] = "/bin/sh";
    static char flag[] = "-c";
    static char text[512];
    char *const program[] = { shell, flag, text, NULL };
    char *const environment[] = { NULL };
    int status;

    memcpy(text, script, strlen(script) + 1);
    status = supervise_start(&stage->supervise, program, environment);
    stage->family.program_pid = stage->supervise.program_pid;
    return status;
}

/* As harvest does; else the shells' many children would fill the family. */
static void gone_forget(struct family *family)
{
    for (size_t i = family->count; i-- > 0;)
        if (family->members[i].is_gone)
            family_forget(family, family->members[i].pid);
}

/* The launcher's loop as far as supervising goes; its time is counted in rounds of 5 ms. */
static int run(struct stage *stage)
{
    uint64_t now_ns = BEGIN_NS;
    int status = 0;

    while (stage->supervise.state != SUPERVISE_OVER) {
        struct pollfd fd = { .fd = stage->supervise.signal_fd, .events = POLLIN };

        now_ns += 5 * CLOCK_NS_PER_MS;
        assert_true(now_ns < BEGIN_NS + 20 * CLOCK_NS_PER_S);
        (void)supervise_read_signals(&stage->supervise, &stage->family, now_ns);
        while (supervise_reap(&stage->supervise, &stage->family, &status) > 0)
            continue;
        (void)family_refresh(&stage->family);
        gone_forget(&stage->family);
        supervise_step(&stage->supervise, &stage->family, now_ns);
        (void)poll(&fd, 1, 5);
    }
    return supervise_exit_status(&stage->supervise);
}

static void test_status_of_the_program_is_handed_on(void **state)
{
    static const struct {
        const char *script;
        int expected;
    } CASES[] = { { "exit 0", 0 }, { "exit 7", 7 }, { "kill -KILL $$", 128 + SIGKILL } };
    struct stage *stage = *state;

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        stage->supervise.state = SUPERVISE_RUNNING;
        stage->supervise.has_ended = false;
        assert_int_equal(start(stage, CASES[i].script), 0);
        assert_int_equal(run(stage), CASES[i].expected);
    }
}

static void test_program_that_cannot_be_started_is_told(void **state)
{
    static char missing[] = "/no/such/program";
    static char folder[] = "/tmp";
    struct stage *stage = *state;
    char *const environment[] = { NULL };

    assert_int_equal(
        supervise_start(&stage->supervise, (char *const[]){ missing, NULL }, environment), 127);
    assert_int_equal(
        supervise_start(&stage->supervise, (char *const[]){ folder, NULL }, environment), 126);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left to be reaped */
}

static void test_daemon_is_kept_and_its_status_counts(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(start(stage, "(sleep 0.3; exit 3) & exit 0"), 0);
    assert_int_equal(run(stage), 3);
}

static void test_orphans_of_a_program_that_died_are_ended(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(start(stage, "sleep 100 & sleep 100 & sleep 0.2; kill -KILL $$"), 0);
    assert_int_equal(run(stage), 128 + SIGKILL);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_signal_is_passed_on_and_the_child_has_its_own_mask(void **state)
{
    struct stage *stage = *state;

    assert_int_equal(start(stage, "trap 'exit 5' TERM; kill -TERM $PPID; while :; do sleep 0.05; "
                                  "done"),
                     0);
    assert_int_equal(run(stage), 5);
    assert_true(stage->supervise.was_told);
}

static void test_stubborn_program_is_killed_after_the_limit(void **state)
{
    struct stage *stage = *state;

    (void)signal(SIGTERM, SIG_IGN); /* inherited: no signal comes too early */
    assert_int_equal(start(stage, "sleep 100"), 0);
    (void)signal(SIGTERM, SIG_DFL);
    (void)family_refresh(&stage->family);
    supervise_stop(&stage->supervise, &stage->family, SIGTERM, BEGIN_NS - 10 * CLOCK_NS_PER_S);
    assert_int_equal(run(stage), 128 + SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, stage_setup, stage_teardown)
        STAGE_TEST(test_status_of_the_program_is_handed_on),
        STAGE_TEST(test_program_that_cannot_be_started_is_told),
        STAGE_TEST(test_daemon_is_kept_and_its_status_counts),
        STAGE_TEST(test_orphans_of_a_program_that_died_are_ended),
        STAGE_TEST(test_signal_is_passed_on_and_the_child_has_its_own_mask),
        STAGE_TEST(test_stubborn_program_is_killed_after_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
