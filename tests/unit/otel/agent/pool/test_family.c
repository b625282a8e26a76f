#include "agent/pool/family.h"
#include "agent/pool/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A child that has one child of its own; both wait until they are killed. */
struct couple {
    int32_t parent;
    int32_t child;
};

static struct couple couple_start(void)
{
    struct couple couple = { 0 };
    int pipe_fds[2];

    assert_int_equal(pipe(pipe_fds), 0);
    couple.parent = fork();
    assert_true(couple.parent >= 0);
    if (couple.parent == 0) {
        int32_t child = fork();
        if (child > 0 && write(pipe_fds[1], &child, sizeof child) < 0)
            _exit(1);
        for (;;)
            (void)pause();
    }
    assert_int_equal(read(pipe_fds[0], &couple.child, sizeof couple.child), sizeof couple.child);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    return couple;
}

static void kill_and_reap(int32_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int subreaper_become(void **state)
{
    (void)state;
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void test_stat_tells_parent_start_and_end(void **state)
{
    struct process_stat stat;
    int32_t pid = fork();

    (void)state;
    if (pid == 0)
        _exit(0);
    assert_true(process_stat_read((int32_t)getpid(), &stat));
    assert_int_equal(stat.parent_pid, getppid());
    assert_true(stat.threads >= 1 && stat.resident_bytes > 0 && stat.start_ticks > 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
    assert_int_equal(process_start_ticks(pid), 0); /* a zombie does not live */
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(process_stat_read(pid, &stat));
    assert_false(process_stat_read(0, &stat));
    assert_false(process_stat_read(-1, &stat));
}

static void test_name_of_a_process_may_hold_anything(void **state)
{
    struct process_stat stat;
    char before[16];

    (void)state;
    assert_int_equal(prctl(PR_GET_NAME, before), 0);
    assert_int_equal(prctl(PR_SET_NAME, "a) Z 1 (b"), 0);
    assert_true(process_stat_read((int32_t)getpid(), &stat));
    assert_int_equal(prctl(PR_SET_NAME, before), 0);
    assert_int_equal(stat.parent_pid, getppid());
}

static void test_family_finds_descendants_and_workers(void **state)
{
    struct couple couple = couple_start();
    struct family family;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    (void)state;
    family_init(&family, epoll_fd);
    family.program_pid = couple.parent;
    assert_true(family_refresh(&family));

    assert_int_equal(family_live_count(&family), 2);
    assert_int_equal(family_worker_count(&family), 1);
    assert_false(family_is_worker(&family, family_find(&family, couple.parent)));
    assert_true(family_is_worker(&family, family_find(&family, couple.child)));
    assert_int_equal(family_head(&family), couple.parent);
    assert_false(family_refresh(&family));
    kill_and_reap(couple.parent);
    kill_and_reap(couple.child);
    family_release(&family);
    (void)close(epoll_fd);
}

static void test_who_serves_is_a_worker_and_its_children_are_none(void **state)
{
    struct couple couple = couple_start();
    struct family family;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    (void)state;
    family_init(&family, epoll_fd);
    family.program_pid = couple.parent;
    (void)family_refresh(&family);
    family_mark_server(&family, couple.parent);

    assert_true(family_is_worker(&family, family_find(&family, couple.parent)));
    assert_false(family_is_worker(&family, family_find(&family, couple.child)));
    kill_and_reap(couple.parent);
    kill_and_reap(couple.child);
    family_release(&family);
    (void)close(epoll_fd);
}

static void test_orphans_stay_members_and_their_end_is_seen(void **state)
{
    struct couple couple = couple_start();
    struct family family;
    struct epoll_event event = { 0 };
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

    (void)state;
    family_init(&family, epoll_fd);
    family.program_pid = couple.parent;
    (void)family_refresh(&family);
    kill_and_reap(couple.parent);
    (void)family_refresh(&family);

    assert_true(family_find(&family, couple.parent)->is_gone);
    assert_int_equal(family_live_count(&family), 1);
    assert_int_equal(family_head(&family), couple.child);
    family_forget(&family, couple.parent);
    assert_null(family_find(&family, couple.parent));
    assert_int_equal(kill(couple.child, SIGKILL), 0);
    if (family.has_pidfds) { /* else the refresh alone tells */
        assert_int_equal(epoll_wait(epoll_fd, &event, 1, 5000), 1);
        assert_int_equal(event.data.u64, couple.child);
        family_mark_gone(&family, (int32_t)event.data.u64);
        assert_true(family.wants_refresh);
    }
    assert_int_equal(waitpid(couple.child, NULL, 0), couple.child);
    (void)family_refresh(&family);
    assert_int_equal(family_live_count(&family), 0);
    family_release(&family);
    (void)close(epoll_fd);
}

static void test_a_look_that_fails_is_no_death(void **state)
{
    struct couple couple = couple_start();
    struct family family;
    struct process_stat stat;
    struct rlimit before, none;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool was_read;
    bool had_ended;

    (void)state;
    family_init(&family, epoll_fd);
    family.program_pid = couple.parent;
    (void)family_refresh(&family);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };

    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    was_read = process_stat_read(couple.child, &stat);
    had_ended = process_has_ended(couple.child);
    (void)family_refresh(&family);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

    assert_false(was_read); /* no descriptor left: the fault happened */
    assert_false(had_ended);
    assert_int_equal(family_live_count(&family), 2);
    kill_and_reap(couple.parent);
    kill_and_reap(couple.child);
    assert_true(process_has_ended(couple.child));
    (void)family_refresh(&family);
    assert_int_equal(family_live_count(&family), 0);
    family_release(&family);
    (void)close(epoll_fd);
}

static void test_family_is_bounded(void **state)
{
    static struct family family;

    (void)state;
    family_init(&family, -1);
    family.count = FAMILY_MAX;
    for (int i = 0; i < FAMILY_MAX; i++)
        family.members[i] = (struct family_member){ .pid = 2000000001 + i, .pidfd = -1 };
    family.program_pid = (int32_t)getpid();
    (void)family_refresh(&family);

    assert_int_equal(family.count, FAMILY_MAX);
    assert_int_equal(family_live_count(&family), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat_tells_parent_start_and_end),
        cmocka_unit_test(test_name_of_a_process_may_hold_anything),
        cmocka_unit_test(test_family_finds_descendants_and_workers),
        cmocka_unit_test(test_who_serves_is_a_worker_and_its_children_are_none),
        cmocka_unit_test(test_orphans_stay_members_and_their_end_is_seen),
        cmocka_unit_test(test_a_look_that_fails_is_no_death),
        cmocka_unit_test(test_family_is_bounded),
    };

    return cmocka_run_group_tests(tests, subreaper_become, NULL);
}
