/* What a status means is found by looking at the file, and never by opening it. */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static const char FILE_NAME[] = "board.db";

static int folder_make(void **state)
{
    static char folder[32];

    snprintf(folder, sizeof folder, "/tmp/test_fault.XXXXXX");
    *state = mkdtemp(folder);
    return *state != NULL && chdir(folder) == 0 && chmod(".", 0777) == 0 ? 0 : -1;
}

static int folder_remove(void **state)
{
    unlink(FILE_NAME);
    rmdir(FILE_NAME);
    return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static void file_make(mode_t mode)
{
    int fd = open(FILE_NAME, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* As somebody to whom modes mean something. */
static enum store_fault fault_for_others(enum store_status status)
{
    pid_t pid = fork();
    int exit_status = -1;

    if (pid == 0) {
        if (geteuid() == 0 &&
            (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(255);
        _exit((int)store_fault_find(FILE_NAME, status));
    }
    assert_int_equal(waitpid(pid, &exit_status, 0), pid);
    assert_true(WIFEXITED(exit_status));
    return (enum store_fault)WEXITSTATUS(exit_status);
}

static void test_a_status_that_says_it_all_needs_no_look(void **state)
{
    static const struct {
        enum store_status status;
        enum store_fault fault;
    } CASES[] = {
        { STORE_OK, STORE_FAULT_NONE },         { STORE_ERR_BUSY, STORE_FAULT_LOCKED },
        { STORE_ERR_FULL, STORE_FAULT_FULL },   { STORE_ERR_CORRUPT, STORE_FAULT_CORRUPT },
        { STORE_ERR_IO, STORE_FAULT_IO },       { STORE_ERR_NOMEM, STORE_FAULT_NO_MEMORY },
        { STORE_ERR_OTHER, STORE_FAULT_OTHER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        assert_int_equal(store_fault_find(FILE_NAME, CASES[i].status), CASES[i].fault);
}

static void test_a_file_that_is_not_there_is_missing(void **state)
{
    (void)state;
    assert_int_equal(store_fault_find(FILE_NAME, STORE_ERR_UNAVAILABLE), STORE_FAULT_MISSING);
    assert_int_equal(store_fault_find("no/board.db", STORE_ERR_UNAVAILABLE), STORE_FAULT_MISSING);
}

static void test_a_file_of_others_may_not_be_read(void **state)
{
    (void)state;
    file_make(0);
    assert_int_equal(fault_for_others(STORE_ERR_UNAVAILABLE), STORE_FAULT_NOT_READABLE);
    assert_int_equal(fault_for_others(STORE_ERR_READ_ONLY), STORE_FAULT_NOT_READABLE);
}

static void test_a_file_that_may_only_be_read_is_read_only(void **state)
{
    (void)state;
    file_make(0444);
    assert_int_equal(fault_for_others(STORE_ERR_READ_ONLY), STORE_FAULT_READ_ONLY);
    assert_int_equal(fault_for_others(STORE_ERR_UNAVAILABLE), STORE_FAULT_READ_ONLY);
}

static void test_a_folder_that_may_not_be_written_makes_it_read_only(void **state)
{
    (void)state;
    file_make(0666);
    assert_int_equal(chmod(".", 0555), 0);
    assert_int_equal(fault_for_others(STORE_ERR_UNAVAILABLE), STORE_FAULT_READ_ONLY);
    assert_int_equal(chmod(".", 0777), 0);
}

static void test_what_can_be_opened_is_no_database_of_ours(void **state)
{
    (void)state;
    file_make(0666);
    assert_int_equal(fault_for_others(STORE_ERR_UNAVAILABLE), STORE_FAULT_NOT_A_DATABASE);
    unlink(FILE_NAME);
    assert_int_equal(mkdir(FILE_NAME, 0777), 0);
    assert_int_equal(fault_for_others(STORE_ERR_UNAVAILABLE), STORE_FAULT_NOT_A_DATABASE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_status_that_says_it_all_needs_no_look),
        TEST(test_a_file_that_is_not_there_is_missing),
        TEST(test_a_file_of_others_may_not_be_read),
        TEST(test_a_file_that_may_only_be_read_is_read_only),
        TEST(test_a_folder_that_may_not_be_written_makes_it_read_only),
        TEST(test_what_can_be_opened_is_no_database_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
