/*
 * SQLite: a CLIENT span and db.client.operation.duration for each run of a statement, from its
 * first step to its last (done, an error, reset or finalize), and for each sqlite3_exec.
 *
 * A statement that runs while no request is current (start-up, housekeeping) is measured but has
 * no span: it belongs to nobody's trace. BEGIN, COMMIT, PRAGMA and their like are neither.
 * db.namespace is the base name of the main database's file; in memory there is none.
 *
 * What SQLite does by its own exported functions inside these calls (sqlite3_exec steps; prepare
 * reads the schema by sqlite3_exec; virtual tables keep statements) is not the host's doing and
 * is not seen: every entry point that can reach one is wrapped.
 *
 * Specification: semantic-conventions database-spans, database-metrics.
 */
#include "hooks/hook.h"
#include "hooks/sql_text.h"

#include "base/clock.h"
#include "otel/metric.h"
#include "otel/semconv.h"
#include "record/hook_entry.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#define SQLITE_LIBRARY "libsqlite3.so.0"

HOOK_REAL(sqlite3_step, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_reset, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_finalize, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_exec, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_sql, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_db_handle, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_db_filename, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_bind_parameter_count, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_column_count, SQLITE_LIBRARY)
HOOK_REAL(sqlite3_extended_errcode, SQLITE_LIBRARY)

enum {
    STATEMENT_COUNT = 1024, /* power of two: alive at once; those beyond are not observed */
    STATEMENT_PROBES = 16,
    NAMESPACE_BYTES = 64,
    QUERY_TEXT_BYTES = 1024, /* half of what an open span can hold */
    ATTRIBUTE_COUNT = 5,     /* system, summary, namespace, text, batch size */
};

/* What is told of a query; made once per statement. The attributes are those of its span; the
 * first of them, up to the namespace, are its measurement's, too. */
struct query {
    struct sql_summary summary;
    char namespace_text[NAMESPACE_BYTES];
    char text[QUERY_TEXT_BYTES];
    struct otel_attribute attributes[ATTRIBUTE_COUNT];
    size_t attribute_count;
    size_t measured_count;
};

/* One run of a query. */
struct run {
    bool is_running;
    bool has_rows; /* its kind gives rows, be it none */
    int64_t row_count;
    uint64_t start_ns; /* monotonic */
    uint64_t thread;   /* that began it, and alone may touch the span */
    struct otel_span *span;
};

/*
 * A prepared statement, from its first step to its finalize. `statement` is claimed by
 * compare-and-swap; the rest belongs to whoever uses the statement, as the statement does.
 */
struct prepared {
    _Atomic(sqlite3_stmt *) statement; /* NULL: free */
    const char *sql;                   /* of the statement at this address: another's begins anew */
    struct query query;
    struct run run;
};

static struct prepared prepared_table[STATEMENT_COUNT];

static bool is_observed(void)
{
    return !(record_config()->disabled & SEGMENT_DISABLED_SQLITE);
}

/* --- results -------------------------------------------------------------------------------------
 */

/* clang-format off */
#define PRIMARY_CODES(X) \
    X(ERROR) X(INTERNAL) X(PERM) X(ABORT) X(BUSY) X(LOCKED) X(NOMEM) X(READONLY) X(INTERRUPT) \
    X(IOERR) X(CORRUPT) X(NOTFOUND) X(FULL) X(CANTOPEN) X(PROTOCOL) X(EMPTY) X(SCHEMA) \
    X(TOOBIG) X(CONSTRAINT) X(MISMATCH) X(MISUSE) X(NOLFS) X(AUTH) X(FORMAT) X(RANGE) X(NOTADB)
/* clang-format on */

static struct otel_str code_name(int code)
{
    switch (code & 0xff) {
#define NAME_CASE(name)                                                                            \
    case SQLITE_##name:                                                                            \
        return OTEL_STR("SQLITE_" #name);
        PRIMARY_CODES(NAME_CASE)
#undef NAME_CASE
    default:
        return OTEL_STR("_OTHER");
    }
}

static bool is_failure(int code)
{
    return code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE;
}

/* The extended code where the connection knows more than the call said. */
static int failure_code(sqlite3 *db, int code)
{
    int extended = code;

    /* Misuse may mean that the connection is none. */
    if (db && code != SQLITE_MISUSE)
        extended = real_sqlite3_extended_errcode()(db);
    return (extended & 0xff) == (code & 0xff) ? extended : code;
}

/* --- one run -------------------------------------------------------------------------------------
 */

static const struct otel_instrument *duration_instrument(void)
{
    static const double BOUNDS[] = { 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10 };
    static const struct otel_instrument_options OPTIONS = {
        .kind = OTEL_HISTOGRAM,
        .name = { "db.client.operation.duration", 28 },
        .unit = { "s", 1 },
        .description = { "Duration of database client operations.", 39 },
        .bounds = BOUNDS,
        .bounds_count = sizeof(BOUNDS) / sizeof(BOUNDS[0]),
    };
    /* Made twice it is the same instrument. Acquire and release: who finds it sees it whole. */
    static _Atomic(const struct otel_instrument *) instrument;
    const struct otel_instrument *found = atomic_load_explicit(&instrument, memory_order_acquire);

    if (!found) {
        found = record_instrument_create(RECORD_SCOPE_SQLITE, &OPTIONS);
        atomic_store_explicit(&instrument, found, memory_order_release);
    }
    return found;
}

static struct otel_str query_summary(const struct query *query)
{
    return (struct otel_str){ query->summary.text, query->summary.length };
}

static bool has_context(void)
{
    static const uint8_t NONE[16];
    struct otel_context context = otel_context_current();

    return memcmp(context.trace_id, NONE, sizeof(NONE)) != 0;
}

static void run_begin(struct run *run, const struct query *query)
{
    run->is_running = true;
    run->row_count = 0;
    run->thread = hook_thread_number();
    run->span = NULL;
    if (has_context())
        run->span =
            record_span_start_detached(RECORD_SCOPE_SQLITE, query_summary(query), OTEL_SPAN_CLIENT,
                                       query->attributes, query->attribute_count);
    run->start_ns = clock_monotonic_ns();
}

static void run_measure(const struct run *run, const struct query *query, uint64_t end_ns, int code)
{
    double seconds = (double)(end_ns - run->start_ns) / (double)CLOCK_NS_PER_S;
    struct otel_attribute failed[ATTRIBUTE_COUNT];

    if (!is_failure(code)) {
        otel_measure_double(duration_instrument(), seconds, query->attributes,
                            query->measured_count);
        return;
    }
    memcpy(failed, query->attributes, query->measured_count * sizeof(failed[0]));
    failed[query->measured_count] = otel_attribute_string(OTEL_ERROR_TYPE, code_name(code));
    otel_measure_double(duration_instrument(), seconds, failed, query->measured_count + 1);
}

/* The decimal digits of a result code. */
static struct otel_str code_text(int code, char out[12])
{
    char *at = out + 12;
    unsigned left = (unsigned)code;

    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    return (struct otel_str){ at, (size_t)(out + 12 - at) };
}

static void run_end(struct run *run, const struct query *query, sqlite3 *db, int code)
{
    uint64_t end_ns = clock_monotonic_ns();

    run->is_running = false;
    /* A cursor that another thread closes: its span stays with the thread that opened it, which
     * may be gone. The launcher ends it with that thread's slot. */
    if (run->thread != hook_thread_number())
        run->span = NULL;
    /* Before the span ends: the measurement's exemplar is the request that is current. */
    run_measure(run, query, end_ns, code);
    if (otel_span_is_recording(run->span)) {
        if (run->has_rows)
            otel_span_set_int(run->span, OTEL_DB_RESPONSE_RETURNED_ROWS, run->row_count);
        if (is_failure(code)) {
            char digits[12];

            otel_span_set_string(run->span, OTEL_DB_RESPONSE_STATUS_CODE,
                                 code_text(failure_code(db, code), digits));
            otel_span_set_string(run->span, OTEL_ERROR_TYPE, code_name(code));
            otel_span_set_status(run->span, OTEL_SPAN_ERROR, OTEL_STR(""));
        }
    }
    otel_span_end(run->span);
    run->span = NULL;
}

/* --- what is told of a query ---------------------------------------------------------------------
 */

static struct otel_str query_namespace_set(struct query *query, sqlite3 *db)
{
    const char *path = db ? real_sqlite3_db_filename()(db, "main") : NULL;
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct otel_str name = otel_str(slash ? slash + 1 : path);

    if (name.length > sizeof(query->namespace_text))
        name.length = sizeof(query->namespace_text);
    if (name.length > 0)
        memcpy(query->namespace_text, name.data, name.length);
    return (struct otel_str){ query->namespace_text, name.length };
}

/* Text with parameters holds no values: it is shown as it is, cut at a character. */
static struct otel_str query_text_set(struct query *query, const char *sql, size_t length,
                                      bool has_parameters)
{
    size_t kept = length < sizeof(query->text) ? length : sizeof(query->text);

    if (has_parameters) {
        while (kept < length && kept > 0 && ((unsigned char)sql[kept] & 0xc0) == 0x80)
            kept--;
        memcpy(query->text, sql, kept);
    } else {
        kept = sql_sanitise(sql, length, query->text, sizeof(query->text));
    }
    return (struct otel_str){ query->text, kept };
}

static void query_set(struct query *query, sqlite3 *db, const char *sql, bool has_parameters)
{
    struct otel_attribute *attributes = query->attributes;
    size_t length = strlen(sql);
    struct otel_str name;
    size_t count = 0;

    sql_summarise(sql, length, &query->summary);
    if (query->summary.statement_count == 0)
        return;
    name = query_namespace_set(query, db);
    attributes[count++] = otel_attribute_string(OTEL_DB_SYSTEM_NAME, OTEL_STR("sqlite"));
    attributes[count++] = otel_attribute_string(OTEL_DB_QUERY_SUMMARY, query_summary(query));
    if (name.length > 0)
        attributes[count++] = otel_attribute_string(OTEL_DB_NAMESPACE, name);
    query->measured_count = count;
    attributes[count++] = otel_attribute_string(OTEL_DB_QUERY_TEXT,
                                                query_text_set(query, sql, length, has_parameters));
    if (query->summary.statement_count > 1)
        attributes[count++] =
            otel_attribute_int(OTEL_DB_OPERATION_BATCH_SIZE, query->summary.statement_count);
    query->attribute_count = count;
}

/* --- prepared statements -------------------------------------------------------------------------
 */

static struct prepared *prepared_place(const sqlite3_stmt *statement, size_t probe)
{
    uint64_t hash = ((uint64_t)(uintptr_t)statement >> 4) * UINT64_C(0x9e3779b97f4a7c15);

    return &prepared_table[((hash >> 32) + probe) & (STATEMENT_COUNT - 1)];
}

/* Relaxed: a thread that may use the statement has seen what its last user wrote. */
static struct prepared *prepared_find(const sqlite3_stmt *statement)
{
    for (size_t i = 0; statement && i < STATEMENT_PROBES; i++) {
        struct prepared *place = prepared_place(statement, i);

        if (atomic_load_explicit(&place->statement, memory_order_relaxed) == statement)
            return place;
    }
    return NULL;
}

/* Acquire, against the release in prepared_forget: the last owner's writes come before ours. */
static struct prepared *prepared_claim(sqlite3_stmt *statement)
{
    for (size_t i = 0; i < STATEMENT_PROBES; i++) {
        struct prepared *place = prepared_place(statement, i);
        sqlite3_stmt *nobody = NULL;

        if (atomic_compare_exchange_strong_explicit(&place->statement, &nobody, statement,
                                                    memory_order_acquire, memory_order_relaxed)) {
            place->sql = NULL;
            place->run = (struct run){ .is_running = false };
            return place;
        }
    }
    return NULL;
}

static void prepared_forget(struct prepared *prepared)
{
    atomic_store_explicit(&prepared->statement, NULL, memory_order_release);
}

/* The statement's entry with its run begun; NULL where there is nothing to observe. */
static struct prepared *prepared_run(sqlite3_stmt *statement)
{
    struct prepared *prepared = prepared_find(statement);
    const char *sql = real_sqlite3_sql()(statement);

    if (!sql || (!prepared && !(prepared = prepared_claim(statement))))
        return NULL;
    if (prepared->sql != sql) {
        prepared->sql = sql;
        query_set(&prepared->query, real_sqlite3_db_handle()(statement), sql,
                  real_sqlite3_bind_parameter_count()(statement) > 0);
        prepared->run.has_rows = real_sqlite3_column_count()(statement) > 0;
    }
    if (prepared->query.summary.statement_count == 0)
        return NULL;
    if (!prepared->run.is_running)
        run_begin(&prepared->run, &prepared->query);
    return prepared;
}

/* The calling thread's last statement that gave a row: it is stepped again, row for row. */
static __thread struct prepared *stepped;

/* Relaxed: the place is read further only when it is this statement's, which is the caller's. */
static bool is_stepped_again(const sqlite3_stmt *statement)
{
    return stepped && hook_depth == 0 &&
           atomic_load_explicit(&stepped->statement, memory_order_relaxed) == statement &&
           stepped->run.is_running;
}

/* Not inlined, as what follows: a row in mid-run shall be a few instructions. */
__attribute__((noinline)) static void step_end(struct prepared *prepared, sqlite3_stmt *statement,
                                               int code)
{
    int saved_errno = errno;

    hook_depth++;
    run_end(&prepared->run, &prepared->query, real_sqlite3_db_handle()(statement), code);
    hook_leave();
    errno = saved_errno;
}

static int step_counted(struct prepared *prepared, sqlite3_stmt *statement)
{
    int code;

    hook_depth++;
    code = real_sqlite3_step()(statement);
    hook_leave();
    if (code == SQLITE_ROW)
        prepared->run.row_count++;
    else
        step_end(prepared, statement, code);
    return code;
}

__attribute__((noinline)) static int step_first(sqlite3_stmt *statement)
{
    int saved_errno = errno;
    struct prepared *prepared = hook_enter() && is_observed() ? prepared_run(statement) : NULL;
    int code;

    errno = saved_errno;
    if (prepared)
        stepped = prepared;
    code = prepared ? step_counted(prepared, statement) : real_sqlite3_step()(statement);
    hook_leave();
    return code;
}

HOOK_EXPORT int sqlite3_step(sqlite3_stmt *statement)
{
    return is_stepped_again(statement) ? step_counted(stepped, statement) : step_first(statement);
}

HOOK_EXPORT int sqlite3_reset(sqlite3_stmt *statement)
{
    struct prepared *prepared = hook_enter() ? prepared_find(statement) : NULL;
    int code = real_sqlite3_reset()(statement);
    int saved_errno = errno;

    if (prepared && prepared->run.is_running)
        run_end(&prepared->run, &prepared->query, real_sqlite3_db_handle()(statement), code);
    hook_leave();
    errno = saved_errno;
    return code;
}

/* Before the real one: another thread's statement may be at this address right after. */
HOOK_EXPORT int sqlite3_finalize(sqlite3_stmt *statement)
{
    int saved_errno = errno;
    struct prepared *prepared = prepared_find(statement);
    int code;

    hook_enter();
    if (prepared) {
        if (prepared->run.is_running)
            run_end(&prepared->run, &prepared->query, NULL, SQLITE_OK);
        prepared_forget(prepared);
    }
    errno = saved_errno;
    code = real_sqlite3_finalize()(statement);
    hook_leave();
    return code;
}

/* --- sqlite3_exec --------------------------------------------------------------------------------
 */

typedef int (*exec_callback_fn)(void *user, int count, char **values, char **names);

/* The host's callback with its argument, and the rows that it has seen. */
struct exec {
    exec_callback_fn callback;
    void *user;
    struct run run;
};

/* What the host does in its callback is the host's doing again. */
static int exec_row(void *user, int count, char **values, char **names)
{
    struct exec *exec = user;
    int result;

    exec->run.row_count++;
    hook_leave();
    result = exec->callback(exec->user, count, values, names);
    hook_enter();
    return result;
}

HOOK_EXPORT int sqlite3_exec(sqlite3 *db, const char *sql, exec_callback_fn callback, void *user,
                             char **message)
{
    int saved_errno = errno;
    struct exec exec = { callback, user, { .has_rows = callback != NULL } };
    struct query query;
    bool is_seen = hook_enter() && is_observed() && sql;
    int code;

    if (is_seen) {
        query_set(&query, db, sql, false);
        is_seen = query.summary.statement_count > 0;
    }
    if (is_seen)
        run_begin(&exec.run, &query);
    errno = saved_errno;
    if (is_seen && callback)
        code = real_sqlite3_exec()(db, sql, exec_row, &exec, message);
    else
        code = real_sqlite3_exec()(db, sql, callback, user, message);
    saved_errno = errno;
    if (is_seen)
        run_end(&exec.run, &query, db, code);
    hook_leave();
    errno = saved_errno;
    return code;
}

/* --- entry points that reach the ones above ------------------------------------------------------
 */

#define QUIET(name, parameters, arguments)                                                         \
    HOOK_REAL(name, SQLITE_LIBRARY)                                                                \
    HOOK_EXPORT int name parameters                                                                \
    {                                                                                              \
        int code;                                                                                  \
                                                                                                   \
        hook_enter();                                                                              \
        code = real_##name() arguments;                                                            \
        hook_leave();                                                                              \
        return code;                                                                               \
    }

QUIET(sqlite3_prepare,
      (sqlite3 * db, const char *sql, int bytes, sqlite3_stmt **out, const char **tail),
      (db, sql, bytes, out, tail))
QUIET(sqlite3_prepare_v2,
      (sqlite3 * db, const char *sql, int bytes, sqlite3_stmt **out, const char **tail),
      (db, sql, bytes, out, tail))
QUIET(sqlite3_prepare_v3,
      (sqlite3 * db, const char *sql, int bytes, unsigned flags, sqlite3_stmt **out,
       const char **tail),
      (db, sql, bytes, flags, out, tail))
QUIET(sqlite3_prepare16,
      (sqlite3 * db, const void *sql, int bytes, sqlite3_stmt **out, const void **tail),
      (db, sql, bytes, out, tail))
QUIET(sqlite3_prepare16_v2,
      (sqlite3 * db, const void *sql, int bytes, sqlite3_stmt **out, const void **tail),
      (db, sql, bytes, out, tail))
QUIET(sqlite3_prepare16_v3,
      (sqlite3 * db, const void *sql, int bytes, unsigned flags, sqlite3_stmt **out,
       const void **tail),
      (db, sql, bytes, flags, out, tail))
QUIET(sqlite3_table_column_metadata,
      (sqlite3 * db, const char *schema, const char *table, const char *column, char const **type,
       char const **collation, int *not_null, int *primary_key, int *auto_increment),
      (db, schema, table, column, type, collation, not_null, primary_key, auto_increment))
QUIET(sqlite3_blob_open,
      (sqlite3 * db, const char *schema, const char *table, const char *column, sqlite3_int64 row,
       int flags, sqlite3_blob **out),
      (db, schema, table, column, row, flags, out))
QUIET(sqlite3_blob_reopen, (sqlite3_blob * blob, sqlite3_int64 row), (blob, row))
QUIET(sqlite3_blob_close, (sqlite3_blob * blob), (blob))
QUIET(sqlite3_load_extension, (sqlite3 * db, const char *file, const char *entry, char **message),
      (db, file, entry, message))
QUIET(sqlite3_deserialize,
      (sqlite3 * db, const char *schema, unsigned char *data, sqlite3_int64 size,
       sqlite3_int64 room, unsigned flags),
      (db, schema, data, size, room, flags))
QUIET(sqlite3_close, (sqlite3 * db), (db))
QUIET(sqlite3_close_v2, (sqlite3 * db), (db))
