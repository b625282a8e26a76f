/*
 * Puts the parts together: queues for spans and log records, the meter for measurements, an
 * exporter for each destination, and one clock that says what is due. All rules are in the
 * parts; here is only who hands what to whom, and when.
 */
#include "agent/pipeline/pipeline.h"

#include "agent/pipeline/observe_disk.h"
#include "agent/pipeline/observe_senders.h"
#include "agent/pipeline/parts.h"
#include "agent/pipeline/resource_encode.h"
#include "agent/report.h"
#include "agent/version.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"

#include <string.h>

enum {
    METRIC_BODY_BYTES = 3 * 1024 * 1024, /* a larger collection goes out in several bodies: gRPC's
                                            receivers take 4 MiB, if they are not told otherwise */
    STEP_BODIES_MAX = 4,                 /* begun for one exporter in one round */
    WAIT_FDS_MAX = 8,                    /* the caller's, and that of what is fetched */
    STEP_ROUNDS_MAX = 4,                 /* then the launcher's other work has its turn */
};

/* --- sources: what exporters draw from -------------------------------------------------------- */

static uint32_t metric_fill(void *user, struct buf *body)
{
    struct metric_source *source = user;
    const struct meter *meter = &source->meter;

    if (meter->collection == 0)
        return 0; /* nothing was collected yet */
    if (source->cursor.collection != meter->collection)
        source->cursor = (struct metric_cursor){ .collection = meter->collection };
    return source->encode(&source->pipeline->encoder, meter, &source->cursor, METRIC_BODY_BYTES,
                          body);
}

/* --- life ------------------------------------------------------------------------------------- */

static void meter_warn(const char *text)
{
    report_warn("%s", text);
}

_Static_assert((int)METER_LOWMEMORY == (int)TEMPORALITY_LOWMEMORY &&
                   (int)EXEMPLAR_ALWAYS_OFF == (int)EXEMPLARS_ALWAYS_OFF,
               "settings name them in the meter's order");

/* is_first: it tells about the views, which all readers have. */
static void meter_create(struct pipeline *pipeline, struct meter *meter,
                         const struct destination *destination, bool is_first)
{
    const struct settings *settings = pipeline->settings;
    struct meter_options options = {
        .exemplars = (enum exemplar_filter)settings->metric_exemplars,
        .views = settings->views,
        .view_count = settings->view_count,
        .scope_name = encoder_scope_name,
        .scope_version = AGENT_VERSION,
        .scope_schema_url = ENCODER_SCHEMA_URL,
        .warn = is_first ? meter_warn : NULL,
    };

    if (!destination->is_plain) {
        options.temporality = (enum meter_temporality)settings->metric_temporality;
        options.is_base2 = settings->metric_histogram == HISTOGRAM_BASE2;
    }
    memcpy(options.cardinality, settings->metric_cardinality, sizeof options.cardinality);
    meter_init(meter, random_next(pipeline->random), clock_wall_ns());
    meter_configure(meter, &options);
}

static void reader_create(struct pipeline *pipeline, struct metric_source *source,
                          const struct destination *destination)
{
    const struct settings *settings = pipeline->settings;

    meter_create(pipeline, &source->meter, destination, source == &pipeline->metrics[0]);
    reader_init(&source->reader, settings->metric_interval_ms * CLOCK_NS_PER_MS,
                clock_monotonic_ns(), random_next(pipeline->random));
}

static void pull_collect(void *user);

static void pull_create(struct pipeline *pipeline, const struct destination *destination)
{
    meter_create(pipeline, &pipeline->pull_meter, destination, pipeline->metric_count == 0);
    pull_init(&pipeline->pull, &(struct pull_options){
                                   .settings = pipeline->settings,
                                   .listen = destination->listen,
                                   .type = destination->type,
                                   .encode = destination->format.page,
                                   .encoder = &pipeline->encoder,
                                   .meter = &pipeline->pull_meter,
                                   .collect = pull_collect,
                                   .user = pipeline,
                               });
}

static void metrics_create(struct pipeline *pipeline)
{
    const struct settings *settings = pipeline->settings;
    struct destination destinations[DESTINATIONS_MAX];
    unsigned count = destinations_create(settings, SIGNAL_METRICS, pipeline->http, destinations);

    for (unsigned i = 0; i < count; i++) {
        struct metric_source *source = &pipeline->metrics[pipeline->metric_count];

        if (destinations[i].listen != NULL) {
            pull_create(pipeline, &destinations[i]);
            continue;
        }
        pipeline->metric_count++;
        source->pipeline = pipeline;
        source->encode = destinations[i].format.metrics;
        source->exporter = (struct exporter){
            .type = destinations[i].type,
            .item = SELF_DATA_POINT,
            .sink = destinations[i].sink,
            .fill = metric_fill,
            .source = source,
            .timeout_ms = destinations[i].timeout_ms,
        };
        exporter_init(&source->exporter);
        reader_create(pipeline, source, &destinations[i]);
    }
}

static bool queue_create(struct pipeline *pipeline, struct record_queue *queue,
                         enum settings_signal signal)
{
    return record_queue_init(queue, &(struct record_queue_options){
                                        .settings = pipeline->settings,
                                        .signal = signal,
                                        .http = pipeline->http,
                                        .encoder = &pipeline->encoder,
                                        .spool = pipeline->spool,
                                        .random = random_next(pipeline->random),
                                    });
}

/* For records that go over a network. Metrics need none: what is cumulative says all when it next
 * gets through, and an interval of deltas grows until then. */
static struct spool *spool_make(const struct settings *settings)
{
    const uint32_t remote = EXPORTER_OTLP | EXPORTER_ZIPKIN;
    bool is_wanted = (settings->exporters[SIGNAL_TRACES] & remote) != 0 ||
                     (settings->exporters[SIGNAL_LOGS] & EXPORTER_OTLP) != 0;

    if (settings->is_disabled || !is_wanted || settings->spool.folder == NULL ||
        settings->spool.folder[0] == '\0')
        return NULL;
    return spool_create(&(struct spool_options){
        .folder = settings->spool.folder,
        .pool = settings->pool,
        .max_bytes = settings->spool.max_bytes,
        .max_age_ms = settings->spool.max_age_ms,
    });
}

static void operation_record(void *user, const struct exporter *exporter, uint64_t duration_ns,
                             const char *error_type)
{
    struct pipeline *pipeline = user;

    for (unsigned i = 0; i < pipeline->metric_count; i++)
        observe_operation(&pipeline->metrics[i].meter, exporter, duration_ns, error_type);
    if (pipeline->pull.listen != NULL)
        observe_operation(&pipeline->pull_meter, exporter, duration_ns, error_type);
}

/* Each exporter's operations are told by every reader of metrics. */
static void operations_time(struct pipeline *pipeline)
{
    struct record_queue *const queues[] = { &pipeline->spans, &pipeline->logs };

    for (unsigned queue = 0; queue < 2; queue++)
        for (unsigned i = 0; i < queues[queue]->source_count; i++) {
            queues[queue]->sources[i].exporter.timed = operation_record;
            queues[queue]->sources[i].exporter.timed_user = pipeline;
        }
    for (unsigned i = 0; i < pipeline->metric_count; i++) {
        pipeline->metrics[i].exporter.timed = operation_record;
        pipeline->metrics[i].exporter.timed_user = pipeline;
    }
}

struct pipeline *pipeline_create(const struct settings *settings,
                                 const struct otel_attribute *resource, size_t resource_count,
                                 size_t resource_early, pipeline_collect_fn collect, void *user)
{
    struct pipeline *pipeline = mem_zalloc(1, sizeof *pipeline);

    if (pipeline == NULL)
        return NULL;
    pipeline->settings = settings;
    pipeline->collect = collect;
    pipeline->collect_user = user;
    random_seed(pipeline->random);
    pipeline->http = http_create();
    pipeline->spool = spool_make(settings);
    if (pipeline->http == NULL ||
        !resource_encode(&pipeline->encoder, settings, resource, resource_count, resource_early) ||
        !queue_create(pipeline, &pipeline->spans, SIGNAL_TRACES) ||
        !queue_create(pipeline, &pipeline->logs, SIGNAL_LOGS)) {
        pipeline_destroy(pipeline);
        return NULL;
    }
    metrics_create(pipeline);
    if (!settings->omits_self_metrics)
        operations_time(pipeline);
    return pipeline;
}

void pipeline_destroy(struct pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    record_queue_release(&pipeline->spans);
    record_queue_release(&pipeline->logs);
    spool_destroy(pipeline->spool);
    for (unsigned i = 0; i < pipeline->metric_count; i++) {
        exporter_release(&pipeline->metrics[i].exporter);
        meter_release(&pipeline->metrics[i].meter);
    }
    pull_release(&pipeline->pull);
    meter_release(&pipeline->pull_meter);
    http_destroy(pipeline->http);
    encoder_release(&pipeline->encoder);
    mem_free(pipeline);
}

/* --- what comes in ---------------------------------------------------------------------------- */

void pipeline_span(struct pipeline *pipeline, const uint8_t *record, size_t size)
{
    record_queue_take(&pipeline->spans, record, size);
}

void pipeline_log(struct pipeline *pipeline, const uint8_t *record, size_t size)
{
    record_queue_take(&pipeline->logs, record, size);
}

void pipeline_measure(struct pipeline *pipeline, const struct segment_instrument *definition,
                      const uint8_t *record, size_t size)
{
    (void)size; /* the record's own, which was checked */
    for (unsigned i = 0; i < pipeline->metric_count; i++)
        meter_record(&pipeline->metrics[i].meter, definition, record, clock_wall_ns());
    if (pipeline->pull.listen != NULL)
        meter_record(&pipeline->pull_meter, definition, record, clock_wall_ns());
}

bool pipeline_has_room(const struct pipeline *pipeline, enum settings_signal signal)
{
    switch (signal) {
    case SIGNAL_TRACES:
        return record_queue_has_room(&pipeline->spans);
    case SIGNAL_LOGS:
        return record_queue_has_room(&pipeline->logs);
    case SIGNAL_METRICS:
    case SIGNAL_COUNT:
        break;
    }
    return true;
}

static void observe(struct pipeline *pipeline, const struct pipeline_observable *observable,
                    struct aggregate_number value, const struct otel_attribute *attributes,
                    size_t count)
{
    struct instrument *instrument = NULL;
    struct meter *meter = pipeline->collecting;
    struct attributes set;

    if (meter == NULL)
        return;
    instrument = meter_instrument(
        meter, &(struct meter_definition){
                   .name = observable->name,
                   .unit = observable->unit,
                   .description = observable->description,
                   .aggregate = observable->is_gauge ? AGGREGATE_LAST_VALUE : AGGREGATE_SUM,
                   .scope = observable->scope,
                   .is_monotonic = observable->is_monotonic,
                   .is_observable = true,
               });
    attributes_clear(&set);
    for (size_t i = 0; i < count; i++) {
        if (!attributes_add(&set, &attributes[i]))
            instrument = NULL; /* half a set is another set */
    }
    if (instrument == NULL || !instrument->is_observable) {
        meter->refused++;
        return;
    }
    meter_measure(meter, instrument, value, &set, meter->collect_ns);
}

void pipeline_observe_int(struct pipeline *pipeline, const struct pipeline_observable *observable,
                          int64_t value, const struct otel_attribute *attributes, size_t count)
{
    observe(pipeline, observable,
            observable->is_double ? aggregate_double((double)value) : aggregate_int(value),
            attributes, count);
}

void pipeline_observe_double(struct pipeline *pipeline,
                             const struct pipeline_observable *observable, double value,
                             const struct otel_attribute *attributes, size_t count)
{
    observe(pipeline, observable, aggregate_double(value), attributes, count);
}

/* --- collection ------------------------------------------------------------------------------- */

static void observe_self(struct pipeline *pipeline, struct meter *meter, uint64_t start_ns)
{
    observe_queue(meter, &pipeline->spans);
    observe_queue(meter, &pipeline->logs);
    observe_disk_size(meter, pipeline->spool);
    for (unsigned i = 0; i < pipeline->metric_count; i++)
        observe_exporter(meter, &pipeline->metrics[i].exporter);
    observe_pull(meter, &pipeline->pull);
    self_record_collection(meter,
                           (double)(clock_monotonic_ns() - start_ns) / (double)CLOCK_NS_PER_S);
}

static bool is_cumulative(const struct metric_source *source)
{
    return source->meter.options.temporality == METER_CUMULATIVE;
}

/* True when nothing of the last collection is left to be sent. */
static bool is_sent(struct metric_source *source)
{
    return source->meter.collection == 0 ||
           (exporter_is_idle(&source->exporter) &&
            source->cursor.collection == source->meter.collection &&
            !metric_cursor_seek(&source->cursor, &source->meter));
}

/* Begins a meter's collection, with all that is observed in it. */
static void meter_observe(struct pipeline *pipeline, struct meter *meter)
{
    uint64_t start_ns = clock_monotonic_ns();

    meter_collect(meter, clock_wall_ns());
    pipeline->collecting = meter;
    if (pipeline->collect != NULL)
        pipeline->collect(pipeline->collect_user, pipeline);
    pipeline->collecting = NULL;
    if (!pipeline->settings->omits_self_metrics)
        observe_self(pipeline, meter, start_ns);
}

static void pull_collect(void *user)
{
    struct pipeline *pipeline = user;

    meter_observe(pipeline, &pipeline->pull_meter);
}

/*
 * A cumulative body that still waits is out of date: the new one replaces it. What a delta body
 * says is said nowhere else: until it is sent its reader collects nothing, and the interval that
 * runs grows longer instead.
 */
static void collect(struct pipeline *pipeline, struct metric_source *source)
{
    if (!is_cumulative(source) && !is_sent(source))
        return;
    meter_observe(pipeline, &source->meter);
    exporter_replace(&source->exporter);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void metrics_step(struct pipeline *pipeline, uint64_t now_ns)
{
    for (unsigned i = 0; i < pipeline->metric_count; i++) {
        struct metric_source *source = &pipeline->metrics[i];

        if (!pipeline->is_ending && reader_due(&source->reader, now_ns))
            collect(pipeline, source);
        exporter_step(&source->exporter, now_ns);
        for (int n = 0; n < STEP_BODIES_MAX; n++) {
            if (!exporter_start(&source->exporter, now_ns))
                break;
        }
    }
}

static uint64_t earlier(uint64_t left_ns, uint64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

static uint64_t next_ns(const struct pipeline *pipeline, uint64_t now_ns)
{
    uint64_t next =
        earlier(record_queue_next_ns(&pipeline->spans), record_queue_next_ns(&pipeline->logs));
    long timeout_ms = http_timeout_ms(pipeline->http);

    if (timeout_ms >= 0)
        next = earlier(next, now_ns + (uint64_t)timeout_ms * CLOCK_NS_PER_MS);
    for (unsigned i = 0; i < pipeline->metric_count; i++) {
        next = earlier(next, pipeline->metrics[i].reader.next_ns);
        next = earlier(next, exporter_next_ns(&pipeline->metrics[i].exporter));
    }
    next = earlier(next, pull_next_ns(&pipeline->pull));
    next = earlier(next, spool_next_ns(pipeline->spool));
    return next > now_ns ? next : now_ns;
}

/* What is begun is sent at once, and on loopback may be answered at once: an end that came up last
 * must not wait for the next wake-up. */
uint64_t pipeline_step(struct pipeline *pipeline, uint64_t now_ns)
{
    bool has_ended = false;

    (void)http_step(pipeline->http); /* the exporters ask each of their sinks */
    pull_step(&pipeline->pull, pipeline->is_pull_ready, now_ns);
    pipeline->is_pull_ready = false;
    spool_step(pipeline->spool, now_ns);
    for (int round = 0; round < STEP_ROUNDS_MAX; round++) {
        record_queue_step(&pipeline->spans, now_ns);
        record_queue_step(&pipeline->logs, now_ns);
        metrics_step(pipeline, now_ns);
        has_ended = http_step(pipeline->http);
        if (!has_ended)
            break;
    }
    return has_ended ? now_ns : next_ns(pipeline, now_ns);
}

int pipeline_wait(struct pipeline *pipeline, struct pollfd *fds, unsigned fd_count, int timeout_ms)
{
    struct pollfd all[WAIT_FDS_MAX];
    int ready;

    if (pipeline->pull.listen == NULL || fd_count + 1 > WAIT_FDS_MAX)
        return http_wait(pipeline->http, fds, fd_count, timeout_ms);
    for (unsigned i = 0; i < fd_count; i++)
        all[i] = fds[i];
    all[fd_count] = (struct pollfd){ .fd = listen_fd(pipeline->pull.listen), .events = POLLIN };
    ready = http_wait(pipeline->http, all, fd_count + 1, timeout_ms);
    for (unsigned i = 0; i < fd_count; i++)
        fds[i].revents = all[i].revents;
    pipeline->is_pull_ready = all[fd_count].revents != 0;
    return ready;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Calls act for every exporter; true when it returned true for any. */
static bool any_exporter(struct pipeline *pipeline, bool has_metrics,
                         bool (*act)(struct exporter *exporter))
{
    struct record_queue *queues[] = { &pipeline->spans, &pipeline->logs };
    bool is_any = false;

    for (size_t q = 0; q < sizeof queues / sizeof queues[0]; q++) {
        for (unsigned i = 0; i < queues[q]->source_count; i++)
            is_any |= act(&queues[q]->sources[i].exporter);
    }
    for (unsigned i = 0; has_metrics && i < pipeline->metric_count; i++)
        is_any |= act(&pipeline->metrics[i].exporter);
    return is_any;
}

/* One more attempt for each body, at once; also for one whose present attempt will fail. */
static bool act_hurry(struct exporter *exporter)
{
    if (exporter->state == EXPORTER_SENDING)
        return false;
    exporter->is_last_attempt = true;
    exporter->retry.not_before_ns = 0;
    return false;
}

static bool act_abort(struct exporter *exporter)
{
    exporter_abort(exporter, "shutdown");
    return false;
}

static bool is_at_work(struct exporter *exporter)
{
    return exporter->state != EXPORTER_IDLE;
}

/* Steps until everything is sent or the time is over. */
static void flush(struct pipeline *pipeline, bool has_metrics, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now_ns = clock_monotonic_ns(), wake_ns, wait_ms;

        if (now_ns >= deadline_ns)
            return;
        (void)any_exporter(pipeline, true, act_hurry);
        wake_ns = pipeline_step(pipeline, now_ns);
        if (!any_exporter(pipeline, has_metrics, is_at_work) &&
            record_queue_is_empty(&pipeline->spans) && record_queue_is_empty(&pipeline->logs))
            return;
        wake_ns = earlier(wake_ns, deadline_ns);
        wait_ms = wake_ns > now_ns ? (wake_ns - now_ns) / CLOCK_NS_PER_MS + 1 : 0;
        (void)pipeline_wait(pipeline, NULL, 0, (int)earlier(wait_ms, 1000));
    }
}

/* The last interval can only follow when the one before is out of the way. */
static bool has_unsent_delta(struct pipeline *pipeline)
{
    bool is_any = false;

    for (unsigned i = 0; i < pipeline->metric_count; i++)
        is_any |= !is_cumulative(&pipeline->metrics[i]) && !is_sent(&pipeline->metrics[i]);
    return is_any;
}

void pipeline_shutdown(struct pipeline *pipeline, uint64_t deadline_ns)
{
    uint64_t now_ns = clock_monotonic_ns();

    pipeline->is_ending = pipeline->spans.is_ending = pipeline->logs.is_ending = true;
    if (deadline_ns > now_ns)
        flush(pipeline, has_unsent_delta(pipeline), now_ns + (deadline_ns - now_ns) * 3 / 4);
    /* Last, so that the counts of what was just sent are in it. */
    for (unsigned i = 0; i < pipeline->metric_count; i++)
        collect(pipeline, &pipeline->metrics[i]);
    if (pipeline->metric_count > 0)
        flush(pipeline, true, deadline_ns);
    (void)any_exporter(pipeline, true, act_abort);
    record_queue_end(&pipeline->spans);
    record_queue_end(&pipeline->logs);
}
