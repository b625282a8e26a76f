/* Reading the posts. */
#include "store/reader.h"
#include "store/status.h"

enum store_status store_posts_last(struct store_reader *reader, int64_t *last_seq)
{
    return store__reader_number(reader, STORE__POSTS_LAST, last_seq);
}

enum store_status store_posts_each(struct store_reader *reader, int64_t limit, store_post_fn each,
                                   void *user, int64_t *count)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status = store__reader_begin(reader, STORE__POSTS, &statement);
    struct store_post post;
    int code;

    *count = 0;
    if (status != STORE_OK)
        goto done;
    code = sqlite3_bind_int64(statement, 1, limit); /* a negative LIMIT is none */
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    while (code == SQLITE_ROW) {
        post.seq = sqlite3_column_int64(statement, 0);
        post.title = store__column_text(statement, 1);
        post.content = store__column_text(statement, 2);
        post.create_date = store__column_text(statement, 3);
        post.update_date = store__column_text(statement, 4);
        ++*count;
        if (!each(user, &post))
            break;
        code = sqlite3_step(statement);
    }
    status = store__status(code);
done:
    return store__reader_end(reader, statement, status);
}
