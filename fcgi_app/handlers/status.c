/*
 * GET /, /status.json and /metrics: how the service is, read from the segments of its pools, by
 * the same reader as otel-status. Where a token is set, only who has it sees more than the
 * sentence of state.
 */
#include "app.h"
#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "handlers/trace_links.h"
#include "status/json.h"
#include "status/metrics.h"
#include "view/page.h"

#include <string.h>

#define CONTENT_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"
#define CONTENT_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

static const struct status_expected POOLS[] = {
    { "board", "/board" }, { "board_count", "/board/{count}" },
    { "log", "/log" },     { "user", "/user" },
    { "status", "/" },
};

/* What one answer is made of. */
struct view {
    struct page page;
    struct status *status;
    char trace_id[STATUS_TRACE_ID_SIZE];
    char details[4]; /* "all", or not */
    char token[CONFIG_TOKEN_BYTES];
};

/* --- the query -------------------------------------------------------------------------------- */

/* The value of "name=value" in a query, as it stands there; what does not fit is none. */
static void query_value(const char *query, const char *name, char *out, size_t size)
{
    size_t name_length = strlen(name);

    out[0] = '\0';
    while (*query != '\0') {
        size_t length = strcspn(query, "&");

        if (length > name_length && query[name_length] == '=' &&
            strncmp(query, name, name_length) == 0) {
            size_t value_length = length - name_length - 1;
            if (value_length >= size)
                return;
            memcpy(out, query + name_length + 1, value_length);
            out[value_length] = '\0';
            return;
        }
        query += length + (query[length] == '&');
    }
}

/* Its time tells nothing of how much of it was right. */
static bool token_is_right(const char *given, const char *token)
{
    size_t length = strlen(token);
    unsigned char difference = strlen(given) != length;

    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(token[i] ^ given[difference ? 0 : i]);
    return difference == 0;
}

/* --- what is shown ---------------------------------------------------------------------------- */

static void database_read(struct page_database *out, const struct app_thread *thread)
{
    const char *path = thread->app->config.db_path;
    const char *slash = strrchr(path, '/');
    struct store_facts facts;

    store_facts_read(path, &facts);
    *out = (struct page_database){ .file = slash ? slash + 1 : path,
                                   .file_bytes = facts.file_bytes,
                                   .wal_bytes = facts.wal_bytes,
                                   .engine_version = facts.engine_version,
                                   .posts = -1,
                                   .log_rows = -1 };
    (void)store_posts_last(thread->reader, &out->posts); /* -1 stays where it cannot be read */
    (void)store_calls_last(thread->reader, &out->log_rows);
}

/* False when there is no memory. */
static bool view_make(struct view *view, const struct http_exchange *exchange,
                      const struct app_thread *thread)
{
    const struct config *config = &thread->app->config;
    const char *query = exchange->request.query;

    query_value(query, "trace", view->trace_id, sizeof view->trace_id);
    query_value(query, "details", view->details, sizeof view->details);
    query_value(query, "token", view->token, sizeof view->token);
    if (strspn(view->trace_id, "0123456789abcdef") != STATUS_TRACE_ID_SIZE - 1)
        view->trace_id[0] = '\0';
    view->status =
        status_create(&(struct status_options){ .folder = config->run_dir,
                                                .expected = POOLS,
                                                .expected_count = sizeof POOLS / sizeof POOLS[0],
                                                .trace_id = view->trace_id,
                                                .has_details = strcmp(view->details, "all") == 0,
                                                .is_composed = config->is_composed });
    if (view->status == NULL)
        return false;
    view->page = (struct page){ .status = view->status,
                                .trace_id = view->trace_id,
                                .token = config->token,
                                .has_details = config->token[0] == '\0' ||
                                               token_is_right(view->token, config->token) };
    if (view->page.has_details) {
        database_read(&view->page.database, thread);
        trace_links_find(&view->page);
    }
    return true;
}

static enum handler_end no_memory(struct http_exchange *exchange)
{
    return answer_problem(exchange, HTTP_SERVICE_UNAVAILABLE, "There is no memory to answer.");
}

enum handler_end handle_status_page(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread)
{
    struct view view;

    (void)parameter;
    if (!view_make(&view, exchange, thread))
        return no_memory(exchange);
    buf_clear(&exchange->response.body);
    page_write(&exchange->response.body, &view.page);
    status_destroy(view.status);
    return answer_body(exchange, CONTENT_HTML);
}

/* --- as data ---------------------------------------------------------------------------------- */

static void number_write(struct json *json, int64_t number)
{
    if (number >= 0)
        json_int(json, number);
    else
        json_null(json);
}

static void database_write(struct json *json, const struct page_database *database)
{
    JSON_KEY(json, "database");
    json_object_begin(json);
    JSON_KEY(json, "file");
    json_string(json, database->file, strlen(database->file));
    JSON_KEY(json, "bytes");
    number_write(json, database->file_bytes);
    JSON_KEY(json, "wal_bytes");
    number_write(json, database->wal_bytes);
    JSON_KEY(json, "posts");
    number_write(json, database->posts);
    JSON_KEY(json, "log_rows");
    number_write(json, database->log_rows);
    JSON_KEY(json, "engine");
    json_string(json, database->engine_version, strlen(database->engine_version));
    json_object_end(json);
}

static void links_write(struct json *json, const struct page *page)
{
    JSON_KEY(json, "links");
    json_array_begin(json);
    for (size_t i = 0; i < page->link_count; i++) {
        json_object_begin(json);
        JSON_KEY(json, "name");
        json_string(json, page->links[i].name, strlen(page->links[i].name));
        JSON_KEY(json, "url");
        json_string(json, page->links[i].url, strlen(page->links[i].url));
        json_object_end(json);
    }
    json_array_end(json);
}

enum handler_end handle_status_json(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread)
{
    struct buf *body = &exchange->response.body;
    struct json json = json_writer(body);
    struct view view;

    (void)parameter;
    if (!view_make(&view, exchange, thread))
        return no_memory(exchange);
    buf_clear(body);
    json_object_begin(&json);
    status_json_write(&json, view.status, view.page.has_details);
    if (view.page.has_details) {
        database_write(&json, &view.page.database);
        links_write(&json, &view.page);
    }
    json_object_end(&json);
    buf_add_text(body, "\n");
    status_destroy(view.status);
    return answer_body(exchange, CONTENT_JSON);
}

enum handler_end handle_metrics(struct http_exchange *exchange, struct otel_str parameter,
                                struct app_thread *thread)
{
    bool is_openmetrics = strstr(exchange->request.accept, "application/openmetrics-text") != NULL;
    struct view view;
    bool may_see;

    (void)parameter;
    if (!view_make(&view, exchange, thread))
        return no_memory(exchange);
    buf_clear(&exchange->response.body);
    status_metrics_write(&exchange->response.body, view.status, is_openmetrics);
    may_see = view.page.has_details;
    status_destroy(view.status);
    if (!may_see)
        return answer_problem(exchange, HTTP_FORBIDDEN, "The metrics are given with the token.");
    return answer_body(exchange, is_openmetrics ? CONTENT_OPENMETRICS : CONTENT_PROMETHEUS);
}
