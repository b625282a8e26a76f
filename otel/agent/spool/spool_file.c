#include "agent/spool/spool_file.h"

#include "agent/spool/chunk.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPOOL_APPLICATION_ID "0x62737031" /* "bsp1" */
#define SPOOL_VERSION "1"
#define RECORDS_MAX_TEXT "16384"
_Static_assert(CHUNK_RECORDS_MAX == 16384, "a row that says more says nonsense");

enum statement {
    PUT = 0,
    NEXT,
    READ,
    OLDEST,
    DOUBT,
    TRUST,
    DELETE,
    DELETE_UP_TO,
    SUM,
    STATEMENT_COUNT
};

/* The marks have a table of their own: an update of a row would write its data again. They go with
 * the row they belong to, by the trigger. */
static const char SCHEMA[] =
    "BEGIN;"
    "PRAGMA application_id=" SPOOL_APPLICATION_ID ";"
    "PRAGMA user_version=" SPOOL_VERSION ";"
    "CREATE TABLE chunk (id INTEGER PRIMARY KEY, lane INTEGER NOT NULL,"
    " time_ms INTEGER NOT NULL, records INTEGER NOT NULL, data BLOB NOT NULL);"
    "CREATE INDEX chunk_by_lane ON chunk (lane, id);"
    "CREATE TABLE doubt (id INTEGER PRIMARY KEY);"
    "CREATE TRIGGER chunk_gone AFTER DELETE ON chunk"
    " BEGIN DELETE FROM doubt WHERE id=old.id; END;"
    "COMMIT;";

#define COLUMNS                                                                                    \
    "id, lane, time_ms, records, EXISTS (SELECT 1 FROM doubt WHERE doubt.id=chunk.id),"            \
    " length(data)"

static const char *const SQL[STATEMENT_COUNT] = {
    [PUT] = "INSERT INTO chunk (lane, time_ms, records, data, id) VALUES (?1, ?2, ?3, ?4, ?5)",
    [NEXT] = "SELECT " COLUMNS ", data FROM chunk WHERE lane=?1 AND id>?2 ORDER BY id LIMIT 1",
    [READ] = "SELECT " COLUMNS ", data FROM chunk WHERE id>?1 ORDER BY id LIMIT 1",
    [OLDEST] = "SELECT " COLUMNS " FROM chunk WHERE id>?1 ORDER BY id LIMIT 1",
    [DOUBT] = "INSERT OR IGNORE INTO doubt (id) VALUES (?1)",
    [TRUST] = "DELETE FROM doubt WHERE id=?1",
    [DELETE] = "DELETE FROM chunk WHERE id=?1",
    [DELETE_UP_TO] = "DELETE FROM chunk WHERE lane=?1 AND id<=?2",
    [SUM] = "SELECT total(min(max(CAST(records AS INTEGER), 0), " RECORDS_MAX_TEXT
            ")), count(*), total(length(data)) FROM chunk"
            " WHERE ?1<0 OR lane=?1",
};

struct spool_file {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
};

static enum spool_fault fault_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return SPOOL_FINE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SPOOL_LOCKED;
    case SQLITE_FULL:
        return SPOOL_FULL;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return SPOOL_DENIED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
        return SPOOL_CORRUPT;
    default:
        return SPOOL_BROKEN;
    }
}

/* --- opening -------------------------------------------------------------------------------------
 */

/* SQLite would make it readable for everybody. A descriptor of ours is closed before SQLite has
 * any: closing one later would drop SQLite's locks. */
static bool file_make(const char *path, const char **problem)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        *problem = strerror(errno);
        return false;
    }
    (void)close(fd);
    return true;
}

static int number_of(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        code = SQLITE_OK;
    }
    (void)sqlite3_finalize(statement); /* repeats the step's code */
    return code;
}

static int schema_check(sqlite3 *db)
{
    int64_t application = 0, version = 0, tables = 0;
    int code = number_of(db, "SELECT count(*) FROM sqlite_schema", &tables);

    if (code == SQLITE_OK && tables == 0)
        return sqlite3_exec(db, SCHEMA, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = number_of(db, "PRAGMA application_id", &application);
    if (code == SQLITE_OK)
        code = number_of(db, "PRAGMA user_version", &version);
    if (code != SQLITE_OK)
        return code;
    return application == strtoll(SPOOL_APPLICATION_ID, NULL, 0) &&
                   version == strtoll(SPOOL_VERSION, NULL, 0)
               ? SQLITE_OK
               : SQLITE_NOTADB;
}

/* Exclusive: the index of the WAL is then our own memory, not a mapped file that a full disk could
 * turn into SIGBUS. A growing WAL is cut back to what a checkpoint leaves. */
static int database_open(struct spool_file *file, const char *path)
{
    int code = sqlite3_open_v2(
        path, &file->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return code;
    (void)sqlite3_busy_timeout(file->db, 0);
    (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    code = sqlite3_exec(file->db,
                        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                        "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-512;"
                        "PRAGMA wal_autocheckpoint=256;"
                        "PRAGMA journal_size_limit=1048576; PRAGMA temp_store=MEMORY;"
                        "PRAGMA cell_size_check=ON;"
                        "BEGIN IMMEDIATE; COMMIT;", /* takes the lock, and recovers */
                        NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = schema_check(file->db);
    for (int i = 0; i < STATEMENT_COUNT && code == SQLITE_OK; i++)
        code = sqlite3_prepare_v3(file->db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT,
                                  &file->statements[i], NULL);
    return code == SQLITE_ERROR ? SQLITE_NOTADB : code; /* tables that are not ours */
}

enum spool_fault spool_file_open(const char *path, struct spool_file **out, const char **problem)
{
    struct spool_file *file = NULL;
    enum spool_fault fault;
    int code;

    *problem = "";
    if (!file_make(path, problem))
        return errno == ENOSPC ? SPOOL_FULL : SPOOL_DENIED;
    file = mem_zalloc(1, sizeof *file);
    if (file == NULL) {
        *problem = "out of memory";
        return SPOOL_BROKEN;
    }
    code = database_open(file, path);
    fault = fault_of(code);
    if (fault == SPOOL_FINE) {
        *out = file;
    } else {
        *problem = sqlite3_errstr(code);
        spool_file_close(file);
    }
    return fault;
}

void spool_file_close(struct spool_file *file)
{
    if (file == NULL)
        return;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(file->statements[i]);
    (void)sqlite3_close(file->db); /* with no statement left it cannot refuse */
    mem_free(file);
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Runs a statement that gives no row, with up to two numbers. */
static enum spool_fault run(struct spool_file *file, enum statement which, int64_t first,
                            int64_t second)
{
    sqlite3_stmt *statement = file->statements[which];
    int code;

    (void)sqlite3_bind_int64(statement, 1, first);
    if (sqlite3_bind_parameter_count(statement) > 1)
        (void)sqlite3_bind_int64(statement, 2, second);
    code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    return fault_of(code);
}

static int row_insert(struct spool_file *file, const struct spool_row *row, const void *data)
{
    sqlite3_stmt *statement = file->statements[PUT];
    int code;

    (void)sqlite3_bind_int64(statement, 1, row->lane);
    (void)sqlite3_bind_int64(statement, 2, row->time_ms);
    (void)sqlite3_bind_int64(statement, 3, row->count);
    (void)sqlite3_bind_blob64(statement, 4, data, row->length, SQLITE_STATIC);
    if (row->id != 0) /* else the next one */
        (void)sqlite3_bind_int64(statement, 5, row->id);
    code = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement); /* the data is the caller's */
    return code;
}

enum spool_fault spool_file_put(struct spool_file *file, struct spool_row *row, const void *data)
{
    int code = sqlite3_exec(file->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    enum spool_fault fault = fault_of(code);
    int64_t id = 0;

    if (fault == SPOOL_FINE)
        fault = fault_of(row_insert(file, row, data));
    if (fault == SPOOL_FINE) {
        id = sqlite3_last_insert_rowid(file->db);
        if (row->is_doubtful)
            fault = run(file, DOUBT, id, 0);
    }
    if (fault == SPOOL_FINE)
        fault = fault_of(sqlite3_exec(file->db, "COMMIT", NULL, NULL, NULL));
    if (fault == SPOOL_FINE)
        row->id = id;
    else if (sqlite3_get_autocommit(file->db) == 0)
        (void)sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL); /* there is no other way out */
    return fault;
}

/* The numbers of the row a statement stands on; what no put can have written is 0. */
static void row_read(sqlite3_stmt *statement, struct spool_row *out)
{
    int64_t count = sqlite3_column_int64(statement, 3);

    *out = (struct spool_row){
        .id = sqlite3_column_int64(statement, 0),
        .lane = sqlite3_column_int64(statement, 1),
        .time_ms = sqlite3_column_int64(statement, 2),
        .count = count > 0 ? (count < CHUNK_RECORDS_MAX ? (uint32_t)count : CHUNK_RECORDS_MAX) : 0,
        .is_doubtful = sqlite3_column_int64(statement, 4) != 0,
        .length = (uint64_t)sqlite3_column_int64(statement, 5),
    };
}

/* A bound statement's row, with its data where that fits. */
static enum spool_fault row_take(struct spool_file *file, sqlite3_stmt *statement,
                                 struct spool_row *out, struct buf *data, bool *is_found)
{
    int code = sqlite3_step(statement);

    buf_clear(data);
    *is_found = code == SQLITE_ROW;
    if (code == SQLITE_ROW) {
        row_read(statement, out);
        if (out->length <= data->limit) {
            const void *bytes = sqlite3_column_blob(statement, 6);

            if (bytes != NULL)
                buf_add(data, bytes, (size_t)sqlite3_column_bytes(statement, 6));
            else if (out->length > 0)
                code = sqlite3_errcode(file->db);
        }
    }
    (void)sqlite3_reset(statement);
    return fault_of(code);
}

enum spool_fault spool_file_next(struct spool_file *file, int64_t lane, int64_t after_id,
                                 struct spool_row *out, struct buf *data, bool *is_found)
{
    sqlite3_stmt *statement = file->statements[NEXT];

    (void)sqlite3_bind_int64(statement, 1, lane);
    (void)sqlite3_bind_int64(statement, 2, after_id);
    return row_take(file, statement, out, data, is_found);
}

enum spool_fault spool_file_read(struct spool_file *file, int64_t after_id, struct spool_row *out,
                                 struct buf *data, bool *is_found)
{
    sqlite3_stmt *statement = file->statements[READ];

    (void)sqlite3_bind_int64(statement, 1, after_id);
    return row_take(file, statement, out, data, is_found);
}

enum spool_fault spool_file_oldest(struct spool_file *file, int64_t after_id, struct spool_row *out,
                                   bool *is_found)
{
    sqlite3_stmt *statement = file->statements[OLDEST];
    int code;

    (void)sqlite3_bind_int64(statement, 1, after_id);
    code = sqlite3_step(statement);
    *is_found = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        row_read(statement, out);
    (void)sqlite3_reset(statement);
    return fault_of(code);
}

enum spool_fault spool_file_doubt(struct spool_file *file, int64_t id, bool is_doubtful)
{
    return run(file, is_doubtful ? DOUBT : TRUST, id, 0);
}

enum spool_fault spool_file_delete(struct spool_file *file, int64_t id)
{
    return run(file, DELETE, id, 0);
}

enum spool_fault spool_file_delete_up_to(struct spool_file *file, int64_t lane, int64_t id)
{
    return run(file, DELETE_UP_TO, lane, id);
}

enum spool_fault spool_file_sum(struct spool_file *file, int64_t lane, struct spool_sum *out)
{
    sqlite3_stmt *statement = file->statements[SUM];
    int code;

    (void)sqlite3_bind_int64(statement, 1, lane);
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *out = (struct spool_sum){
            .records = (uint64_t)sqlite3_column_double(statement, 0),
            .rows = (uint64_t)sqlite3_column_int64(statement, 1),
            .bytes = (uint64_t)sqlite3_column_double(statement, 2),
        };
    (void)sqlite3_reset(statement);
    return fault_of(code);
}
