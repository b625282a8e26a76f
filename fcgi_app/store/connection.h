/*
 * One connection to the file, with the statements that were prepared on it. It is opened at the
 * first use; when the file was moved away, replaced or turned out to be broken it is closed, and
 * the next use opens what is there by then.
 *
 * No connection ever checkpoints by itself, not even when it is closed: the writer does, under
 * the lock. Nothing but SQLite opens the file: closing any other descriptor of it would drop the
 * locks that SQLite holds in this process.
 */
#ifndef BOARD_STORE_CONNECTION_H
#define BOARD_STORE_CONNECTION_H

#include "store/deadline.h"
#include "store/store.h"

#include <sqlite3.h>
#include <sys/types.h>

/* Every statement but the pragmas of connection.c. Values are bound, never printed into a text. */
/* clang-format off */
#define STORE__STATEMENTS(X) \
    X(POSTS, "SELECT seq, title, content, create_date, update_date" \
             " FROM board ORDER BY seq LIMIT ?1") \
    X(POSTS_LAST, "SELECT max(seq) FROM board") \
    X(CALLS_LAST, "SELECT max(seq) FROM log_api") \
    X(CALLS, "SELECT seq, user_ip, user_id, start_time, end_time, call_url, call_url_parameter" \
             " FROM log_api WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3") \
    X(CALL_INSERT, "INSERT INTO log_api" \
                   " (user_ip, user_id, start_time, end_time, call_url, call_url_parameter)" \
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6)") \
    X(POST_INSERT, "INSERT INTO board (title, content, create_date, update_date)" \
                   " VALUES (?1, ?2, ?3, ?3)") \
    X(POSTS_EXIST, "SELECT EXISTS (SELECT 1 FROM board)") \
    X(CHECK, "PRAGMA integrity_check(1)") \
    X(BEGIN, "BEGIN IMMEDIATE") \
    X(COMMIT, "COMMIT") \
    X(ROLLBACK, "ROLLBACK")
/* clang-format on */

enum store__statement {
#define X(name, sql) STORE__##name,
    STORE__STATEMENTS(X)
#undef X
        STORE__STATEMENT_COUNT
};

enum store__access { STORE__READ = 0, STORE__WRITE, STORE__CREATE };

/* One thread. Owned by a reader or a writer; all zero but path and access is "not open". */
struct store__connection {
    const char *path; /* the owner's */
    enum store__access access;
    pid_t pid; /* who opened it: a connection is never used on both sides of a fork */
    sqlite3 *db;
    sqlite3_stmt *statements[STORE__STATEMENT_COUNT];
    struct store__deadline deadline; /* until when a statement may wait for others' locks */
    int wal_frames;                  /* in the log after this connection's last commit */
};

/* Opens what is not open, and again what lies elsewhere by now; waits at most until `deadline`. */
enum store_status store__connection_use(struct store__connection *connection,
                                        struct store__deadline deadline);

/*
 * Ends a use and returns `status`: closes what another opening may put right. Not after a failure
 * of the moment (busy, full, a sync): a commit that could not be synced lies whole in the log's
 * file, and this connection still knows that it does not count; the next commit overwrites it.
 * Were all connections closed, the next one to open the file would take it for good.
 */
enum store_status store__connection_done(struct store__connection *connection,
                                         enum store_status status);

void store__connection_close(struct store__connection *connection);

/* The statement, prepared at its first use. */
enum store_status store__connection_statement(struct store__connection *connection,
                                              enum store__statement which, sqlite3_stmt **out);

/* Runs a statement that gives no rows, and resets it. */
enum store_status store__connection_run(struct store__connection *connection,
                                        enum store__statement which);

#endif
