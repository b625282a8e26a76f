#include "agent/observe/self_metrics.h"

#include "otel/semconv.h"

#include <string.h>

void self_metrics_init(struct self_metrics *metrics, const struct drain *drain,
                       const struct harvest *harvest)
{
    memset(metrics, 0, sizeof *metrics);
    metrics->segment = drain->segment;
    metrics->family = drain->family;
    metrics->books = drain->books;
    metrics->drain = drain;
    metrics->harvest = harvest;
}

#define SELF_COUNTER(text, of, about)                                                              \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .is_monotonic = true,                \
        .scope = RECORD_SCOPE_LAUNCHER                                                             \
    }
#define SELF_LEVEL(text, of, about)                                                                \
    {                                                                                              \
        .name = (text), .unit = (of), .description = (about), .scope = RECORD_SCOPE_LAUNCHER       \
    }

static const struct pipeline_observable SPANS_STARTED =
    SELF_COUNTER("otel.sdk.span.started", "{span}", "Spans that were started");
static const struct pipeline_observable SPANS_LIVE =
    SELF_LEVEL("otel.sdk.span.live", "{span}", "Recording spans that have not ended");
static const struct pipeline_observable LOGS_CREATED =
    SELF_COUNTER("otel.sdk.log.created", "{log_record}", "Log records that were emitted");
static const struct pipeline_observable SPANS_DROPPED =
    SELF_COUNTER("otel.c.span.dropped", "{span}", "Spans lost between worker and launcher");
static const struct pipeline_observable LOGS_DROPPED = SELF_COUNTER(
    "otel.c.log.dropped", "{log_record}", "Log records lost between worker and launcher");
static const struct pipeline_observable SPAN_BOOKS =
    SELF_LEVEL("otel.c.books.span", "{span}",
               "ended = exported + in_ring + queued + spooled + failed + dropped + sampled_out");
static const struct pipeline_observable LOG_BOOKS =
    SELF_LEVEL("otel.c.books.log", "{log_record}",
               "ended = exported + in_ring + queued + spooled + failed + dropped + sampled_out");
static const struct pipeline_observable SPANS_NOT_STARTED = SELF_COUNTER(
    "otel.c.span.not_started", "{span}", "Spans that had no room to begin; outside the books");
static const struct pipeline_observable MEASUREMENTS_DROPPED = SELF_COUNTER(
    "otel.c.measurement.dropped", "{measurement}", "Measurements lost between worker and launcher");
static const struct pipeline_observable WORKERS =
    SELF_LEVEL("otel.c.worker.count", "{process}", "Workers that live");
static const struct pipeline_observable CRASHES =
    SELF_COUNTER("otel.c.worker.crashes", "{process}",
                 "Workers that died by a signal or with a status other than 0");
static const struct pipeline_observable ANSWERS_CUT = SELF_COUNTER(
    "otel.c.worker.answers_cut", "{request}", "Requests cut off by the limit of a restart");
static const struct pipeline_observable ACTIVE_REQUESTS = {
    .name = "http.server.active_requests",
    .unit = "{request}",
    .description = "Requests that are being answered",
    .scope = RECORD_SCOPE_FCGI,
};

static void active_requests_observe(struct self_metrics *metrics, struct pipeline *pipeline)
{
    int64_t open[SEGMENT_METHOD_COUNT][2] = { 0 };

    for (unsigned i = 0; i < SEGMENT_REQUEST_COUNT; i++) {
        const struct segment_request *request = &metrics->segment->requests[i];
        /* Acquire: pairs with request_publish, so that method and scheme are there. */
        uint32_t state = atomic_load_explicit(&request->state, memory_order_acquire);
        unsigned method = request->method < SEGMENT_METHOD_COUNT ? request->method : 0;
        unsigned scheme = request->is_https != 0;

        if (state != SEGMENT_REQUEST_OPEN || request->is_suppressed)
            continue;
        open[method][scheme]++;
        metrics->has_method[method][scheme] = true;
    }
    for (uint16_t method = 0; method < SEGMENT_METHOD_COUNT; method++) {
        struct otel_str text;

        text.data = segment_method_text(&metrics->segment->header.config, method, &text.length);
        for (unsigned scheme = 0; scheme < 2; scheme++) {
            const struct otel_attribute attributes[] = {
                otel_attribute_string(OTEL_HTTP_REQUEST_METHOD, text),
                otel_attribute_string(OTEL_URL_SCHEME, otel_str(scheme ? "https" : "http")),
            };
            if (metrics->has_method[method][scheme])
                pipeline_observe_int(pipeline, &ACTIVE_REQUESTS, open[method][scheme], attributes,
                                     2);
        }
    }
}

/* Recording spans that are open: SERVER spans in the requests, others on the threads. */
static uint64_t live_spans(const struct segment *segment)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < SEGMENT_REQUEST_COUNT; i++) {
        const struct segment_request *request = &segment->requests[i];
        count +=
            atomic_load_explicit(&request->state, memory_order_acquire) == SEGMENT_REQUEST_OPEN &&
            request->is_sampled && !request->is_suppressed;
    }
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const struct segment_slot *slot = &segment->slots[i];
        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == SEGMENT_SLOT_FREE)
            continue;
        for (unsigned span = 0; span < SEGMENT_OPEN_SPAN_COUNT; span++)
            count += atomic_load_explicit(&slot->open_spans[span].used, memory_order_relaxed) != 0;
    }
    return count;
}

static void text_observe(struct pipeline *pipeline, const struct pipeline_observable *observable,
                         struct otel_key key, const char *text, uint64_t value)
{
    struct otel_attribute attribute = otel_attribute_string(key, otel_str(text));

    pipeline_observe_int(pipeline, observable, (int64_t)value, &attribute, 1);
}

static void losses_observe(const struct self_metrics *metrics, struct pipeline *pipeline)
{
    static const char *const REASONS[BOOKS_LOSS_COUNT] = {
        [BOOKS_RING_FULL] = "ring_full",
        [BOOKS_NO_SLOT] = "no_slot",
        [BOOKS_LOST] = "lost",
        [BOOKS_LAUNCHER_KILLED] = "launcher_killed",
    };

    for (int reason = 0; reason < BOOKS_LOSS_COUNT; reason++) {
        text_observe(pipeline, &SPANS_DROPPED, OTEL_ERROR_TYPE, REASONS[reason],
                     books_loss(metrics->books, BOOKS_SPANS, (enum books_loss)reason));
        text_observe(pipeline, &LOGS_DROPPED, OTEL_ERROR_TYPE, REASONS[reason],
                     books_loss(metrics->books, BOOKS_LOGS, (enum books_loss)reason));
    }
    pipeline_observe_int(pipeline, &SPANS_NOT_STARTED, (int64_t)metrics->books->not_started, NULL,
                         0);
    pipeline_observe_int(
        pipeline, &MEASUREMENTS_DROPPED,
        (int64_t)(metrics->books->measurements_dropped + metrics->drain->measurements_refused),
        NULL, 0);
}

static void books_observe(struct pipeline *pipeline, const struct pipeline_observable *observable,
                          const struct segment_books *books)
{
    const struct otel_key key = OTEL_KEY("otel.c.books.state");

    text_observe(pipeline, observable, key, "ended", books->ended);
    text_observe(pipeline, observable, key, "exported", books->exported);
    text_observe(pipeline, observable, key, "in_ring", books->in_ring);
    text_observe(pipeline, observable, key, "queued", books->queued);
    text_observe(pipeline, observable, key, "spooled", books->spooled);
    text_observe(pipeline, observable, key, "failed", books->failed);
    text_observe(pipeline, observable, key, "dropped", books->dropped);
    text_observe(pipeline, observable, key, "sampled_out", books->sampled_out);
}

void self_metrics_observe(struct self_metrics *metrics, struct pipeline *pipeline)
{
    uint64_t live = live_spans(metrics->segment);
    struct segment_books spans;
    struct segment_books logs;
    uint64_t started;

    books_read(metrics->books, pipeline, BOOKS_SPANS, &spans);
    books_read(metrics->books, pipeline, BOOKS_LOGS, &logs);
    started = spans.ended - spans.sampled_out + live;
    if (started > metrics->started) /* a span ends between the two looks */
        metrics->started = started;
    text_observe(pipeline, &SPANS_STARTED, OTEL_OTEL_SPAN_SAMPLING_RESULT, "RECORD_AND_SAMPLE",
                 metrics->started);
    text_observe(pipeline, &SPANS_STARTED, OTEL_OTEL_SPAN_SAMPLING_RESULT, "DROP",
                 spans.sampled_out);
    text_observe(pipeline, &SPANS_LIVE, OTEL_OTEL_SPAN_SAMPLING_RESULT, "RECORD_AND_SAMPLE", live);
    pipeline_observe_int(pipeline, &LOGS_CREATED, (int64_t)logs.ended, NULL, 0);
    books_observe(pipeline, &SPAN_BOOKS, &spans);
    books_observe(pipeline, &LOG_BOOKS, &logs);
    losses_observe(metrics, pipeline);
    pipeline_observe_int(pipeline, &WORKERS, (int64_t)family_worker_count(metrics->family), NULL,
                         0);
    pipeline_observe_int(pipeline, &CRASHES, (int64_t)metrics->harvest->crashes, NULL, 0);
    pipeline_observe_int(pipeline, &ANSWERS_CUT, (int64_t)metrics->harvest->answers_cut, NULL, 0);
    active_requests_observe(metrics, pipeline);
}
