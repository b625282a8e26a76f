/* Reading the posts. */
#include "store/reader.h"

enum store_status store_posts_last(struct store_reader *reader, int64_t *last_seq)
{
    return store__reader_number(reader, STORE__POSTS_LAST, last_seq);
}

struct posts_reading {
    store_post_fn each;
    void *user;
};

static bool post_row(sqlite3_stmt *statement, void *user)
{
    const struct posts_reading *reading = user;
    struct store_post post = {
        .seq = sqlite3_column_int64(statement, 0),
        .title = store__column_text(statement, 1),
        .content = store__column_text(statement, 2),
        .create_date = store__column_text(statement, 3),
        .update_date = store__column_text(statement, 4),
    };

    return reading->each(reading->user, &post);
}

/* A negative LIMIT is none. */
enum store_status store_posts_each(struct store_reader *reader, int64_t limit, store_post_fn each,
                                   void *user, int64_t *count)
{
    struct posts_reading reading = { each, user };

    return store__reader_each(reader, STORE__POSTS, &limit, 1, post_row, &reading, count);
}
