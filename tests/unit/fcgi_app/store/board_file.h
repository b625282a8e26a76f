/*
 * A database file of a test's own, in a temporary folder: made, spoilt, counted and removed. SQL
 * for the arrangement goes through a connection of its own, never through the code under test.
 */
#ifndef TESTS_BOARD_FILE_H
#define TESTS_BOARD_FILE_H

#include "store/seed.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct board_file {
    char folder[64];
    char path[96];
};

/* The file has its tables and no row. */
static inline struct board_file board_file_make(void)
{
    struct board_file file = { "/tmp/board-test-XXXXXX", "" };
    int64_t made;

    assert_non_null(mkdtemp(file.folder));
    snprintf(file.path, sizeof file.path, "%s/board.db", file.folder);
    assert_int_equal(store_seed(file.path, 0, NULL, NULL, &made), STORE_OK);
    return file;
}

static inline void board_file_remove(const struct board_file *file)
{
    DIR *folder = opendir(file->folder);
    struct dirent *entry;
    char path[512];

    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", file->folder, entry->d_name);
        if (entry->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    closedir(folder);
    assert_int_equal(rmdir(file->folder), 0);
}

static inline sqlite3 *board_file_open(const struct board_file *file)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(file->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    return db;
}

static inline void board_file_run(sqlite3 *db, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

static inline void board_file_sql(const struct board_file *file, const char *sql)
{
    sqlite3 *db = board_file_open(file);

    board_file_run(db, sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The first column of the first row: a number, or a text that is compared. */
static inline int64_t board_file_number(const struct board_file *file, const char *sql)
{
    sqlite3 *db = board_file_open(file);
    sqlite3_stmt *statement = NULL;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return number;
}

static inline void board_file_assert_text(const struct board_file *file, const char *sql,
                                          const char *expected)
{
    sqlite3 *db = board_file_open(file);
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Posts with seq 1 to count, titled t1, t2, … */
static inline void board_file_posts(const struct board_file *file, int count)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
             " INSERT INTO board (seq, title, content, create_date, update_date)"
             " SELECT i, 't' || i, 'c' || i, '2024-06-01 12:00:00.000001', NULL FROM n",
             count);
    board_file_sql(file, sql);
}

static inline off_t board_file_size(const struct board_file *file, const char *suffix)
{
    char path[128];
    struct stat facts;

    snprintf(path, sizeof path, "%s%s", file->path, suffix);
    return stat(path, &facts) == 0 ? facts.st_size : -1;
}

static inline void board_file_rename(const struct board_file *file, const char *from,
                                     const char *to)
{
    char old_path[128];
    char new_path[128];

    snprintf(old_path, sizeof old_path, "%s%s", file->path, from);
    snprintf(new_path, sizeof new_path, "%s%s", file->path, to);
    assert_int_equal(rename(old_path, new_path), 0);
}

static inline int child_status(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/*
 * Another process that does something to the file and holds it so: `hold` runs in the child and
 * returns when it holds; the child stays until board_file_release.
 */
struct holder {
    pid_t pid;
    int release_fd;
};

static inline struct holder board_file_hold(const struct board_file *file,
                                            void (*hold)(const struct board_file *file))
{
    int ready[2], release[2];
    char byte = 0;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(release), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(release[1]);
        hold(file);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        _exit(read(release[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ready[1]);
    close(release[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return (struct holder){ pid, release[1] };
}

static inline void board_file_release(struct holder holder)
{
    close(holder.release_fd);
    assert_int_equal(child_status(holder.pid), 0);
}

#endif
