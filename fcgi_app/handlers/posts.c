/* Posts fetched for an answer. */
#include "handlers/posts.h"

#include "base/clock.h"
#include "config.h"
#include "view/post_json.h"

struct posts_writer {
    struct json json;
    int64_t count;
    bool writes_json;
};

static bool post_write(void *user, const struct store_post *post)
{
    struct posts_writer *writer = user;

    writer->count++;
    if (writer->writes_json && writer->count <= CONFIG_JSON_ROWS_MAX)
        post_json_write(&writer->json, post);
    return true;
}

static int64_t wall_us(void)
{
    return (int64_t)(clock_wall_ns() / 1000);
}

enum store_status posts_fetch(struct http_exchange *exchange, struct store_reader *reader,
                              int64_t limit, struct posts_fetched *out)
{
    struct buf *body = &exchange->response.body;
    struct posts_writer writer = { .json = json_writer(body),
                                   .writes_json = limit <= CONFIG_JSON_ROWS_MAX };
    enum store_status status;
    uint64_t start_ns = clock_monotonic_ns();

    buf_clear(body);
    out->start_us = wall_us();
    json_array_begin(&writer.json);
    status = store_posts_each(reader, limit, post_write, &writer, &out->count);
    json_array_end(&writer.json);
    buf_add_text(body, "\n");
    out->end_us = wall_us();
    out->duration_ns = clock_monotonic_ns() - start_ns;
    if (!writer.writes_json || writer.count > CONFIG_JSON_ROWS_MAX)
        buf_clear(body);
    return status;
}
