/* Reading the log of calls, a chunk at a time: no snapshot stays open while a client reads. */
#include "store/reader.h"

enum store_status store_calls_last(struct store_reader *reader, int64_t *last_seq)
{
    return store__reader_number(reader, STORE__CALLS_LAST, last_seq);
}

struct calls_reading {
    store_call_fn each;
    void *user;
    int64_t *reached;
};

static bool call_row(sqlite3_stmt *statement, void *user)
{
    const struct calls_reading *reading = user;
    struct store_call call = {
        .seq = sqlite3_column_int64(statement, 0),
        .user_ip = store__column_text(statement, 1),
        .user_id = store__column_text(statement, 2),
        .start_time = store__column_text(statement, 3),
        .end_time = store__column_text(statement, 4),
        .call_url = store__column_text(statement, 5),
        .call_url_parameter = store__column_text(statement, 6),
    };

    *reading->reached = call.seq;
    return reading->each(reading->user, &call);
}

enum store_status store_calls_each(struct store_reader *reader, int64_t after_seq,
                                   int64_t up_to_seq, int64_t limit, store_call_fn each, void *user,
                                   int64_t *reached, int64_t *count)
{
    const int64_t parameters[] = { after_seq, up_to_seq, limit };
    struct calls_reading reading = { each, user, reached };

    *reached = after_seq;
    return store__reader_each(reader, STORE__CALLS, parameters, 3, call_row, &reading, count);
}
