/* Two processes with committers and readers on one file: every row once, and the file intact. */
#include "board_file.h"
#include "new_calls.h"

#include <signal.h>

enum { WRITERS = 2, READERS = 2, COMMITS = 400, ROWS_A_COMMIT = 7 };

static int write_rows(const struct board_file *file, int writer_number)
{
    struct store_writer *writer = store_writer_create(file->path);
    int failures = 0;

    for (int i = 0; i < COMMITS; i++) {
        int64_t first = ((int64_t)writer_number * COMMITS + i) * ROWS_A_COMMIT;
        if (store_calls_append(writer, new_calls(first, ROWS_A_COMMIT), ROWS_A_COMMIT) != STORE_OK)
            failures++;
    }
    store_writer_destroy(writer);
    return failures > 0;
}

static bool count_call(void *user, const struct store_call *call)
{
    (void)call;
    ++*(int64_t *)user;
    return true;
}

/* Whole commits only, never fewer than before. Until all rows are there. */
static int read_rows(const struct board_file *file)
{
    struct store_reader *reader = store_reader_create(file->path);
    int64_t before = 0;
    int result = 0;

    while (result == 0 && before < (int64_t)WRITERS * COMMITS * ROWS_A_COMMIT) {
        int64_t seen = 0, reached, count;
        enum store_status status =
            store_calls_each(reader, 0, INT64_MAX, -1, count_call, &seen, &reached, &count);

        if (status != STORE_OK || count < before || count % ROWS_A_COMMIT != 0 || reached != count)
            result = 1;
        before = count;
    }
    store_reader_destroy(reader);
    return result;
}

static void test_processes_that_write_and_read_lose_nothing(void **state)
{
    struct board_file file = board_file_make();
    pid_t pids[WRITERS + READERS];

    (void)state;
    for (int i = 0; i < WRITERS + READERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(i < WRITERS ? write_rows(&file, i) : read_rows(&file));
    }
    for (int i = 0; i < WRITERS + READERS; i++)
        assert_int_equal(child_status(pids[i]), 0);

    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"),
                     WRITERS * COMMITS * ROWS_A_COMMIT);
    assert_int_equal(
        board_file_number(&file, "SELECT count(DISTINCT call_url_parameter) FROM log_api"),
        WRITERS * COMMITS * ROWS_A_COMMIT);
    assert_int_equal(store_check(file.path), STORE_OK);
    assert_true(board_file_size(&file, "-wal") < 8 << 20);
    board_file_remove(&file);
}

/* Acknowledged rows outlive the process that wrote them. */
static void test_a_killed_writer_loses_no_acknowledged_row(void **state)
{
    struct board_file file = board_file_make();
    int64_t acknowledged = 0;

    (void)state;
    for (int round = 0; round < 10; round++) {
        int fds[2];
        char byte;
        pid_t pid;

        assert_int_equal(pipe(fds), 0);
        pid = fork();
        if (pid == 0) {
            struct store_writer *writer = store_writer_create(file.path);
            while (store_calls_append(writer, new_calls(0, 3), 3) == STORE_OK)
                if (write(fds[1], "a", 1) != 1)
                    break;
            _exit(1);
        }
        close(fds[1]);
        for (int i = 0; i < 20; i++)
            assert_int_equal(read(fds[0], &byte, 1), 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        acknowledged += 20 * 3;
        while (read(fds[0], &byte, 1) == 1)
            acknowledged += 3;
        close(fds[0]);
        assert_true(board_file_number(&file, "SELECT count(*) FROM log_api") >= acknowledged);
    }
    assert_int_equal(board_file_number(&file, "SELECT count(*) % 3 FROM log_api"), 0);
    assert_int_equal(store_check(file.path), STORE_OK);
    board_file_remove(&file);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_processes_that_write_and_read_lose_nothing),
        cmocka_unit_test(test_a_killed_writer_loses_no_acknowledged_row),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
