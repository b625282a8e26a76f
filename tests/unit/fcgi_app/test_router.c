/* The tables of routes: which path means which route, and what is answered by itself. */
#include "routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const struct pool *pool;
    const char *path;
    const char *pattern;   /* NULL: no route */
    const char *parameter; /* NULL: none */
} PATHS[] = {
    { &POOL_BOARD, "/board", "/board", NULL },
    { &POOL_BOARD, "/board/", NULL, NULL },
    { &POOL_BOARD, "/boards", NULL, NULL },
    { &POOL_BOARD, "/Board", NULL, NULL },
    { &POOL_BOARD, "/boar", NULL, NULL },
    { &POOL_BOARD, "", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/1", "/board/{count}", "1" },
    { &POOL_BOARD_COUNT, "/board/0", "/board/{count}", "0" },
    { &POOL_BOARD_COUNT, "/board/007", "/board/{count}", "007" },
    { &POOL_BOARD_COUNT, "/board/99999999999999999999", "/board/{count}", "99999999999999999999" },
    { &POOL_BOARD_COUNT, "/board/", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/-1", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/+1", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/1.5", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/1e3", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/0x1", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/1x", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/1/", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/ 1", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/1 ", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/{count}", NULL, NULL },
    { &POOL_BOARD_COUNT, "/board/\xd9\xa1", NULL, NULL }, /* ARABIC-INDIC DIGIT ONE */
    { &POOL_LOG, "/log", "/log", NULL },
    { &POOL_LOG, "/log/", NULL, NULL },
    { &POOL_USER, "/user", "/user", NULL },
    { &POOL_STATUS, "/", "/", NULL },
    { &POOL_STATUS, "//", NULL, NULL },
    { &POOL_STATUS, "/status.json", "/status.json", NULL },
    { &POOL_STATUS, "/metrics", "/metrics", NULL },
    { &POOL_STATUS, "/board", NULL, NULL },
};

static void test_router_matches_whole_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++) {
        const struct pool *pool = PATHS[i].pool;
        struct otel_str parameter;
        const struct route *route =
            router_match(pool->routes, pool->route_count, otel_str(PATHS[i].path), &parameter);

        if ((route == NULL) != (PATHS[i].pattern == NULL))
            fail_msg("%s", PATHS[i].path);
        if (route == NULL)
            continue;
        assert_string_equal(route->pattern, PATHS[i].pattern);
        assert_int_equal(parameter.length, PATHS[i].parameter ? strlen(PATHS[i].parameter) : 0);
        if (PATHS[i].parameter)
            assert_memory_equal(parameter.data, PATHS[i].parameter, parameter.length);
    }
}

/* --- what is answered without a handler --- */

static int handled;

static enum handler_end handle_it(struct http_exchange *exchange, struct otel_str parameter,
                                  struct app_thread *thread)
{
    (void)exchange;
    (void)parameter;
    (void)thread;
    handled++;
    return HANDLER_ANSWERED;
}

static const struct route ROUTES[] = { { "/it/{n}", handle_it } };

static struct http_exchange *exchange_create(enum http_method method, const char *path)
{
    struct http_exchange *exchange = calloc(1, sizeof *exchange);

    exchange->request.method = method;
    exchange->request.path_length = strlen(path);
    memcpy(exchange->request.path, path, strlen(path) + 1);
    exchange->response.status = HTTP_OK;
    buf_init(&exchange->response.body, 4096);
    handled = 0;
    return exchange;
}

static void exchange_destroy(struct http_exchange *exchange)
{
    buf_release(&exchange->response.body);
    free(exchange);
}

static const struct {
    enum http_method method;
    const char *path;
    enum http_status read;
    enum http_status status;
    bool has_allow;
    int handled;
} REQUESTS[] = {
    { HTTP_METHOD_GET, "/it/1", HTTP_OK, HTTP_OK, false, 1 },
    { HTTP_METHOD_HEAD, "/it/1", HTTP_OK, HTTP_OK, false, 1 },
    { HTTP_METHOD_OPTIONS, "/it/1", HTTP_OK, HTTP_OK, true, 0 },
    { HTTP_METHOD_OTHER, "/it/1", HTTP_OK, HTTP_METHOD_NOT_ALLOWED, true, 0 },
    { HTTP_METHOD_GET, "/it/x", HTTP_OK, HTTP_NOT_FOUND, false, 0 },
    { HTTP_METHOD_OPTIONS, "/it/x", HTTP_OK, HTTP_NOT_FOUND, false, 0 },
    { HTTP_METHOD_OTHER, "/it/x", HTTP_OK, HTTP_NOT_FOUND, false, 0 },
    { HTTP_METHOD_GET, "/it/1", HTTP_URI_TOO_LONG, HTTP_URI_TOO_LONG, false, 0 },
    { HTTP_METHOD_GET, "/it/1", HTTP_BAD_REQUEST, HTTP_BAD_REQUEST, false, 0 },
};

static void test_router_answers_what_no_handler_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REQUESTS / sizeof REQUESTS[0]; i++) {
        struct http_exchange *exchange = exchange_create(REQUESTS[i].method, REQUESTS[i].path);

        assert_int_equal(router_serve(ROUTES, 1, exchange, REQUESTS[i].read, NULL),
                         HANDLER_ANSWERED);

        assert_int_equal(exchange->response.status, REQUESTS[i].status);
        assert_int_equal(handled, REQUESTS[i].handled);
        if (REQUESTS[i].has_allow)
            assert_string_equal(exchange->response.allow, "GET, HEAD, OPTIONS");
        else
            assert_null(exchange->response.allow);
        assert_int_equal(exchange->response.body.length > 0, exchange->response.status != HTTP_OK);
        exchange_destroy(exchange);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_router_matches_whole_paths),
        cmocka_unit_test(test_router_answers_what_no_handler_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
