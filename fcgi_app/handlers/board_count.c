/*
 * GET /board/{count}: the first posts, and one row in the call log. The answer leaves once its
 * row is committed: it is built here and waits, without a thread, for the committer.
 */
#include "app.h"
#include "config.h"
#include "handlers/answer.h"
#include "handlers/committer.h"
#include "handlers/count.h"
#include "handlers/handlers.h"
#include "handlers/posts.h"
#include "view/sentence.h"

#include <inttypes.h>
#include <stdio.h>

static void call_log(const struct http_exchange *exchange, int64_t count, int64_t returned)
{
    char body[48]; /* "GET /board/" and 19 digits */
    int length = snprintf(body, sizeof body, "GET /board/%" PRId64, count);

    telemetry_call(exchange, (struct otel_str){ body, (size_t)length },
                   (struct call_number){ BOARD_COUNT_REQUESTED, count },
                   (struct call_number){ BOARD_POSTS_RETURNED, returned });
}

enum handler_end handle_board_count(struct http_exchange *exchange, struct otel_str parameter,
                                    struct app_thread *thread)
{
    const struct telemetry *telemetry = &thread->app->telemetry;
    struct http_request *request = &exchange->request;
    struct posts_fetched posts;
    enum store_status status;
    int64_t count;

    if (!count_parse(parameter, &count))
        return answer_problem(exchange, HTTP_BAD_REQUEST,
                              "The count is larger than 9223372036854775807.");
    otel_measure_int(telemetry->count_requested, count, NULL, 0);
    status = posts_fetch(exchange, thread->reader, count, &posts);
    if (status != STORE_OK)
        return answer_store_failure(exchange, telemetry, &thread->app->reading, status);
    trouble_note(&thread->app->reading, STORE_FAULT_NONE);
    otel_measure_int(telemetry->posts_returned, posts.count, NULL, 0);
    call_log(exchange, count, posts.count);
    if (count <= CONFIG_JSON_ROWS_MAX) {
        answer_body(exchange, CONTENT_JSON);
    } else {
        sentence_write(&exchange->response.body, count, posts.duration_ns);
        answer_body(exchange, CONTENT_HTML);
    }
    return committer_submit(
        thread->app->committer, exchange,
        &(struct store_new_call){
            .user_ip = { request->client_address, strlen(request->client_address) },
            .call_url = { request->path, request->path_length },
            .parameter = count,
            .start_us = posts.start_us,
            .end_us = posts.end_us });
}
