/* Making and filling the file: all or nothing, and what is there stays. */
#include "board_file.h"

#include <signal.h>

static struct board_file empty_folder(void)
{
    struct board_file file = { "/tmp/board-test-XXXXXX", "" };

    assert_non_null(mkdtemp(file.folder));
    snprintf(file.path, sizeof file.path, "%s/board.db", file.folder);
    return file;
}

static void note_progress(void *user, int64_t done)
{
    int64_t *last = user;

    assert_true(done > *last);
    *last = done;
}

static void test_seed_fills_a_new_file(void **state)
{
    struct board_file file = empty_folder();
    int64_t made = -1, progress = 0;

    (void)state;
    assert_int_equal(store_seed(file.path, 25000, note_progress, &progress, &made), STORE_OK);
    assert_int_equal(made, 25000);
    assert_int_equal(progress, 20000);
    assert_int_equal(
        board_file_number(&file,
                          "SELECT count(*) FROM board WHERE length(title) = 20"
                          " AND length(content) = 300 AND title NOT GLOB '*[^A-Za-z0-9]*'"
                          " AND content NOT GLOB '*[^A-Za-z0-9]*' AND length(create_date) = 26"
                          " AND update_date = create_date AND seq BETWEEN 1 AND 25000"),
        25000);
    assert_int_equal(board_file_number(&file, "SELECT count(DISTINCT title) FROM board"), 25000);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 0);
    board_file_assert_text(&file, "PRAGMA journal_mode", "wal");
    assert_int_equal(store_check(file.path), STORE_OK);

    board_file_remove(&file);
}

static void test_seed_leaves_posts_that_are_there(void **state)
{
    struct board_file file = board_file_make();
    int64_t made = -1;

    (void)state;
    board_file_posts(&file, 3);
    assert_int_equal(store_seed(file.path, 100, NULL, NULL, &made), STORE_OK);
    assert_int_equal(made, 0);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM board"), 3);

    board_file_remove(&file);
}

static void test_seed_makes_a_table_that_is_missing(void **state)
{
    struct board_file file = board_file_make();
    int64_t made = -1;

    (void)state;
    board_file_sql(&file, "DROP TABLE log_api; INSERT INTO board (title) VALUES ('kept')");
    assert_int_equal(store_seed(file.path, 100, NULL, NULL, &made), STORE_OK);
    assert_int_equal(made, 0);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 0);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM board"), 1);

    board_file_remove(&file);
}

static void test_seed_keeps_the_schema_of_others(void **state)
{
    struct board_file file = empty_folder();
    int64_t made = -1;
    sqlite3 *db = NULL;

    (void)state;
    assert_int_equal(sqlite3_open(file.path, &db), SQLITE_OK);
    board_file_run(db, "CREATE TABLE board (seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,"
                       " title VARCHAR(30), content VARCHAR(2000), create_date DATETIME,"
                       " update_date DATETIME, owner TEXT DEFAULT 'x')");
    sqlite3_close(db);
    assert_int_equal(store_seed(file.path, 10, NULL, NULL, &made), STORE_OK);
    assert_int_equal(made, 10);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM board WHERE owner = 'x'"), 10);
    assert_int_equal(board_file_number(&file, "SELECT seq FROM sqlite_sequence"), 10);

    board_file_remove(&file);
}

static void die_half_way(void *user, int64_t done)
{
    (void)user;
    if (done >= 20000)
        (void)kill(getpid(), SIGKILL);
}

static void test_seed_that_is_interrupted_leaves_nothing(void **state)
{
    struct board_file file = empty_folder();
    int64_t made = -1;
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        (void)store_seed(file.path, 30000, die_half_way, NULL, &made);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM sqlite_master"), 0);
    assert_int_equal(store_seed(file.path, 10, NULL, NULL, &made), STORE_OK);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM board"), 10);
    assert_int_equal(store_check(file.path), STORE_OK);

    board_file_remove(&file);
}

static void test_seed_without_its_folder_is_unavailable(void **state)
{
    int64_t made = -1;

    (void)state;
    assert_int_equal(store_seed("/nonexistent/board.db", 1, NULL, NULL, &made),
                     STORE_ERR_UNAVAILABLE);
    assert_int_equal(made, 0);
    assert_int_equal(store_check("/nonexistent/board.db"), STORE_ERR_UNAVAILABLE);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_seed_fills_a_new_file),
        cmocka_unit_test(test_seed_leaves_posts_that_are_there),
        cmocka_unit_test(test_seed_makes_a_table_that_is_missing),
        cmocka_unit_test(test_seed_keeps_the_schema_of_others),
        cmocka_unit_test(test_seed_that_is_interrupted_leaves_nothing),
        cmocka_unit_test(test_seed_without_its_folder_is_unavailable),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
