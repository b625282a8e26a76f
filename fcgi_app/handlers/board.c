/* GET /board: every post. */
#include "app.h"
#include "config.h"
#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "handlers/posts.h"
#include "view/sentence.h"

enum handler_end handle_board(struct http_exchange *exchange, struct otel_str parameter,
                              struct app_thread *thread)
{
    const struct telemetry *telemetry = &thread->app->telemetry;
    struct posts_fetched posts;
    enum store_status status = posts_fetch(exchange, thread->reader, -1, &posts);

    (void)parameter;
    if (status != STORE_OK)
        return answer_store_failure(exchange, telemetry, &thread->app->reading, status);
    trouble_note(&thread->app->reading, STORE_FAULT_NONE);
    otel_measure_int(telemetry->posts, posts.count, NULL, 0);
    otel_measure_int(telemetry->posts_returned, posts.count, NULL, 0);
    telemetry_call(exchange, OTEL_STR("GET /board"),
                   (struct call_number){ BOARD_POSTS_RETURNED, posts.count },
                   (struct call_number){ .value = 0 });
    if (posts.count <= CONFIG_JSON_ROWS_MAX)
        return answer_body(exchange, CONTENT_JSON);
    sentence_write(&exchange->response.body, posts.count, posts.duration_ns);
    return answer_body(exchange, CONTENT_HTML);
}
