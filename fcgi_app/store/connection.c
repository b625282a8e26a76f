/*
 * Opening, closing and the statements. SQLite is told once a connection how to behave; see
 * connection_configure for the reasons.
 */
#include "store/connection.h"

#include "store/status.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    BUSY_SLEEP_US = 1000,
    /* After a log that a long reader let grow: its file is cut back to this at the next reset. */
    WAL_FILE_BYTES = 4 << 20,
};

static const char *const STATEMENT_SQL[STORE__STATEMENT_COUNT] = {
#define X(name, sql) sql,
    STORE__STATEMENTS(X)
#undef X
};

static int connection_on_busy(void *user, int tries)
{
    struct store__connection *connection = user;

    (void)tries;
    return store__deadline_sleep(&connection->deadline, BUSY_SLEEP_US) ? 1 : 0;
}

static int connection_on_commit(void *user, sqlite3 *db, const char *schema, int frames)
{
    struct store__connection *connection = user;

    (void)db;
    (void)schema;
    connection->wal_frames = frames;
    return SQLITE_OK;
}

/* Write-ahead logging is a property of the file; one that another program made is turned over. */
static enum store_status connection_use_wal(sqlite3 *db)
{
    enum store_status status = STORE_OK;
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA journal_mode=WAL", -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        status = store__status(sqlite3_extended_errcode(db));
    else if (strcmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0)
        status = STORE_ERR_UNAVAILABLE; /* a file system without shared memory */
    sqlite3_finalize(statement);
    return status;
}

static enum store_status connection_configure(struct store__connection *connection)
{
    sqlite3 *db = connection->db;
    int code;

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_handler(db, connection_on_busy, connection);
    code = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (code != SQLITE_OK)
        return store__status(code);
    /* This takes the place of SQLite's own hook, and so switches its checkpoints off. */
    sqlite3_wal_hook(db, connection_on_commit, connection);
    if (connection->access == STORE__READ)
        return STORE_OK;

    code = sqlite3_exec(db, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        char *sql = sqlite3_mprintf("PRAGMA journal_size_limit=%d", (int)WAL_FILE_BYTES);
        code = sql ? sqlite3_exec(db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
        sqlite3_free(sql);
    }
    return code == SQLITE_OK ? connection_use_wal(db) : store__status(code);
}

static enum store_status connection_open(struct store__connection *connection)
{
    /* Only the seed makes a file: to a worker a missing one is a fault, not an empty board. */
    static const int FLAGS[] = {
        [STORE__READ] = SQLITE_OPEN_READONLY,
        [STORE__WRITE] = SQLITE_OPEN_READWRITE,
        [STORE__CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    int code = sqlite3_open_v2(
        connection->path, &connection->db,
        FLAGS[connection->access] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    connection->pid = getpid();
    connection->wal_frames = 0;
    return code == SQLITE_OK ? connection_configure(connection) : store__status(code);
}

/* True when the path names another file than the one that is open, or none. */
static bool connection_has_moved(struct store__connection *connection)
{
    int has_moved = 0;
    int code = sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);

    return code != SQLITE_OK || has_moved != 0;
}

/* Where no descriptor is left nothing can be opened, and the file is as good as ever. */
static enum store_status connection_why(struct store__connection *connection,
                                        enum store_status status)
{
    int error = status == STORE_ERR_UNAVAILABLE && connection->db
                    ? sqlite3_system_errno(connection->db)
                    : 0;

    return error == EMFILE || error == ENFILE ? STORE_ERR_NOMEM : status;
}

enum store_status store__connection_use(struct store__connection *connection,
                                        struct store__deadline deadline)
{
    enum store_status status = STORE_OK;

    connection->deadline = deadline;
    if (connection->db && (connection->pid != getpid() || connection_has_moved(connection)))
        store__connection_close(connection);
    if (!connection->db) {
        status = connection_why(connection, connection_open(connection));
        if (status != STORE_OK)
            store__connection_close(connection);
    }
    return status;
}

/* What may lie in the file as it is, and not in the moment. */
static bool connection_is_spoilt(enum store_status status)
{
    return status == STORE_ERR_UNAVAILABLE || status == STORE_ERR_CORRUPT ||
           status == STORE_ERR_READ_ONLY || status == STORE_ERR_OTHER;
}

enum store_status store__connection_done(struct store__connection *connection,
                                         enum store_status status)
{
    enum store_status why = connection_why(connection, status);

    if (connection_is_spoilt(status))
        store__connection_close(connection);
    return why;
}

void store__connection_close(struct store__connection *connection)
{
    /* On the other side of a fork even closing is forbidden: the handle is left as it is. */
    if (connection->db && connection->pid == getpid()) {
        for (int i = 0; i < STORE__STATEMENT_COUNT; i++)
            sqlite3_finalize(connection->statements[i]);
        (void)sqlite3_close(connection->db); /* all statements are gone: it cannot refuse */
    }
    memset(connection->statements, 0, sizeof connection->statements);
    connection->db = NULL;
}

enum store_status store__connection_statement(struct store__connection *connection,
                                              enum store__statement which, sqlite3_stmt **out)
{
    sqlite3_stmt *statement = connection->statements[which];
    int code;

    if (!statement) {
        code = sqlite3_prepare_v3(connection->db, STATEMENT_SQL[which], -1,
                                  SQLITE_PREPARE_PERSISTENT, &statement, NULL);
        if (code == SQLITE_ERROR)
            return STORE_ERR_UNAVAILABLE; /* the texts are right: the tables are not there yet */
        if (code != SQLITE_OK)
            return store__status(code);
        connection->statements[which] = statement;
    }
    *out = statement;
    return STORE_OK;
}

enum store_status store__connection_run(struct store__connection *connection,
                                        enum store__statement which)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status = store__connection_statement(connection, which, &statement);

    if (status != STORE_OK)
        return status;
    status = store__status(sqlite3_step(statement));
    (void)sqlite3_reset(statement); /* repeats the result of the step */
    return status;
}
