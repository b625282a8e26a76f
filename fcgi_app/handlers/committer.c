/* Rows that wait, and the thread that commits them. */
#include "handlers/committer.h"

#include "app.h"
#include "base/mem.h"
#include "handlers/answer.h"
#include "otel/log.h"
#include "otel/request.h"

#include <errno.h>
#include <pthread.h>

/* Rows and, at the same places, the exchanges that wait for them. */
struct batch {
    struct store_new_call *rows;
    struct http_exchange **exchanges;
    size_t count;
};

struct committer {
    struct app *app;
    struct store_writer *writer; /* the thread's */
    struct batch committing;     /* the thread's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t has_work;
    struct batch waiting; /* guarded by lock, as is what follows */
    bool is_leaving;
};

static bool batch_init(struct batch *batch, size_t capacity)
{
    batch->rows = mem_zalloc(capacity, sizeof *batch->rows);
    batch->exchanges = mem_zalloc(capacity, sizeof(struct http_exchange *));
    return batch->rows && batch->exchanges;
}

static void batch_release(struct batch *batch)
{
    mem_free(batch->rows);
    mem_free(batch->exchanges);
}

/* False when there is nothing left and the thread shall leave. */
static bool work_wait(struct committer *committer)
{
    bool has_work;

    pthread_mutex_lock(&committer->lock);
    while (committer->waiting.count == 0 && !committer->is_leaving)
        pthread_cond_wait(&committer->has_work, &committer->lock);
    has_work = committer->waiting.count > 0;
    pthread_mutex_unlock(&committer->lock);
    return has_work;
}

static void batch_take(struct committer *committer)
{
    struct batch taken;

    pthread_mutex_lock(&committer->lock);
    taken = committer->waiting;
    committer->waiting = committer->committing;
    committer->waiting.count = 0;
    committer->committing = taken;
    pthread_mutex_unlock(&committer->lock);
}

static void batch_answer(struct committer *committer, enum store_status status)
{
    struct batch *batch = &committer->committing;

    for (size_t i = 0; i < batch->count; i++) {
        struct http_exchange *exchange = batch->exchanges[i];

        otel_context_attach(exchange->context);
        otel_span_set_int(otel_request_span(), BOARD_COMMIT_SIZE, (int64_t)batch->count);
        if (status != STORE_OK)
            answer_store_failure(exchange, &committer->app->telemetry, &committer->app->writing,
                                 status);
        exchange_finish(exchange);
    }
}

/* The rows are taken when it is the writer's turn, not before: one commit more of them. */
static void *committer_run(void *user)
{
    struct committer *committer = user;

    while (work_wait(committer)) {
        enum store_status status = store_writer_wait(committer->writer);

        batch_take(committer);
        if (status == STORE_OK)
            status = store_calls_append(committer->writer, committer->committing.rows,
                                        committer->committing.count);
        if (status == STORE_OK)
            trouble_note(&committer->app->writing, STORE_FAULT_NONE);
        batch_answer(committer, status);
    }
    return NULL;
}

static void committer_release(struct committer *committer)
{
    store_writer_destroy(committer->writer);
    batch_release(&committer->waiting);
    batch_release(&committer->committing);
    pthread_cond_destroy(&committer->has_work);
    pthread_mutex_destroy(&committer->lock);
    mem_free(committer);
}

struct committer *committer_create(struct app *app)
{
    struct committer *committer = mem_zalloc(1, sizeof *committer);
    int error = ENOMEM;

    if (committer == NULL)
        return NULL;
    committer->app = app;
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->has_work, NULL);
    committer->writer = store_writer_create(app->config.db_path);
    if (committer->writer && batch_init(&committer->waiting, app->config.commit_queue) &&
        batch_init(&committer->committing, app->config.commit_queue))
        error = pthread_create(&committer->thread, NULL, committer_run, committer);
    if (error == 0)
        return committer;
    committer_release(committer);
    errno = error;
    return NULL;
}

void committer_destroy(struct committer *committer)
{
    if (committer == NULL)
        return;
    pthread_mutex_lock(&committer->lock);
    committer->is_leaving = true;
    pthread_cond_signal(&committer->has_work);
    pthread_mutex_unlock(&committer->lock);
    pthread_join(committer->thread, NULL);
    committer_release(committer);
}

enum handler_end committer_submit(struct committer *committer, struct http_exchange *exchange,
                                  const struct store_new_call *row)
{
    struct batch *batch = &committer->waiting;
    bool has_room;
    bool is_first;

    pthread_mutex_lock(&committer->lock);
    has_room = batch->count < committer->app->config.commit_queue;
    is_first = batch->count == 0;
    if (has_room) {
        exchange_park(exchange);
        batch->rows[batch->count] = *row;
        batch->rows[batch->count].context = exchange->context;
        batch->exchanges[batch->count++] = exchange;
    }
    pthread_mutex_unlock(&committer->lock);
    /* It sleeps only when nothing waits; woken without the lock, it need not wait for it. */
    if (has_room && is_first)
        pthread_cond_signal(&committer->has_work);
    if (has_room)
        return HANDLER_PARKED;
    return answer_queue_full(exchange, &committer->app->telemetry);
}
