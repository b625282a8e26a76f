#include "status/json.h"

#include "base/clock.h"
#include "status/words.h"

#include <string.h>

static void text(struct json *json, const char *value)
{
    json_string(json, value, strlen(value));
}

static void text_or_null(struct json *json, const char *value)
{
    if (value[0] != '\0')
        text(json, value);
    else
        json_null(json);
}

static void ms(struct json *json, uint64_t ns)
{
    json_double(json, (double)(ns / 1000) / 1000);
}

static void time_or_null(struct json *json, uint64_t wall_ns)
{
    if (wall_ns != 0)
        json_uint(json, wall_ns / CLOCK_NS_PER_MS);
    else
        json_null(json);
}

static void number_or_null(struct json *json, uint32_t value)
{
    if (value != SEGMENT_UNKNOWN)
        json_uint(json, value);
    else
        json_null(json);
}

/* A text that a writer of status.h makes. */
static void made(struct json *json, struct buf *scratch)
{
    if (scratch->length > 0)
        json_string(json, scratch->data, scratch->length);
    else
        json_null(json);
}

#define SCRATCH(name, size)                                                                        \
    char name##_room[size];                                                                        \
    struct buf name = { .data = name##_room, .capacity = (size), .limit = (size) }

/* --- state ------------------------------------------------------------------------------------ */

static const char *level_text(enum status_level level)
{
    return level == STATUS_GOOD ? "good" : level == STATUS_WARNING ? "warning" : "bad";
}

static void state_write(struct json *json, const struct status *status)
{
    SCRATCH(sentence, 1024);
    SCRATCH(detail, 256);
    SCRATCH(remedy, 512);

    status_sentence(status, &sentence);
    status_detail(status, &detail);
    status_remedy(status, &remedy);
    JSON_KEY(json, "state");
    made(json, &sentence);
    JSON_KEY(json, "level");
    text(json, level_text(status_level(status)));
    JSON_KEY(json, "detail");
    made(json, &detail);
    JSON_KEY(json, "remedy");
    made(json, &remedy);
}

/* --- pools ------------------------------------------------------------------------------------ */

static void thread_write(struct json *json, const struct status_thread *thread)
{
    json_object_begin(json);
    JSON_KEY(json, "pid");
    json_int(json, thread->pid);
    JSON_KEY(json, "tid");
    json_int(json, thread->tid);
    JSON_KEY(json, "activity");
    text(json, status_activity_text(thread->activity));
    JSON_KEY(json, "for_ms");
    ms(json, thread->since_ns);
    JSON_KEY(json, "route");
    text_or_null(json, thread->route);
    json_object_end(json);
}

static void crash_write(struct json *json, const struct segment_view *view)
{
    JSON_KEY(json, "last_crash");
    if (view->crash_ns == 0) {
        json_null(json);
        return;
    }
    json_object_begin(json);
    JSON_KEY(json, "at_ms");
    time_or_null(json, view->crash_ns);
    JSON_KEY(json, "trace_id");
    json_hex(json, view->crash_trace_id, sizeof view->crash_trace_id);
    json_object_end(json);
}

static void counts_write(struct json *json, const struct segment_view *view)
{
    JSON_KEY(json, "workers_live");
    json_uint(json, view->workers_live);
    JSON_KEY(json, "workers_expected");
    json_uint(json, view->workers_expected);
    JSON_KEY(json, "is_rolling");
    json_bool(json, view->is_rolling != 0);
    JSON_KEY(json, "restarts");
    json_uint(json, view->restarts);
    JSON_KEY(json, "crashes");
    json_uint(json, view->crashes);
    JSON_KEY(json, "answers_cut");
    json_uint(json, view->answers_cut);
    JSON_KEY(json, "queue");
    number_or_null(json, view->queue_now);
    JSON_KEY(json, "queue_limit");
    number_or_null(json, view->queue_limit);
    JSON_KEY(json, "launcher_cost_percent");
    json_double(json, (double)view->cost_ppm / 10000);
}

static void pool_write(struct json *json, const struct status *status,
                       const struct status_pool *pool)
{
    SCRATCH(remedy, 128);

    status_pool_remedy(status, pool, &remedy);
    json_object_begin(json);
    JSON_KEY(json, "name");
    text(json, pool->name);
    JSON_KEY(json, "route");
    text(json, pool->route);
    JSON_KEY(json, "is_serving");
    json_bool(json, status_pool_is_serving(pool));
    JSON_KEY(json, "state");
    text(json, status_state_text(pool->state));
    JSON_KEY(json, "remedy");
    made(json, &remedy);
    JSON_KEY(json, "started_ms");
    time_or_null(json, pool->created_ns);
    counts_write(json, &pool->view);
    crash_write(json, &pool->view);
    JSON_KEY(json, "last_export_ms");
    time_or_null(json, pool->view.last_export_ns);
    JSON_KEY(json, "last_error");
    text_or_null(json, pool->view.last_error);
    JSON_KEY(json, "threads");
    json_array_begin(json);
    for (size_t i = 0; i < pool->thread_count; i++)
        thread_write(json, &pool->threads[i]);
    json_array_end(json);
    json_object_end(json);
}

/* --- routes ----------------------------------------------------------------------------------- */

static void quantile_write(struct json *json, const struct status_route *route, uint64_t ns)
{
    if (route->count > 0)
        ms(json, ns);
    else
        json_null(json);
}

static void route_write(struct json *json, const struct status *status,
                        const struct status_route *route)
{
    json_object_begin(json);
    JSON_KEY(json, "method");
    text(json, route->method);
    JSON_KEY(json, "route");
    text_or_null(json, route->route);
    JSON_KEY(json, "pool");
    text(json, status->pools[route->pool].name);
    JSON_KEY(json, "requests_per_s");
    json_double(json, route->per_s);
    JSON_KEY(json, "requests");
    json_uint(json, route->count);
    JSON_KEY(json, "errors");
    json_uint(json, route->errors);
    JSON_KEY(json, "p50_ms");
    quantile_write(json, route, route->p50_ns);
    JSON_KEY(json, "p95_ms");
    quantile_write(json, route, route->p95_ns);
    JSON_KEY(json, "p99_ms");
    quantile_write(json, route, route->p99_ns);
    JSON_KEY(json, "history");
    json_array_begin(json);
    for (size_t i = 0; i < STATUS_HISTORY_COUNT; i++)
        number_or_null(json, route->history[i]);
    json_array_end(json);
    json_object_end(json);
}

/* --- requests --------------------------------------------------------------------------------- */

static void parts_write(struct json *json, const struct status_request *request)
{
    JSON_KEY(json, "parts_ms");
    json_object_begin(json);
    for (int part = 0; part < STATUS_PART_COUNT; part++) {
        const char *name = status_part_text((enum status_part)part);

        json_key(json, name, strlen(name));
        if (part == STATUS_QUEUE && !request->has_queue)
            json_null(json);
        else
            ms(json, request->parts_ns[part]);
    }
    json_object_end(json);
}

/* The members of a request, within an object that is open. */
static void request_members(struct json *json, const struct status *status,
                            const struct status_request *request)
{
    JSON_KEY(json, "at_ms");
    time_or_null(json, request->start_ns);
    JSON_KEY(json, "trace_id");
    text(json, request->trace_id);
    JSON_KEY(json, "pool");
    text(json, status->pools[request->pool].name);
    JSON_KEY(json, "method");
    text(json, request->method);
    JSON_KEY(json, "path");
    text(json, request->path);
    JSON_KEY(json, "route");
    text_or_null(json, request->route);
    JSON_KEY(json, "status");
    if (request->status_code != 0)
        json_uint(json, request->status_code);
    else
        json_null(json);
    JSON_KEY(json, "duration_ms");
    ms(json, request->duration_ns);
    parts_write(json, request);
    JSON_KEY(json, "is_error");
    json_bool(json, request->is_error);
    JSON_KEY(json, "is_slow");
    json_bool(json, request->is_slow);
    JSON_KEY(json, "is_crash");
    json_bool(json, request->is_crash);
}

static void words_write(struct json *json, const char *attributes)
{
    SCRATCH(words, 2048);

    words_attributes(attributes, &words);
    JSON_KEY(json, "words");
    made(json, &words);
}

static void spans_write(struct json *json, const struct segment_seen *seen)
{
    JSON_KEY(json, "spans");
    json_array_begin(json);
    for (size_t i = 0; i < seen->span_count; i++) {
        const struct segment_seen_span *span = &seen->spans[i];

        json_object_begin(json);
        JSON_KEY(json, "name");
        text(json, span->name);
        JSON_KEY(json, "begin_ms");
        ms(json, span->start_ns > seen->start_ns ? span->start_ns - seen->start_ns : 0);
        JSON_KEY(json, "duration_ms");
        ms(json, span->duration_ns);
        JSON_KEY(json, "is_error");
        json_bool(json, span->status == 2);
        words_write(json, span->attributes);
        json_object_end(json);
    }
    json_array_end(json);
    JSON_KEY(json, "spans_total");
    json_uint(json, seen->spans_total);
}

static void logs_write(struct json *json, const struct segment_seen *seen)
{
    JSON_KEY(json, "logs");
    json_array_begin(json);
    for (size_t i = 0; i < seen->log_count; i++) {
        json_object_begin(json);
        JSON_KEY(json, "at_ms");
        time_or_null(json, seen->logs[i].time_ns);
        JSON_KEY(json, "severity");
        text(json, words_severity(seen->logs[i].severity));
        JSON_KEY(json, "text");
        text(json, seen->logs[i].text);
        json_object_end(json);
    }
    json_array_end(json);
    JSON_KEY(json, "logs_total");
    json_uint(json, seen->logs_total);
}

static void exception_write(struct json *json, const struct segment_seen *seen)
{
    JSON_KEY(json, "exception");
    if (seen->exception_type[0] == '\0' && seen->exception_stack[0] == '\0') {
        json_null(json);
        return;
    }
    json_object_begin(json);
    JSON_KEY(json, "type");
    text(json, seen->exception_type);
    JSON_KEY(json, "message");
    text(json, seen->exception_message);
    JSON_KEY(json, "stack");
    text(json, seen->exception_stack);
    json_object_end(json);
}

static void seen_write(struct json *json, const struct segment_seen *seen)
{
    words_write(json, seen->attributes);
    spans_write(json, seen);
    logs_write(json, seen);
    exception_write(json, seen);
}

static void chosen_write(struct json *json, const struct status *status)
{
    JSON_KEY(json, "request");
    if (!status->has_chosen) {
        json_null(json);
        return;
    }
    json_object_begin(json);
    request_members(json, status, &status->chosen);
    seen_write(json, &status->chosen_seen);
    json_object_end(json);
}

/* --- telemetry -------------------------------------------------------------------------------- */

static void books_write(struct json *json, const struct segment_books *books)
{
    json_object_begin(json);
    JSON_KEY(json, "ended");
    json_uint(json, books->ended);
    JSON_KEY(json, "exported");
    json_uint(json, books->exported);
    JSON_KEY(json, "in_ring");
    json_uint(json, books->in_ring);
    JSON_KEY(json, "queued");
    json_uint(json, books->queued);
    JSON_KEY(json, "spooled");
    json_uint(json, books->spooled);
    JSON_KEY(json, "failed");
    json_uint(json, books->failed);
    JSON_KEY(json, "dropped");
    json_uint(json, books->dropped);
    JSON_KEY(json, "sampled_out");
    json_uint(json, books->sampled_out);
    json_object_end(json);
}

static void back_ends_write(struct json *json, const struct status *status)
{
    static const char *const ANSWERS[] = { "not asked", "answers", "no answer" };

    JSON_KEY(json, "back_ends");
    json_array_begin(json);
    for (size_t i = 0; i < status->pool_count; i++) {
        for (size_t k = 0; k < SEGMENT_BACK_END_COUNT; k++) {
            const struct segment_back_end *back_end = &status->pools[i].view.back_ends[k];

            if (back_end->name[0] == '\0')
                continue;
            json_object_begin(json);
            JSON_KEY(json, "name");
            text(json, back_end->name);
            JSON_KEY(json, "url");
            text(json, back_end->url);
            JSON_KEY(json, "answer");
            text(json, ANSWERS[back_end->answer % 3]);
            JSON_KEY(json, "answered_ms");
            time_or_null(json, back_end->answered_ns);
            json_object_end(json);
        }
    }
    json_array_end(json);
}

static void settings_write(struct json *json, const struct segment_view *view)
{
    static const char *const ORIGINS[SEGMENT_ORIGIN_COUNT] = { "default", "variable", "option",
                                                               "file" };

    JSON_KEY(json, "settings");
    json_array_begin(json);
    for (size_t i = 0; i < view->setting_count; i++) {
        const struct segment_setting *setting = &view->settings[i];

        json_object_begin(json);
        JSON_KEY(json, "name");
        text(json, setting->name);
        JSON_KEY(json, "value");
        text(json, setting->value);
        JSON_KEY(json, "origin");
        text(json, ORIGINS[setting->origin % SEGMENT_ORIGIN_COUNT]);
        json_object_end(json);
    }
    json_array_end(json);
}

static void launcher_write(struct json *json, const struct status *status)
{
    JSON_KEY(json, "launchers");
    json_array_begin(json);
    for (size_t i = 0; i < status->pool_count; i++) {
        const struct segment_view *view = &status->pools[i].view;

        json_object_begin(json);
        JSON_KEY(json, "pool");
        text(json, status->pools[i].name);
        JSON_KEY(json, "hooked");
        text_or_null(json, view->hooked);
        settings_write(json, view);
        json_object_end(json);
    }
    json_array_end(json);
}

/* --- all -------------------------------------------------------------------------------------- */

static void details_write(struct json *json, const struct status *status)
{
    struct status_books books = status_books_sum(status);

    back_ends_write(json, status);
    JSON_KEY(json, "routes");
    json_array_begin(json);
    for (size_t i = 0; i < status->route_count; i++)
        route_write(json, status, &status->routes[i]);
    json_array_end(json);
    JSON_KEY(json, "pools");
    json_array_begin(json);
    for (size_t i = 0; i < status->pool_count; i++)
        pool_write(json, status, &status->pools[i]);
    json_array_end(json);
    JSON_KEY(json, "requests");
    json_array_begin(json);
    for (size_t i = 0; i < status->request_count; i++) {
        json_object_begin(json);
        request_members(json, status, &status->requests[i]);
        if (status->details != NULL)
            seen_write(json, &status->details[status->requests[i].detail]);
        json_object_end(json);
    }
    json_array_end(json);
    chosen_write(json, status);
    JSON_KEY(json, "books");
    json_object_begin(json);
    JSON_KEY(json, "spans");
    books_write(json, &books.spans);
    JSON_KEY(json, "logs");
    books_write(json, &books.logs);
    json_object_end(json);
    launcher_write(json, status);
}

void status_json_write(struct json *json, const struct status *status, bool has_details)
{
    JSON_KEY(json, "version");
    json_int(json, STATUS_JSON_VERSION);
    JSON_KEY(json, "at_ms");
    time_or_null(json, status->now_ns);
    state_write(json, status);
    if (has_details)
        details_write(json, status);
}
