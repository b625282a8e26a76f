/* A reader's life and what all reading has in common. */
#include "store/reader.h"
#include "store/status.h"

#include <string.h>

struct store_reader *store_reader_create(const char *path)
{
    size_t size = strlen(path) + 1;
    /* SQLite's allocator serves the whole store, so that one seam can make any of it fail. */
    struct store_reader *reader = sqlite3_malloc64(sizeof *reader + size);

    if (!reader)
        return NULL;
    memset(reader, 0, sizeof *reader);
    memcpy(reader->path, path, size);
    reader->connection.path = reader->path;
    reader->connection.access = STORE__READ;
    return reader;
}

void store_reader_destroy(struct store_reader *reader)
{
    if (!reader)
        return;
    store__connection_close(&reader->connection);
    sqlite3_free(reader);
}

static enum store_status reader_begin(struct store_reader *reader, enum store__statement which,
                                      sqlite3_stmt **out)
{
    enum store_status status =
        store__connection_use(&reader->connection, store__deadline_in(STORE__READ_WAIT_MS));

    if (status == STORE_OK)
        status = store__connection_statement(&reader->connection, which, out);
    return status;
}

static enum store_status reader_end(struct store_reader *reader, sqlite3_stmt *statement,
                                    enum store_status status)
{
    (void)sqlite3_reset(statement); /* repeats the result of the last step; NULL is legal */
    return store__connection_done(&reader->connection, status);
}

/*
 * By the value itself: of a connection without mutexes it may be read as it is (sqlite.org,
 * "Obtaining SQL Values"), and each sqlite3_column_ function would find the column anew and ask
 * whether there was memory.
 */
struct store_text store__column_text(sqlite3_stmt *statement, int column)
{
    sqlite3_value *value = sqlite3_column_value(statement, column);
    /* In this order: the text may be made by the first call, the second measures it. */
    const char *data = (const char *)sqlite3_value_text(value);
    int length = sqlite3_value_bytes(value);

    return (struct store_text){ data, data ? (size_t)length : 0 };
}

static int parameters_bind(sqlite3_stmt *statement, const int64_t *parameters, int count)
{
    int code = SQLITE_OK;

    for (int i = 0; i < count && code == SQLITE_OK; i++)
        code = sqlite3_bind_int64(statement, i + 1, parameters[i]);
    return code;
}

enum store_status store__reader_each(struct store_reader *reader, enum store__statement which,
                                     const int64_t *parameters, int parameter_count,
                                     store__row_fn row, void *user, int64_t *count)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status = reader_begin(reader, which, &statement);
    int code;

    *count = 0;
    if (status != STORE_OK)
        goto done;
    code = parameters_bind(statement, parameters, parameter_count);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    while (code == SQLITE_ROW) {
        ++*count;
        if (!row(statement, user))
            break;
        code = sqlite3_step(statement);
    }
    status = store__status(code);
done:
    return reader_end(reader, statement, status);
}

enum store_status store__reader_number(struct store_reader *reader, enum store__statement which,
                                       int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status = reader_begin(reader, which, &statement);
    int code;

    if (status != STORE_OK)
        goto done;
    code = sqlite3_step(statement);
    status = store__status(code);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
done:
    return reader_end(reader, statement, status);
}
