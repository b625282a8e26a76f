/* The write lock between processes: one at a time, bounded waiting, and a file that can go. */
#include "store/lock.h"

#include "board_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>

static void hold_lock(const struct board_file *file)
{
    static struct store__lock lock;
    struct store__deadline deadline = store__deadline_in(5000);

    lock.path = file->path;
    if (store__lock_take(&lock, &deadline) != STORE_OK)
        _exit(1);
}

static enum store_status take_within(struct store__lock *lock, int64_t wait_ms)
{
    struct store__deadline deadline = store__deadline_in(wait_ms);

    return store__lock_take(lock, &deadline);
}

static void test_lock_excludes_another_process_until_it_is_given(void **state)
{
    struct board_file file = board_file_make();
    struct holder holder = board_file_hold(&file, hold_lock);
    struct store__lock lock = { .path = file.path };
    int64_t start_ns = store__now_ns();

    (void)state;
    assert_int_equal(take_within(&lock, 100), STORE_ERR_BUSY);
    assert_in_range((unsigned long)(store__now_ns() - start_ns) / 1000000, 100, 1500);
    board_file_release(holder);
    assert_int_equal(take_within(&lock, 100), STORE_OK);

    store__lock_give(&lock);
    store__lock_close(&lock);
    board_file_remove(&file);
}

static void test_lock_can_be_taken_again_and_again(void **state)
{
    struct board_file file = board_file_make();
    struct store__lock first = { .path = file.path };
    struct store__lock second = { .path = file.path };

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(take_within(&first, 100), STORE_OK);
        assert_int_equal(take_within(&second, 0), STORE_ERR_BUSY);
        store__lock_give(&first);
        assert_int_equal(take_within(&second, 100), STORE_OK);
        store__lock_give(&second);
    }

    store__lock_close(&first);
    store__lock_close(&second);
    board_file_remove(&file);
}

static void test_lock_is_free_when_its_holder_dies(void **state)
{
    struct board_file file = board_file_make();
    struct holder holder = board_file_hold(&file, hold_lock);
    struct store__lock lock = { .path = file.path };
    int status;

    (void)state;
    assert_int_equal(kill(holder.pid, SIGKILL), 0);
    assert_int_equal(waitpid(holder.pid, &status, 0), holder.pid);
    assert_int_equal(take_within(&lock, 100), STORE_OK);

    close(holder.release_fd);
    store__lock_close(&lock);
    board_file_remove(&file);
}

/* Whoever came later locks the new file; the old one would lock nobody out. */
static void test_lock_follows_a_file_that_was_replaced(void **state)
{
    struct board_file file = board_file_make();
    struct store__lock early = { .path = file.path };
    struct store__lock late = { .path = file.path };
    char path[128];

    (void)state;
    assert_int_equal(take_within(&early, 100), STORE_OK);
    store__lock_give(&early);
    snprintf(path, sizeof path, "%s.lock", file.path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(take_within(&late, 100), STORE_OK);
    assert_int_equal(take_within(&early, 10), STORE_ERR_BUSY);
    store__lock_give(&late);
    assert_int_equal(take_within(&early, 100), STORE_OK);

    store__lock_close(&early);
    store__lock_close(&late);
    board_file_remove(&file);
}

static void test_lock_is_not_inherited_over_fork(void **state)
{
    struct board_file file = board_file_make();
    struct store__lock lock = { .path = file.path };
    pid_t pid;

    (void)state;
    assert_int_equal(take_within(&lock, 100), STORE_OK);
    pid = fork();
    if (pid == 0)
        _exit(take_within(&lock, 10) == STORE_ERR_BUSY ? 0 : 1);
    assert_int_equal(child_status(pid), 0);

    store__lock_give(&lock);
    store__lock_close(&lock);
    board_file_remove(&file);
}

/* A person at a shell can stop the writers: flock board.db.lock -c … */
static void test_lock_respects_plain_flock(void **state)
{
    struct board_file file = board_file_make();
    struct store__lock lock = { .path = file.path };
    char path[128];
    int descriptor;

    (void)state;
    snprintf(path, sizeof path, "%s.lock", file.path);
    descriptor = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    assert_int_equal(flock(descriptor, LOCK_SH | LOCK_NB), 0);
    assert_int_equal(take_within(&lock, 10), STORE_ERR_BUSY);
    close(descriptor);
    assert_int_equal(take_within(&lock, 100), STORE_OK);

    store__lock_close(&lock);
    board_file_remove(&file);
}

static void test_lock_file_has_the_mode_of_the_database(void **state)
{
    struct board_file file = board_file_make();
    struct store__lock lock = { .path = file.path };
    struct stat facts;
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s.lock", file.path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chmod(file.path, 0600), 0);
    assert_int_equal(take_within(&lock, 100), STORE_OK);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);

    store__lock_close(&lock);
    board_file_remove(&file);
}

static void test_lock_without_its_folder_is_unavailable(void **state)
{
    struct store__lock lock = { .path = "/nonexistent/board.db" };

    (void)state;
    assert_int_equal(take_within(&lock, 10), STORE_ERR_UNAVAILABLE);
    assert_int_equal(lock.pid, 0);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_lock_excludes_another_process_until_it_is_given),
        cmocka_unit_test(test_lock_can_be_taken_again_and_again),
        cmocka_unit_test(test_lock_is_free_when_its_holder_dies),
        cmocka_unit_test(test_lock_follows_a_file_that_was_replaced),
        cmocka_unit_test(test_lock_is_not_inherited_over_fork),
        cmocka_unit_test(test_lock_respects_plain_flock),
        cmocka_unit_test(test_lock_file_has_the_mode_of_the_database),
        cmocka_unit_test(test_lock_without_its_folder_is_unavailable),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
