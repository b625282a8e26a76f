/*
 * GET / and GET /status.json: the page and its data. A plain page: what the service is, its
 * routes, and how it is in one sentence. No script and no style inside.
 */
#include "app.h"
#include "base/json.h"
#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "handlers/pools.h"
#include "view/problem.h"

#include <string.h>

#define STATUS_JSON_VERSION 1

static const struct {
    const char *address;
    const char *text;
} LINKS[] = {
    { "/board", "every post" },
    { "/board/10", "the first ten posts; each such call is logged" },
    { "/log", "the log of those calls" },
    { "/user", "a failure, to see one observed" },
    { "/status.json", "this page as data" },
};

static void text_add(struct buf *out, const char *text)
{
    html_escape(out, text, strlen(text));
}

static void links_add(struct buf *out)
{
    buf_add_text(out, "<ul>\n");
    for (size_t i = 0; i < sizeof LINKS / sizeof LINKS[0]; i++)
        buf_add_format(out, "<li><a href=\"%s\">%s</a>: %s</li>\n", LINKS[i].address,
                       LINKS[i].address, LINKS[i].text);
    buf_add_text(out, "</ul>\n");
}

static void pool_row_add(struct buf *out, const struct pool_status *pool)
{
    buf_add_text(out, "<tr><th scope=\"row\">");
    text_add(out, pool->route);
    buf_add_format(out, "</th><td>%s</td><td>%u of ", pool_state_text(pool->state),
                   pool->workers_live);
    if (pool->workers_expected > 0)
        buf_add_format(out, "%u", pool->workers_expected);
    else
        buf_add_text(out, "?");
    buf_add_text(out, "</td><td>");
    if (pool->state != POOL_SERVING) {
        buf_add_text(out, "<code>");
        pool_remedy(out, pool);
        buf_add_text(out, "</code>");
    }
    buf_add_text(out, "</td><td>");
    text_add(out, pool->last_error);
    buf_add_text(out, "</td></tr>\n");
}

enum handler_end handle_status_page(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread)
{
    struct buf *body = &exchange->response.body;
    struct pool_status pools[POOLS_COUNT];

    (void)parameter;
    pools_read(thread->app->config.run_dir, pools);
    buf_clear(body);
    buf_add_text(body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width\">\n"
                       "<title>Board</title>\n</head>\n<body>\n<h1>Welcome</h1>\n<p>");
    pools_sentence(body, pools);
    buf_add_text(body, "</p>\n");
    links_add(body);
    buf_add_text(body, "<table>\n<tr><th scope=\"col\">Route</th><th scope=\"col\">State</th>"
                       "<th scope=\"col\">Workers</th><th scope=\"col\">Remedy</th>"
                       "<th scope=\"col\">Last error</th></tr>\n");
    for (size_t i = 0; i < POOLS_COUNT; i++)
        pool_row_add(body, &pools[i]);
    buf_add_text(body, "</table>\n</body>\n</html>\n");
    return answer_body(exchange, CONTENT_HTML);
}

static void json_text(struct json *json, const char *text)
{
    json_string(json, text, strlen(text));
}

static void pool_json_write(struct json *json, const struct pool_status *pool)
{
    char text[64];
    struct buf remedy = { .data = text, .capacity = sizeof text - 1, .limit = sizeof text - 1 };

    pool_remedy(&remedy, pool);
    json_object_begin(json);
    JSON_KEY(json, "name");
    json_text(json, pool->name);
    JSON_KEY(json, "route");
    json_text(json, pool->route);
    JSON_KEY(json, "is_serving");
    json_bool(json, pool_is_serving(pool));
    JSON_KEY(json, "state");
    json_text(json, pool_state_text(pool->state));
    JSON_KEY(json, "remedy");
    if (remedy.length > 0)
        json_string(json, remedy.data, remedy.length);
    else
        json_null(json);
    JSON_KEY(json, "workers_live");
    json_uint(json, pool->workers_live);
    JSON_KEY(json, "workers_expected");
    json_uint(json, pool->workers_expected);
    JSON_KEY(json, "is_rolling");
    json_bool(json, pool->is_rolling);
    JSON_KEY(json, "restarts");
    json_uint(json, pool->restarts);
    JSON_KEY(json, "crashes");
    json_uint(json, pool->crashes);
    JSON_KEY(json, "answers_cut");
    json_uint(json, pool->answers_cut);
    JSON_KEY(json, "last_error");
    if (pool->last_error[0] != '\0')
        json_text(json, pool->last_error);
    else
        json_null(json);
    json_object_end(json);
}

enum handler_end handle_status_json(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread)
{
    struct buf *body = &exchange->response.body;
    struct json json = json_writer(body);
    struct pool_status pools[POOLS_COUNT];
    char text[512];
    struct buf sentence = { .data = text, .capacity = sizeof text - 1, .limit = sizeof text - 1 };

    (void)parameter;
    pools_read(thread->app->config.run_dir, pools);
    pools_sentence(&sentence, pools);
    buf_clear(body);
    json_object_begin(&json);
    JSON_KEY(&json, "version");
    json_int(&json, STATUS_JSON_VERSION);
    JSON_KEY(&json, "state");
    json_string(&json, sentence.data, sentence.length);
    JSON_KEY(&json, "pools");
    json_array_begin(&json);
    for (size_t i = 0; i < POOLS_COUNT; i++)
        pool_json_write(&json, &pools[i]);
    json_array_end(&json);
    json_object_end(&json);
    buf_add_text(body, "\n");
    return answer_body(exchange, CONTENT_JSON);
}
