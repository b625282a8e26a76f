/* Appending calls: what a row looks like, all or none, bounded waiting, and a log kept small. */
#include "board_file.h"
#include "new_calls.h"
#include "store/lock.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <time.h>

static int64_t now_ms(void)
{
    return store__now_ns() / 1000000;
}

static void test_writer_fills_every_column(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(store_calls_append(writer, new_calls(7, 1), 1), STORE_OK);
    board_file_assert_text(&file,
                           "SELECT seq || '|' || user_ip || '|' || start_time || '|' || end_time"
                           " || '|' || call_url || '|' || call_url_parameter FROM log_api",
                           "1|127.0.0.1|2024-06-01 12:00:00.000000|2024-06-01 12:00:00.000123"
                           "|/board/100|7");
    board_file_assert_text(&file,
                           "SELECT group_concat(typeof(user_ip) || typeof(user_id) ||"
                           " typeof(start_time) || typeof(end_time) || typeof(call_url) ||"
                           " typeof(call_url_parameter)) FROM log_api",
                           "texttexttexttexttexttext");
    assert_int_equal(board_file_number(&file, "SELECT user_id GLOB replace(hex(zeroblob(15)), '0',"
                                              " '[A-Za-z0-9]') FROM log_api"),
                     1);

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_writer_keeps_texts_whole(void **state)
{
    static char url[4000];
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    struct store_new_call row = *new_calls(INT64_MAX, 1);

    (void)state;
    memset(url, '\'', sizeof url);
    row.user_ip = (struct store_text){ "2001:db8:0:0:8d3:0:0:1%eth0", 27 };
    row.call_url = (struct store_text){ url, sizeof url };
    assert_int_equal(store_calls_append(writer, &row, 1), STORE_OK);
    row.user_ip = (struct store_text){ NULL, 0 };
    row.call_url = (struct store_text){ "", 0 };
    assert_int_equal(store_calls_append(writer, &row, 1), STORE_OK);
    board_file_assert_text(&file,
                           "SELECT user_ip || '|' || length(call_url) || '|' ||"
                           " call_url_parameter FROM log_api WHERE seq = 1",
                           "2001:db8:0:0:8d3:0:0:1%eth0|4000|9223372036854775807");
    board_file_assert_text(&file,
                           "SELECT typeof(user_ip) || '|' || typeof(call_url) || '|' || call_url"
                           " FROM log_api WHERE seq = 2",
                           "null|text|");

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_writer_commits_all_rows_in_order(void **state)
{
    static const size_t COUNTS[] = { 0, 1, 2, 512, NEW_CALLS_MAX };
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    int64_t total = 0;

    (void)state;
    for (size_t i = 0; i < sizeof COUNTS / sizeof COUNTS[0]; i++) {
        assert_int_equal(store_calls_append(writer, new_calls(total + 1, COUNTS[i]), COUNTS[i]),
                         STORE_OK);
        total += (int64_t)COUNTS[i];
        assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), total);
    }
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"
                                              " WHERE seq = CAST(call_url_parameter AS INTEGER)"),
                     total);
    assert_int_equal(board_file_number(&file, "SELECT count(DISTINCT user_id) FROM log_api"),
                     total);

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_writer_commits_none_when_one_row_fails(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    board_file_sql(&file, "CREATE TRIGGER no_five BEFORE INSERT ON log_api"
                          " WHEN new.call_url_parameter = '5'"
                          " BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_int_equal(store_calls_append(writer, new_calls(1, 8), 8), STORE_ERR_OTHER);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 0);
    assert_int_equal(store_calls_append(writer, new_calls(6, 8), 8), STORE_OK);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 8);

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_writer_turns_a_file_of_others_over_to_the_log(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    board_file_sql(&file, "PRAGMA journal_mode=DELETE");
    board_file_assert_text(&file, "PRAGMA journal_mode", "delete");
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_OK);
    board_file_assert_text(&file, "PRAGMA journal_mode", "wal");

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void hold_lock(const struct board_file *file)
{
    static struct store__lock lock;
    struct store__deadline deadline = store__deadline_in(5000);

    lock.path = file->path;
    if (store__lock_take(&lock, &deadline) != STORE_OK)
        _exit(1);
}

static void hold_write(const struct board_file *file)
{
    board_file_run(board_file_open(file), "BEGIN IMMEDIATE;"
                                          "INSERT INTO board (title) VALUES ('held')");
}

static void hold_exclusive(const struct board_file *file)
{
    board_file_run(board_file_open(file), "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;"
                                          "INSERT INTO board (title) VALUES ('held')");
}

static void test_writer_is_busy_within_two_seconds(void **state)
{
    static const struct {
        const char *reason;
        void (*hold)(const struct board_file *file);
    } CASES[] = {
        { "another worker has the write lock", hold_lock },
        { "a program of others writes without it", hold_write },
        { "a program of others has all of the file", hold_exclusive },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct board_file file = board_file_make();
        struct store_writer *writer = store_writer_create(file.path);
        struct holder holder = board_file_hold(&file, CASES[i].hold);
        int64_t start_ms = now_ms();

        print_message("%s\n", CASES[i].reason);
        assert_int_equal(store_calls_append(writer, new_calls(1, 3), 3), STORE_ERR_BUSY);
        assert_in_range((unsigned long)(now_ms() - start_ms), 1990, 3500);
        board_file_release(holder);
        assert_int_equal(store_calls_append(writer, new_calls(1, 3), 3), STORE_OK);
        assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 3);

        store_writer_destroy(writer);
        board_file_remove(&file);
    }
}

static enum store_status lock_try(struct store__lock *lock)
{
    struct store__deadline deadline = store__deadline_in(0);

    return store__lock_take(lock, &deadline);
}

static void test_writer_keeps_its_turn_until_it_has_appended(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    struct store__lock other = { .path = file.path };

    (void)state;
    for (size_t count = 0; count < 3; count++) {
        assert_int_equal(store_writer_wait(writer), STORE_OK);
        assert_int_equal(lock_try(&other), STORE_ERR_BUSY);
        assert_int_equal(store_calls_append(writer, new_calls(1, count), count), STORE_OK);
        assert_int_equal(lock_try(&other), STORE_OK);
        store__lock_give(&other);
    }
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 3);

    store__lock_close(&other);
    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_writer_recovers_when_a_missing_file_comes_back(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_OK);
    board_file_rename(&file, "", ".away");
    assert_int_equal(store_calls_append(writer, new_calls(2, 1), 1), STORE_ERR_UNAVAILABLE);
    assert_int_equal(board_file_size(&file, ""), -1);
    board_file_rename(&file, ".away", "");
    assert_int_equal(store_calls_append(writer, new_calls(3, 1), 1), STORE_OK);
    board_file_assert_text(&file, "SELECT group_concat(call_url_parameter) FROM log_api", "1,3");

    store_writer_destroy(writer);
    board_file_remove(&file);
}

/* A row must never be committed to a file that has no name any more. */
static void test_writer_follows_a_file_that_was_replaced(void **state)
{
    struct board_file file = board_file_make();
    struct board_file other = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_OK);
    board_file_sql(&file, "PRAGMA wal_checkpoint(TRUNCATE)");
    board_file_sql(&other, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(rename(other.path, file.path), 0);
    assert_int_equal(store_calls_append(writer, new_calls(2, 1), 1), STORE_OK);
    board_file_assert_text(&file, "SELECT group_concat(call_url_parameter) FROM log_api", "2");

    store_writer_destroy(writer);
    board_file_remove(&file);
    board_file_remove(&other);
}

static void test_writer_waits_for_tables_that_are_not_there_yet(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    board_file_sql(&file, "ALTER TABLE log_api RENAME TO elsewhere");
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_ERR_UNAVAILABLE);
    board_file_sql(&file, "ALTER TABLE elsewhere RENAME TO log_api");
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_OK);

    store_writer_destroy(writer);
    board_file_remove(&file);
}

/* Root may write anywhere, so the writer runs as nobody; 0: as it should be. */
static int read_only_child(const struct board_file *file)
{
    struct store_writer *writer = store_writer_create(file->path);

    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return 2;
    return store_calls_append(writer, new_calls(1, 1), 1) == STORE_ERR_READ_ONLY ? 0 : 1;
}

static void test_writer_without_the_right_to_write_is_read_only(void **state)
{
    struct board_file file = board_file_make();
    char lock_path[128];
    pid_t pid;

    (void)state;
    snprintf(lock_path, sizeof lock_path, "%s.lock", file.path);
    assert_int_equal(chmod(file.folder, 0755), 0);
    assert_int_equal(chmod(file.path, 0444), 0);
    for (int lock_mode = 0666; lock_mode >= 0444; lock_mode -= 0222) {
        assert_int_equal(chmod(lock_path, (mode_t)lock_mode), 0);
        pid = fork();
        if (pid == 0)
            _exit(read_only_child(&file));
        assert_int_equal(child_status(pid), 0);
    }

    board_file_remove(&file);
}

static void test_writer_keeps_the_log_small(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);

    (void)state;
    for (int i = 0; i < 4000; i++) {
        assert_int_equal(store_calls_append(writer, new_calls(i, 4), 4), STORE_OK);
        if (i % 100 == 0)
            assert_true(board_file_size(&file, "-wal") < 8 << 20);
    }
    assert_true(board_file_size(&file, "") > 1 << 20); /* so it was copied */

    store_writer_destroy(writer);
    board_file_remove(&file);
}

/* The writer must go on while a reader holds an old snapshot, and shrink the log afterwards. */
static void test_writer_outlives_a_long_reader(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    sqlite3 *reader = board_file_open(&file);
    int64_t deadline_ms;

    (void)state;
    board_file_run(reader, "BEGIN; SELECT count(*) FROM log_api");
    for (int i = 0; i < 6000; i++)
        assert_int_equal(store_calls_append(writer, new_calls(i, 1), 1), STORE_OK);
    assert_true(board_file_size(&file, "-wal") > 16 << 20);
    board_file_run(reader, "COMMIT");
    deadline_ms = now_ms() + 5000;
    while (board_file_size(&file, "-wal") > 8 << 20) {
        assert_int_equal(store_calls_append(writer, new_calls(0, 1), 1), STORE_OK);
        assert_true(now_ms() < deadline_ms);
    }

    assert_int_equal(sqlite3_close(reader), SQLITE_OK);
    store_writer_destroy(writer);
    board_file_remove(&file);
}

/* Who copies the file of a stopped service copies all rows; the log is left to SQLite. */
static void test_writer_leaves_all_rows_in_the_file(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    off_t wal_bytes;

    (void)state;
    assert_int_equal(store_calls_append(writer, new_calls(1, 100), 100), STORE_OK);
    wal_bytes = board_file_size(&file, "-wal");
    store_writer_destroy(writer);
    assert_true(wal_bytes > 0);
    assert_int_equal(board_file_size(&file, "-wal"), wal_bytes);
    board_file_rename(&file, "-wal", ".lost");
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 100);

    board_file_remove(&file);
}

static void test_writer_leaves_while_another_holds_the_lock(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    struct holder holder;
    int64_t start_ms;

    (void)state;
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_OK);
    holder = board_file_hold(&file, hold_lock);
    start_ms = now_ms();
    store_writer_destroy(writer);
    assert_true(now_ms() - start_ms < 1500);
    assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), 1);

    board_file_release(holder);
    board_file_remove(&file);
}

static void test_writer_works_on_both_sides_of_a_fork(void **state)
{
    struct board_file file = board_file_make();
    struct store_writer *writer = store_writer_create(file.path);
    pid_t pid;

    (void)state;
    assert_int_equal(store_calls_append(writer, new_calls(1, 1), 1), STORE_OK);
    pid = fork();
    if (pid == 0)
        _exit(store_calls_append(writer, new_calls(2, 1), 1) == STORE_OK ? 0 : 1);
    assert_int_equal(child_status(pid), 0);
    assert_int_equal(store_calls_append(writer, new_calls(3, 1), 1), STORE_OK);
    assert_int_equal(board_file_number(&file, "SELECT count(DISTINCT user_id) FROM log_api"), 3);
    assert_int_equal(store_check(file.path), STORE_OK);

    store_writer_destroy(writer);
    board_file_remove(&file);
}

static void test_writer_may_be_destroyed_unused(void **state)
{
    (void)state;
    store_writer_destroy(NULL);
    store_writer_destroy(store_writer_create("/nonexistent/board.db"));
    store_reader_destroy(NULL);
    store_reader_destroy(store_reader_create("/nonexistent/board.db"));
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_writer_fills_every_column),
        cmocka_unit_test(test_writer_keeps_texts_whole),
        cmocka_unit_test(test_writer_commits_all_rows_in_order),
        cmocka_unit_test(test_writer_commits_none_when_one_row_fails),
        cmocka_unit_test(test_writer_turns_a_file_of_others_over_to_the_log),
        cmocka_unit_test(test_writer_is_busy_within_two_seconds),
        cmocka_unit_test(test_writer_keeps_its_turn_until_it_has_appended),
        cmocka_unit_test(test_writer_recovers_when_a_missing_file_comes_back),
        cmocka_unit_test(test_writer_follows_a_file_that_was_replaced),
        cmocka_unit_test(test_writer_waits_for_tables_that_are_not_there_yet),
        cmocka_unit_test(test_writer_without_the_right_to_write_is_read_only),
        cmocka_unit_test(test_writer_keeps_the_log_small),
        cmocka_unit_test(test_writer_outlives_a_long_reader),
        cmocka_unit_test(test_writer_leaves_all_rows_in_the_file),
        cmocka_unit_test(test_writer_leaves_while_another_holds_the_lock),
        cmocka_unit_test(test_writer_works_on_both_sides_of_a_fork),
        cmocka_unit_test(test_writer_may_be_destroyed_unused),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
