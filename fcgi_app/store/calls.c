/* Reading the log of calls, a chunk at a time: no snapshot stays open while a client reads. */
#include "store/reader.h"
#include "store/status.h"

enum store_status store_calls_last(struct store_reader *reader, int64_t *last_seq)
{
    return store__reader_number(reader, STORE__CALLS_LAST, last_seq);
}

static int calls_bind(sqlite3_stmt *statement, int64_t after_seq, int64_t up_to_seq, int64_t limit)
{
    int code = sqlite3_bind_int64(statement, 1, after_seq);

    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, up_to_seq);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 3, limit);
    return code;
}

enum store_status store_calls_each(struct store_reader *reader, int64_t after_seq,
                                   int64_t up_to_seq, int64_t limit, store_call_fn each, void *user,
                                   int64_t *reached, int64_t *count)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status = store__reader_begin(reader, STORE__CALLS, &statement);
    struct store_call call;
    int code;

    *reached = after_seq;
    *count = 0;
    if (status != STORE_OK)
        goto done;
    code = calls_bind(statement, after_seq, up_to_seq, limit);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    while (code == SQLITE_ROW) {
        call.seq = sqlite3_column_int64(statement, 0);
        call.user_ip = store__column_text(statement, 1);
        call.user_id = store__column_text(statement, 2);
        call.start_time = store__column_text(statement, 3);
        call.end_time = store__column_text(statement, 4);
        call.call_url = store__column_text(statement, 5);
        call.call_url_parameter = store__column_text(statement, 6);
        *reached = call.seq;
        ++*count;
        if (!each(user, &call))
            break;
        code = sqlite3_step(statement);
    }
    status = store__status(code);
done:
    return store__reader_end(reader, statement, status);
}
