/*
 * The one writing connection of a process: rows that wait together are committed together, and
 * the write-ahead log is kept small by the same hand, under the same lock.
 *
 * Checkpoints are passive: they copy what no reader still needs and never wait. A reader that
 * stays keeps them from completing; trying at every commit would then slow writing 13 times, so
 * the pause between tries grows.
 */
#include "store/connection.h"
#include "store/lock.h"
#include "store/status.h"
#include "store/user_id.h"

#include <string.h>
#include <unistd.h>

enum {
    WRITE_WAIT_MS = 2000,
    LEAVE_WAIT_MS = 200,
    CHECKPOINT_FRAMES = 1000,     /* of 4 KiB: a log of some 4 MB */
    CHECKPOINT_STEP_FRAMES = 250, /* complete, but a reader kept the log from starting anew */
    CHECKPOINT_PAUSE_MS = 50,     /* not complete; doubles */
    CHECKPOINT_PAUSE_MAX_MS = 1000,
};

struct store_writer {
    struct store__connection connection;
    struct store__lock lock;
    bool has_turn;                   /* holds the lock */
    struct store__deadline deadline; /* of the turn, its waiting included */
    struct store__random random;
    int checkpoint_at_frames;
    int64_t checkpoint_pause_ms;
    int64_t checkpoint_not_before_ns;
    char path[];
};

struct store_writer *store_writer_create(const char *path)
{
    size_t size = strlen(path) + 1;
    struct store_writer *writer = sqlite3_malloc64(sizeof *writer + size);

    if (!writer)
        return NULL;
    memset(writer, 0, sizeof *writer);
    memcpy(writer->path, path, size);
    writer->connection.path = writer->path;
    writer->connection.access = STORE__WRITE;
    writer->lock.path = writer->path;
    writer->checkpoint_at_frames = CHECKPOINT_FRAMES;
    writer->checkpoint_pause_ms = CHECKPOINT_PAUSE_MS;
    return writer;
}

static int bind_text(sqlite3_stmt *statement, int place, const char *data, size_t length)
{
    return sqlite3_bind_text64(statement, place, data, length, SQLITE_STATIC, SQLITE_UTF8);
}

static int call_bind(sqlite3_stmt *statement, const struct store_new_call *row, const char *user_id,
                     const char *start_time, const char *end_time)
{
    int code = bind_text(statement, 1, row->user_ip.data, row->user_ip.length);

    if (code == SQLITE_OK)
        code = bind_text(statement, 2, user_id, STORE_USER_ID_LENGTH);
    if (code == SQLITE_OK)
        code = bind_text(statement, 3, start_time, STORE_DATE_SIZE - 1);
    if (code == SQLITE_OK)
        code = bind_text(statement, 4, end_time, STORE_DATE_SIZE - 1);
    if (code == SQLITE_OK)
        code = bind_text(statement, 5, row->call_url.data, row->call_url.length);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 6, row->parameter); /* the column makes it text */
    return code;
}

static enum store_status call_insert(struct store_writer *writer, sqlite3_stmt *statement,
                                     const struct store_new_call *row)
{
    char user_id[STORE_USER_ID_LENGTH];
    char start_time[STORE_DATE_SIZE];
    char end_time[STORE_DATE_SIZE];
    struct otel_context previous;
    int code;

    if (!store__user_id(&writer->random, user_id))
        return STORE_ERR_OTHER;
    store_date_format(row->start_us, start_time);
    store_date_format(row->end_us, end_time);
    code = call_bind(statement, row, user_id, start_time, end_time);
    if (code == SQLITE_OK) {
        /* Observed as part of the request that asked, whoever commits for it. */
        previous = otel_context_attach(row->context);
        code = sqlite3_step(statement);
        (void)sqlite3_reset(statement); /* repeats the result of the step */
        (void)otel_context_attach(previous);
    }
    return store__status(code);
}

static enum store_status calls_insert(struct store_writer *writer,
                                      const struct store_new_call *rows, size_t count)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status =
        store__connection_statement(&writer->connection, STORE__CALL_INSERT, &statement);

    for (size_t i = 0; status == STORE_OK && i < count; i++)
        status = call_insert(writer, statement, &rows[i]);
    return status;
}

static enum store_status calls_commit(struct store_writer *writer,
                                      const struct store_new_call *rows, size_t count)
{
    struct store__connection *connection = &writer->connection;
    enum store_status status = store__connection_run(connection, STORE__BEGIN);

    if (status != STORE_OK)
        return status;
    status = calls_insert(writer, rows, count);
    if (status == STORE_OK)
        status = store__connection_run(connection, STORE__COMMIT);
    /* Some errors end the transaction by themselves; where the rollback fails too, the
     * connection is closed, which does the same. */
    if (status != STORE_OK && sqlite3_get_autocommit(connection->db) == 0 &&
        store__connection_run(connection, STORE__ROLLBACK) != STORE_OK)
        store__connection_close(connection);
    return status;
}

/* The rows are safe by now, so a checkpoint that fails is no error of theirs: the log holds them,
 * and what is wrong with the file the next use will find. */
static void wal_keep_small(struct store_writer *writer)
{
    struct store__connection *connection = &writer->connection;
    int64_t now_ns = store__now_ns();
    int in_log = 0;
    int copied = 0;

    if (connection->wal_frames < CHECKPOINT_FRAMES) {
        writer->checkpoint_at_frames = CHECKPOINT_FRAMES;
        return;
    }
    if (connection->wal_frames < writer->checkpoint_at_frames ||
        now_ns < writer->checkpoint_not_before_ns)
        return;
    if (sqlite3_wal_checkpoint_v2(connection->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_log,
                                  &copied) == SQLITE_OK &&
        copied == in_log) {
        writer->checkpoint_at_frames = connection->wal_frames + CHECKPOINT_STEP_FRAMES;
        writer->checkpoint_pause_ms = CHECKPOINT_PAUSE_MS;
        return;
    }
    writer->checkpoint_not_before_ns = now_ns + writer->checkpoint_pause_ms * 1000000;
    writer->checkpoint_pause_ms *= 2;
    if (writer->checkpoint_pause_ms > CHECKPOINT_PAUSE_MAX_MS)
        writer->checkpoint_pause_ms = CHECKPOINT_PAUSE_MAX_MS;
}

/* So that who copies the file after the service has stopped has all rows in it. Where a reader or
 * another writer is in the way, the last one to leave does it, or the log keeps the rest. */
static void wal_copy(struct store_writer *writer)
{
    struct store__deadline deadline = store__deadline_in(LEAVE_WAIT_MS);
    struct store__connection *connection = &writer->connection;

    if (!connection->db || connection->pid != getpid() ||
        store__lock_take(&writer->lock, &deadline) != STORE_OK)
        return;
    connection->deadline = deadline;
    (void)sqlite3_wal_checkpoint_v2(connection->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    store__lock_give(&writer->lock);
}

void store_writer_destroy(struct store_writer *writer)
{
    if (!writer)
        return;
    wal_copy(writer);
    store__connection_close(&writer->connection);
    store__lock_close(&writer->lock);
    sqlite3_free(writer);
}

enum store_status store_writer_wait(struct store_writer *writer)
{
    enum store_status status;

    writer->deadline = store__deadline_in(WRITE_WAIT_MS);
    status = store__lock_take(&writer->lock, &writer->deadline);
    writer->has_turn = status == STORE_OK;
    return status;
}

static void turn_end(struct store_writer *writer)
{
    store__lock_give(&writer->lock);
    writer->has_turn = false;
}

static enum store_status calls_append(struct store_writer *writer,
                                      const struct store_new_call *rows, size_t count)
{
    enum store_status status = store__connection_use(&writer->connection, writer->deadline);

    if (status == STORE_OK)
        status = calls_commit(writer, rows, count);
    if (status == STORE_OK)
        wal_keep_small(writer);
    return store__connection_done(&writer->connection, status);
}

enum store_status store_calls_append(struct store_writer *writer, const struct store_new_call *rows,
                                     size_t count)
{
    enum store_status status = writer->has_turn ? STORE_OK : store_writer_wait(writer);

    if (status != STORE_OK)
        return status;
    if (count > 0)
        status = calls_append(writer, rows, count);
    turn_end(writer);
    return status;
}
