#include "agent/pool/roll.h"
#include "base/clock.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROGRAM = 2000000001 }; /* above any pid_max: nobody has it */

/* A worker that ends at SIGUSR1, or does not care. */
static int32_t worker_start(struct family *family, bool is_polite)
{
    sigset_t none;
    int32_t pid;

    (void)signal(SIGUSR1,
                 is_polite ? SIG_DFL : SIG_IGN); /* inherited, so that no signal is early */
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        for (;;)
            (void)pause();
    }
    (void)signal(SIGUSR1, SIG_DFL);
    family->members[family->count++] =
        (struct family_member){ .pid = pid, .parent_pid = PROGRAM, .pidfd = -1, .is_worker = true };
    return pid;
}

static void worker_end(struct family *family, int32_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    family_forget(family, pid);
}

static void family_make(struct family *family)
{
    family_init(family, -1);
    family->program_pid = PROGRAM;
    family->members[family->count++] = (struct family_member){
        .pid = PROGRAM, .pidfd = -1, .has_children = true, .had_children = true
    };
}

static void test_workers_are_replaced_one_by_one(void **state)
{
    struct family family;
    struct roll roll = { 0 };
    int32_t first;
    int32_t second;

    (void)state;
    family_make(&family);
    second = worker_start(&family, true);
    first = worker_start(&family, true);
    roll_begin(&roll, &family, 1);
    assert_int_equal(roll.leaving_pid, first);
    worker_end(&family, first);

    roll_step(&roll, &family, 2);
    roll_step(&roll, &family, 3);
    assert_int_equal(kill(second, 0), 0); /* nobody else leaves before the successor is there */
    assert_int_equal(roll.state, ROLL_COMING);
    first = worker_start(&family, true);
    roll_step(&roll, &family, 4);
    assert_int_equal(roll.leaving_pid, second);
    worker_end(&family, second);
    second = worker_start(&family, true);
    roll_step(&roll, &family, 5);
    roll_step(&roll, &family, 6);

    assert_false(roll_is_active(&roll));
    assert_int_equal(roll.replaced, 2);
    assert_int_equal(kill(first, SIGKILL) | kill(second, SIGKILL), 0);
    worker_end(&family, first);
    worker_end(&family, second);
}

static void test_worker_that_stays_is_killed_after_two_seconds(void **state)
{
    struct family family;
    struct roll roll = { 0 };
    int32_t worker;

    (void)state;
    family_make(&family);
    worker = worker_start(&family, false);
    roll_begin(&roll, &family, 1);
    roll_step(&roll, &family, CLOCK_NS_PER_S);
    assert_false(family_find(&family, worker)->is_cut);
    roll_step(&roll, &family, 1 + 2 * CLOCK_NS_PER_S);

    assert_true(family_find(&family, worker)->is_cut);
    worker_end(&family, worker);
}

static void test_roll_ends_when_no_successor_comes(void **state)
{
    struct family family;
    struct roll roll = { 0 };
    int32_t worker;

    (void)state;
    family_make(&family);
    worker = worker_start(&family, true);
    roll_begin(&roll, &family, 1);
    worker_end(&family, worker);
    roll_step(&roll, &family, 2);
    assert_true(roll_is_active(&roll));
    roll_step(&roll, &family, 2 + 5 * CLOCK_NS_PER_S);

    assert_false(roll_is_active(&roll));
    assert_int_equal(roll.replaced, 0);
}

static void test_wish_during_a_roll_is_kept(void **state)
{
    struct family family;
    struct roll roll = { 0 };
    int32_t worker;

    (void)state;
    family_make(&family);
    worker = worker_start(&family, true);
    roll_begin(&roll, &family, 1);
    roll_begin(&roll, &family, 1);
    for (int i = 0; i < 2; i++) {
        assert_true(roll_is_active(&roll));
        worker_end(&family, worker);
        worker = worker_start(&family, true);
        roll_step(&roll, &family, 2);
        roll_step(&roll, &family, 3);
    }

    assert_false(roll_is_active(&roll));
    assert_int_equal(roll.replaced, 2);
    assert_int_equal(kill(worker, SIGKILL), 0);
    worker_end(&family, worker);
}

static void test_program_without_manager_is_left_alone(void **state)
{
    struct family family;
    struct roll roll = { 0 };

    (void)state;
    family_init(&family, -1);
    family.program_pid = PROGRAM;
    family.members[family.count++] =
        (struct family_member){ .pid = PROGRAM, .pidfd = -1, .has_served = true };
    roll_begin(&roll, &family, 1);

    assert_false(roll_is_active(&roll));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_are_replaced_one_by_one),
        cmocka_unit_test(test_worker_that_stays_is_killed_after_two_seconds),
        cmocka_unit_test(test_roll_ends_when_no_successor_comes),
        cmocka_unit_test(test_wish_during_a_roll_is_kept),
        cmocka_unit_test(test_program_without_manager_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
