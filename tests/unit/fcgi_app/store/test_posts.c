/* Reading posts: limits, odd column types, and a file that goes away, breaks and comes back. */
#include "board_file.h"

#include <fcntl.h>
#include <signal.h>

enum { SEEN_MAX = 256 };

struct seen {
    int64_t count;
    int64_t stop_after; /* 0: never */
    int64_t seq[SEEN_MAX];
    char title[SEEN_MAX][32];
    bool is_title_null[SEEN_MAX];
};

static bool see(void *user, const struct store_post *post)
{
    struct seen *seen = user;
    int64_t i = seen->count++ % SEEN_MAX;

    seen->seq[i] = post->seq;
    seen->is_title_null[i] = !post->title.data;
    snprintf(seen->title[i], sizeof seen->title[i], "%.*s", (int)post->title.length,
             post->title.data ? post->title.data : "");
    return seen->stop_after == 0 || seen->count < seen->stop_after;
}

static enum store_status read_posts(struct store_reader *reader, int64_t limit, struct seen *out)
{
    int64_t count = -1;
    enum store_status status;

    memset(out, 0, sizeof *out);
    status = store_posts_each(reader, limit, see, out, &count);
    assert_int_equal(count, out->count);
    return status;
}

static void test_posts_come_by_seq_up_to_the_limit(void **state)
{
    static const struct {
        int64_t limit, expected;
    } CASES[] = {
        { 0, 0 },     { 1, 1 },     { 99, 99 },         { 100, 100 },
        { 101, 101 }, { 102, 101 }, { INT64_MAX, 101 }, { -1, 101 },
    };
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;

    (void)state;
    board_file_posts(&file, 101);
    reader = store_reader_create(file.path);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(read_posts(reader, CASES[i].limit, &seen), STORE_OK);
        assert_int_equal(seen.count, CASES[i].expected);
        for (int64_t k = 0; k < seen.count; k++)
            assert_int_equal(seen.seq[k], k + 1);
    }

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_stop_when_the_caller_has_enough(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen = { .stop_after = 3 };
    int64_t count = 0;

    (void)state;
    board_file_posts(&file, 10);
    reader = store_reader_create(file.path);
    assert_int_equal(store_posts_each(reader, -1, see, &seen, &count), STORE_OK);
    assert_int_equal(count, 3);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK); /* the next begins at the start */
    assert_int_equal(seen.count, 10);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_of_any_type_are_text(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;

    (void)state;
    board_file_sql(&file, "PRAGMA writable_schema=1;"
                          "UPDATE sqlite_master SET sql = replace(sql, 'VARCHAR(30)', 'BLOB')"
                          " WHERE name = 'board'");
    board_file_sql(&file, "INSERT INTO board (seq, title) VALUES (-5, 'negative seq'), (1, NULL),"
                          " (2, 42), (3, -1.5), (4, x'616200ff'), (5, x''), (6, ''),"
                          " (9223372036854775807, 9223372036854775807)");
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 8);
    assert_int_equal(seen.seq[0], -5);
    assert_true(seen.is_title_null[1]);
    assert_string_equal(seen.title[2], "42");
    assert_string_equal(seen.title[3], "-1.5");
    assert_string_equal(seen.title[4], "ab");
    assert_false(seen.is_title_null[5]);
    assert_string_equal(seen.title[5], "");
    assert_false(seen.is_title_null[6]);
    assert_string_equal(seen.title[7], "9223372036854775807");
    assert_int_equal(seen.seq[7], INT64_MAX);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static bool take_length(void *user, const struct store_post *post)
{
    *(size_t *)user = post->content.length;
    return true;
}

static void test_posts_keep_nul_bytes_and_long_texts(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    size_t length = 0;
    int64_t count;

    (void)state;
    board_file_sql(&file, "INSERT INTO board (content) VALUES (CAST(x'410042' AS TEXT))");
    assert_int_equal(store_posts_each(reader, 1, take_length, &length, &count), STORE_OK);
    assert_int_equal(length, 3);
    board_file_sql(&file, "UPDATE board SET content = replace(hex(zeroblob(500000)), '0', 'x')");
    assert_int_equal(store_posts_each(reader, 1, take_length, &length, &count), STORE_OK);
    assert_int_equal(length, 1000000);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_of_a_utf16_file_are_utf8(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct seen seen;
    char path[128];
    sqlite3 *db = NULL;

    (void)state;
    board_file_rename(&file, "", "-old");
    snprintf(path, sizeof path, "%s", file.path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    board_file_run(db, "PRAGMA encoding='UTF-16'; CREATE TABLE board(seq INTEGER PRIMARY KEY,"
                       " title, content, create_date, update_date);"
                       "INSERT INTO board (title) VALUES ('gr\xc3\xbc\xc3\x9f')");
    sqlite3_close(db);
    assert_int_equal(read_posts(reader, 1, &seen), STORE_OK);
    assert_string_equal(seen.title[0], "gr\xc3\xbc\xc3\x9f");

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_see_what_was_committed_meanwhile(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct seen seen;

    (void)state;
    for (int i = 1; i <= 5; i++) {
        board_file_sql(&file, "INSERT INTO board (title) VALUES ('new')");
        assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
        assert_int_equal(seen.count, i);
    }

    store_reader_destroy(reader);
    board_file_remove(&file);
}

/* No snapshot may outlive a call: the log could not start anew. */
static void test_posts_leave_no_snapshot_behind(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;
    sqlite3 *db;
    int in_log = -1, copied = -1;

    (void)state;
    board_file_posts(&file, 50);
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, 10, &seen), STORE_OK);
    db = board_file_open(&file);
    board_file_run(db, "INSERT INTO board (title) VALUES ('x')");
    assert_int_equal(
        sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, &in_log, &copied),
        SQLITE_OK);
    assert_int_equal(board_file_size(&file, "-wal"), 0);

    sqlite3_close(db);
    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_recover_when_a_missing_file_comes_back(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;

    (void)state;
    board_file_posts(&file, 3);
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    board_file_rename(&file, "", ".away");
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_UNAVAILABLE);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_UNAVAILABLE);
    assert_int_equal(board_file_size(&file, ""), -1); /* and none was made in its place */
    board_file_rename(&file, ".away", "");
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 3);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_follow_a_file_that_was_replaced(void **state)
{
    struct board_file file = board_file_make();
    struct board_file other = board_file_make();
    struct store_reader *reader;
    struct seen seen;

    (void)state;
    board_file_posts(&file, 3);
    board_file_posts(&other, 5);
    board_file_sql(&other, "PRAGMA wal_checkpoint(TRUNCATE)");
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 3);
    board_file_sql(&file, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(rename(other.path, file.path), 0);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 5);

    store_reader_destroy(reader);
    board_file_remove(&file);
    board_file_remove(&other);
}

static void test_posts_wait_for_tables_that_are_not_there_yet(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct seen seen;

    (void)state;
    board_file_sql(&file, "ALTER TABLE board RENAME TO elsewhere");
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_UNAVAILABLE);
    board_file_sql(&file, "ALTER TABLE elsewhere RENAME TO board");
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

/* Overwrites a page of the closed file; returns what was there. */
static void page_swap(const struct board_file *file, int page, char bytes[4096])
{
    char old[4096];
    int descriptor = open(file->path, O_RDWR | O_CLOEXEC);

    assert_true(descriptor >= 0);
    assert_int_equal(pread(descriptor, old, sizeof old, (page - 1) * 4096), sizeof old);
    assert_int_equal(pwrite(descriptor, bytes, sizeof old, (page - 1) * 4096), sizeof old);
    close(descriptor);
    memcpy(bytes, old, sizeof old);
}

static void test_posts_report_a_corrupt_page_and_recover(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;
    char page[4096];

    (void)state;
    board_file_posts(&file, 3);
    board_file_sql(&file, "PRAGMA wal_checkpoint(TRUNCATE)");
    memset(page, 0xa5, sizeof page);
    page_swap(&file, 2, page); /* the root of the table board */
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_CORRUPT);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_CORRUPT);
    assert_int_equal(store_check(file.path), STORE_ERR_CORRUPT);
    page_swap(&file, 2, page);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 3);
    assert_int_equal(store_check(file.path), STORE_OK);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_of_what_is_no_database_are_unavailable(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct seen seen;
    FILE *text;

    (void)state;
    board_file_rename(&file, "", ".away");
    text = fopen(file.path, "w");
    assert_non_null(text);
    for (int i = 0; i < 1000; i++)
        fprintf(text, "this is no database %d\n", i);
    fclose(text);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_UNAVAILABLE);
    assert_int_equal(store_check(file.path), STORE_ERR_UNAVAILABLE);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void hold_exclusive(const struct board_file *file)
{
    sqlite3 *db = board_file_open(file);

    board_file_run(db, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;"
                       "INSERT INTO board (title) VALUES ('held')");
}

static void test_posts_are_busy_while_another_has_all_of_the_file(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct holder holder = board_file_hold(&file, hold_exclusive);
    struct seen seen;

    (void)state;
    assert_int_equal(read_posts(reader, -1, &seen), STORE_ERR_BUSY);
    board_file_release(holder);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 0);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void hold_write(const struct board_file *file)
{
    sqlite3 *db = board_file_open(file);

    board_file_run(db, "BEGIN IMMEDIATE; INSERT INTO board (title) VALUES ('held')");
}

static void test_posts_do_not_wait_for_a_writer(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct holder holder = board_file_hold(&file, hold_write);
    struct seen seen;

    (void)state;
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    assert_int_equal(seen.count, 0);

    board_file_release(holder);
    store_reader_destroy(reader);
    board_file_remove(&file);
}

static void test_posts_can_be_read_on_the_other_side_of_a_fork(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;
    pid_t pid;

    (void)state;
    board_file_posts(&file, 3);
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    pid = fork();
    if (pid == 0)
        _exit(read_posts(reader, -1, &seen) == STORE_OK && seen.count == 3 ? 0 : 1);
    assert_int_equal(child_status(pid), 0);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);

    store_reader_destroy(reader);
    board_file_remove(&file);
}

/* A reader writes nothing: a log that others left stays as it was, also when it is closed. */
static void test_posts_reader_never_checkpoints(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader;
    struct seen seen;
    off_t file_bytes, wal_bytes;

    (void)state;
    board_file_posts(&file, 5000);
    file_bytes = board_file_size(&file, "");
    wal_bytes = board_file_size(&file, "-wal");
    reader = store_reader_create(file.path);
    assert_int_equal(read_posts(reader, -1, &seen), STORE_OK);
    store_reader_destroy(reader);
    assert_int_equal(board_file_size(&file, ""), file_bytes);
    assert_int_equal(board_file_size(&file, "-wal"), wal_bytes);
    assert_true(wal_bytes > 100000);

    board_file_remove(&file);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_posts_come_by_seq_up_to_the_limit),
        cmocka_unit_test(test_posts_stop_when_the_caller_has_enough),
        cmocka_unit_test(test_posts_of_any_type_are_text),
        cmocka_unit_test(test_posts_keep_nul_bytes_and_long_texts),
        cmocka_unit_test(test_posts_of_a_utf16_file_are_utf8),
        cmocka_unit_test(test_posts_see_what_was_committed_meanwhile),
        cmocka_unit_test(test_posts_leave_no_snapshot_behind),
        cmocka_unit_test(test_posts_recover_when_a_missing_file_comes_back),
        cmocka_unit_test(test_posts_follow_a_file_that_was_replaced),
        cmocka_unit_test(test_posts_wait_for_tables_that_are_not_there_yet),
        cmocka_unit_test(test_posts_report_a_corrupt_page_and_recover),
        cmocka_unit_test(test_posts_of_what_is_no_database_are_unavailable),
        cmocka_unit_test(test_posts_are_busy_while_another_has_all_of_the_file),
        cmocka_unit_test(test_posts_do_not_wait_for_a_writer),
        cmocka_unit_test(test_posts_can_be_read_on_the_other_side_of_a_fork),
        cmocka_unit_test(test_posts_reader_never_checkpoints),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
