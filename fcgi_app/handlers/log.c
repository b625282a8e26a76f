/*
 * GET /log: the whole call log, streamed. It is read in chunks up to the highest seq at the
 * start; each chunk is built as JSON before any of it is sent, so that no snapshot of the
 * database stays open while a slow client reads, and memory does not grow with the table.
 */
#include "app.h"
#include "config.h"
#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "view/call_json.h"

struct chunk {
    struct json json;
    int64_t after_seq;
    int64_t rows; /* of this chunk */
};

static bool call_write(void *user, const struct store_call *call)
{
    struct chunk *chunk = user;

    call_json_write(&chunk->json, call);
    return chunk->json.out->length < CONFIG_LOG_CHUNK_BYTES;
}

/* Reads the next chunk behind what the buffer holds. */
static enum store_status chunk_read(struct chunk *chunk, struct store_reader *reader,
                                    int64_t up_to_seq)
{
    enum store_status status =
        store_calls_each(reader, chunk->after_seq, up_to_seq, CONFIG_LOG_CHUNK_ROWS, call_write,
                         chunk, &chunk->after_seq, &chunk->rows);

    if (status == STORE_OK && chunk->json.out->has_failed)
        status = STORE_ERR_NOMEM;
    return status;
}

/* Sends what the buffer holds and empties it. */
static bool chunk_send(struct http_exchange *exchange)
{
    struct buf *body = &exchange->response.body;
    bool is_sent = exchange_stream_write(exchange, body->data, body->length);

    buf_clear(body);
    return is_sent;
}

static void call_end(struct http_exchange *exchange, const struct telemetry *telemetry,
                     int64_t rows)
{
    otel_measure_int(telemetry->log_rows_returned, rows, NULL, 0);
    telemetry_call(exchange, OTEL_STR("GET /log"),
                   (struct call_number){ BOARD_LOG_ROWS_RETURNED, rows },
                   (struct call_number){ .value = 0 });
}

enum handler_end handle_log(struct http_exchange *exchange, struct otel_str parameter,
                            struct app_thread *thread)
{
    const struct telemetry *telemetry = &thread->app->telemetry;
    struct buf *body = &exchange->response.body;
    struct chunk chunk = { .json = json_writer(body) };
    int64_t up_to_seq = 0;
    int64_t rows = 0;
    enum store_status status = store_calls_last(thread->reader, &up_to_seq);

    (void)parameter;
    buf_clear(body);
    json_array_begin(&chunk.json);
    if (status == STORE_OK)
        status = chunk_read(&chunk, thread->reader, up_to_seq);
    if (status != STORE_OK)
        return answer_store_failure(exchange, telemetry, &thread->app->reading, status);
    trouble_note(&thread->app->reading, STORE_FAULT_NONE);

    exchange->response.content_type = CONTENT_JSON;
    exchange_stream_begin(exchange);
    rows = chunk.rows;
    while (status == STORE_OK && chunk.rows > 0 && chunk.after_seq < up_to_seq &&
           chunk_send(exchange)) {
        status = chunk_read(&chunk, thread->reader, up_to_seq);
        rows += chunk.rows;
    }
    if (status != STORE_OK) {
        /* The status line is long gone: a broken answer is the one way left to say it. */
        answer_store_failure(exchange, telemetry, &thread->app->reading, status);
        exchange_stream_abort(exchange);
        return HANDLER_ANSWERED;
    }
    json_array_end(&chunk.json);
    buf_add_text(body, "\n");
    chunk_send(exchange);
    call_end(exchange, telemetry, rows);
    return HANDLER_ANSWERED;
}
