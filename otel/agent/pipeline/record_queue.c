#include "agent/pipeline/record_queue.h"

#include "agent/report.h"
#include "agent/spool/chunk.h"
#include "base/clock.h"
#include "base/mem.h"

enum {
    RECORD_BYTES_USUAL = 2048, /* a queue's bytes: so many for each of its records */
    QUEUE_BYTES_MIN = 1024 * 1024,
    BATCH_BYTES_MAX = 1024 * 1024, /* of records in one body: JSON is 2 to 6 times that */
    STEP_BODIES_MAX = 4,           /* begun for one exporter in one step */
    END_MS = 150,                  /* for what is left at the end: more than most disks need */
};

/* --- what an exporter draws from -----------------------------------------------------------------
 */

/* When fresh records are due: 0 for at once, UINT64_MAX for not. */
static uint64_t fresh_due_ns(const struct record_source *source)
{
    uint32_t waiting = batch_waiting(&source->queue->batch, source->reader);

    if (waiting == 0)
        return UINT64_MAX;
    if (waiting >= source->queue->batch_size_max || source->is_immediate ||
        source->queue->is_ending)
        return 0;
    return source->due_ns != 0 ? source->due_ns : UINT64_MAX;
}

/* The end is for what is only in memory. */
static uint64_t disk_due_ns(const struct record_source *source)
{
    return source->queue->is_ending ? UINT64_MAX : overflow_due_ns(&source->overflow);
}

/* In turn while both are due; a receiver that failed is tried with what is oldest. */
static bool wants_disk(const struct record_source *source)
{
    uint64_t now_ns = source->queue->now_ns;

    return disk_due_ns(source) <= now_ns &&
           (fresh_due_ns(source) > now_ns || !source->overflow.is_from_disk ||
            exporter_is_backing_off(&source->exporter));
}

static uint32_t record_fill(void *user, struct buf *body)
{
    struct record_source *source = user;
    struct record_queue *queue = source->queue;
    const uint8_t *const *records = NULL;
    uint32_t count = 0;

    if (wants_disk(source))
        count = overflow_next(&source->overflow, &records, &source->exporter.is_doubtful,
                              queue->now_ns);
    if (count > 0) {
        source->encode(queue->encoder, &queue->limits, records, count, body);
        return count;
    }
    if (fresh_due_ns(source) > queue->now_ns)
        return 0;
    count = batch_peek(&queue->batch, source->reader, queue->records, queue->batch_size_max,
                       BATCH_BYTES_MAX);
    source->encode(queue->encoder, &queue->limits, queue->records, count, body);
    overflow_keep(&source->overflow, queue->records, count);
    batch_advance(&queue->batch, source->reader, count);
    return count;
}

static void record_settled(void *user)
{
    struct record_source *source = user;

    overflow_settled(&source->overflow, source->queue->now_ns);
}

static bool record_put_back(void *user, bool is_doubtful)
{
    struct record_source *source = user;

    return overflow_put_back(&source->overflow, is_doubtful, source->queue->now_ns);
}

/* Those of the body that are in memory alone. */
static uint32_t fresh_in_body(const struct record_source *source)
{
    return source->overflow.is_from_disk ? 0 : source->exporter.item_count;
}

static void record_waiting(const void *user, struct exporter_backlog *out)
{
    const struct record_source *source = user;
    const struct overflow *overflow = &source->overflow;

    out->held = batch_waiting(&source->queue->batch, source->reader) + fresh_in_body(source);
    out->capacity = source->queue->batch.count_max;
    out->on_disk = spool_counts(overflow->spool, overflow->lane).records;
}

/* --- life ------------------------------------------------------------------------------------- */

static struct limits limits_of(const struct settings_limits *limits, enum settings_signal signal)
{
    if (signal == SIGNAL_LOGS)
        return (struct limits){
            .attribute_count = limits->log_attribute_count,
            .value_length = limits->log_attribute_value_length,
        };
    return (struct limits){
        .attribute_count = limits->span_attribute_count,
        .value_length = limits->span_attribute_value_length,
        .event_count = limits->span_event_count,
        .link_count = limits->span_link_count,
        .event_attribute_count = limits->event_attribute_count,
        .link_attribute_count = limits->link_attribute_count,
    };
}

/* Files and the console are as good as the disk that a spool would be on. */
static bool lane_of(const struct destination *destination, enum settings_signal signal,
                    enum spool_lane *out)
{
    if (destination->exporter == EXPORTER_OTLP)
        *out = signal == SIGNAL_TRACES ? SPOOL_TRACES_OTLP : SPOOL_LOGS_OTLP;
    else if (destination->exporter == EXPORTER_ZIPKIN && signal == SIGNAL_TRACES)
        *out = SPOOL_TRACES_ZIPKIN;
    else
        return false;
    return true;
}

void record_queue_add(struct record_queue *queue, const struct destination *destination,
                      const struct record_queue_options *options)
{
    struct record_source *source = &queue->sources[queue->source_count++];
    enum spool_lane lane = SPOOL_TRACES_OTLP;
    bool has_lane = lane_of(destination, options->signal, &lane);

    source->queue = queue;
    source->reader = batch_reader_add(&queue->batch);
    source->encode = destination->format.records;
    source->is_immediate = destination->is_immediate;
    source->exporter = (struct exporter){
        .type = destination->type,
        .item = options->signal == SIGNAL_TRACES ? SELF_SPAN : SELF_LOG,
        .sink = destination->sink,
        .fill = record_fill,
        .waiting = record_waiting,
        .settled = record_settled,
        .put_back = record_put_back,
        .source = source,
        .timeout_ms = destination->timeout_ms,
    };
    exporter_init(&source->exporter);
    overflow_init(&source->overflow, has_lane ? options->spool : NULL, lane);
}

bool record_queue_init(struct record_queue *queue, const struct record_queue_options *options)
{
    const struct settings *settings = options->settings;
    bool is_traces = options->signal == SIGNAL_TRACES;
    const struct settings_batch *batch = is_traces ? &settings->span_batch : &settings->log_batch;
    struct destination destinations[DESTINATIONS_MAX];
    unsigned count;
    size_t bytes_max = (size_t)batch->queue_size_max * RECORD_BYTES_USUAL;

    *queue = (struct record_queue){
        .encoder = options->encoder,
        .limits = limits_of(&settings->limits, options->signal),
        .delay_ns = batch->schedule_delay_ms * CLOCK_NS_PER_MS,
        .batch_size_max = batch->batch_size_max > 0 ? batch->batch_size_max : 1,
    };
    queue->first_cut_ns = options->random % (queue->delay_ns / 2 + 1);
    batch_init(&queue->batch, batch->queue_size_max,
               bytes_max > QUEUE_BYTES_MIN ? bytes_max : QUEUE_BYTES_MIN);
    queue->records = mem_zalloc(queue->batch_size_max, sizeof queue->records[0]);
    if (queue->records == NULL)
        return false;
    count = destinations_create(settings, options->signal, options->http, destinations);
    for (unsigned i = 0; i < count; i++)
        record_queue_add(queue, &destinations[i], options);
    return true;
}

void record_queue_release(struct record_queue *queue)
{
    for (unsigned i = 0; i < queue->source_count; i++) {
        exporter_release(&queue->sources[i].exporter);
        overflow_release(&queue->sources[i].overflow);
    }
    batch_release(&queue->batch);
    mem_free(queue->records);
}

/* --- in ----------------------------------------------------------------------------------------
 */

/* The next batch goes to disk; false: it could not. */
static bool source_spool(struct record_source *source)
{
    struct record_queue *queue = source->queue;
    uint32_t count_max =
        queue->batch_size_max < CHUNK_RECORDS_MAX ? queue->batch_size_max : CHUNK_RECORDS_MAX;
    uint32_t count;

    if (!overflow_is_usable(&source->overflow))
        return false;
    count = batch_peek(&queue->batch, source->reader, queue->records, count_max, BATCH_BYTES_MAX);
    if (!overflow_put(&source->overflow, queue->records, count, false))
        return false;
    batch_advance(&queue->batch, source->reader, count);
    return true;
}

/* True when every exporter that keeps the queue full has a receiver that takes nothing now, or
 * (`may_spool`) a disk. */
static bool queue_can_make_room(const struct record_queue *queue, bool may_spool)
{
    uint32_t held = batch_held(&queue->batch);

    for (unsigned i = 0; i < queue->source_count; i++) {
        const struct record_source *source = &queue->sources[i];

        if (batch_waiting(&queue->batch, source->reader) == held &&
            !exporter_is_backing_off(&source->exporter) &&
            !(may_spool && overflow_is_usable(&source->overflow)))
            return false;
    }
    return queue->source_count > 0;
}

/* The body that waits for another attempt, and the next batch behind it, which is not even encoded:
 * in an outage at full load that would be most of the work. A body from disk takes no room here. */
static void source_give_up(struct record_source *source)
{
    struct record_queue *queue = source->queue;
    uint32_t waiting = batch_waiting(&queue->batch, source->reader);
    uint32_t count = waiting < queue->batch_size_max ? waiting : queue->batch_size_max;

    if (fresh_in_body(source) > 0)
        exporter_give_up(&source->exporter);
    exporter_skip(&source->exporter, count);
    batch_advance(&queue->batch, source->reader, count);
}

/* The oldest go: to disk, or where that cannot be, for good. */
static void queue_make_room(struct record_queue *queue)
{
    uint32_t held = batch_held(&queue->batch);

    for (unsigned i = 0; i < queue->source_count; i++) {
        struct record_source *source = &queue->sources[i];

        if (batch_waiting(&queue->batch, source->reader) == held && !source_spool(source) &&
            exporter_is_backing_off(&source->exporter))
            source_give_up(source);
    }
}

void record_queue_take(struct record_queue *queue, const uint8_t *record, size_t size)
{
    if (!batch_has_room(&queue->batch) && queue_can_make_room(queue, true))
        queue_make_room(queue);
    (void)batch_push(&queue->batch, record, size); /* counts what it drops */
}

bool record_queue_has_room(const struct record_queue *queue)
{
    return queue->source_count == 0 || batch_has_room(&queue->batch) ||
           queue_can_make_room(queue, false);
}

bool record_queue_is_empty(const struct record_queue *queue)
{
    return batch_held(&queue->batch) == 0;
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static uint64_t earlier(uint64_t left_ns, uint64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

/* Starts the delay of what has come since the last export. */
static void source_arm(struct record_source *source, uint64_t now_ns)
{
    struct record_queue *queue = source->queue;

    if (source->due_ns != 0 || batch_waiting(&queue->batch, source->reader) == 0)
        return;
    source->due_ns = now_ns + queue->delay_ns - queue->first_cut_ns;
    queue->first_cut_ns = 0;
}

/* True when what is fresh goes to disk and not to the exporter. */
static bool is_spooling(const struct record_source *source)
{
    return source->overflow.is_open && overflow_is_usable(&source->overflow);
}

/* While the receiver takes nothing: all that would be sent is put, the oldest first. */
static void source_overflow(struct record_source *source, uint64_t now_ns)
{
    struct batch *batch = &source->queue->batch;
    const struct overflow_state state = {
        .is_failing = source->exporter.retry.failures > 0,
        .is_half_full = batch_waiting(batch, source->reader) >= batch->count_max / 2,
        .is_ending = source->queue->is_ending,
    };

    bool was_open = source->overflow.is_open;

    overflow_watch(&source->overflow, &state, now_ns);
    if (source->overflow.is_from_disk || is_spooling(source))
        (void)exporter_put_back(&source->exporter); /* or it waits on, and is tried again */
    if (!is_spooling(source))
        return;
    if (!was_open)
        report_info("%s: telemetry waits on disk until it is taken again", source->exporter.type);
    for (int n = 0; n < STEP_BODIES_MAX && fresh_due_ns(source) <= now_ns; n++) {
        if (!source_spool(source))
            break;
        source->due_ns = 0;
        source_arm(source, now_ns);
    }
}

static void source_start(struct record_source *source, uint64_t now_ns)
{
    for (int n = 0; n < STEP_BODIES_MAX; n++) {
        if (earlier(fresh_due_ns(source), disk_due_ns(source)) > now_ns ||
            !exporter_start(&source->exporter, now_ns))
            return;
        if (source->overflow.is_from_disk)
            continue;
        source->due_ns = 0;
        source_arm(source, now_ns);
    }
}

void record_queue_step(struct record_queue *queue, uint64_t now_ns)
{
    queue->now_ns = now_ns;
    for (unsigned i = 0; i < queue->source_count; i++) {
        struct record_source *source = &queue->sources[i];

        exporter_step(&source->exporter, now_ns);
        source_arm(source, now_ns);
        source_overflow(source, now_ns);
        source_start(source, now_ns);
    }
}

uint64_t record_queue_next_ns(const struct record_queue *queue)
{
    uint64_t next_ns = UINT64_MAX;

    for (unsigned i = 0; i < queue->source_count; i++) {
        const struct record_source *source = &queue->sources[i];
        uint64_t due_ns = earlier(fresh_due_ns(source), disk_due_ns(source));
        uint64_t not_before_ns = source->exporter.retry.not_before_ns;

        next_ns = earlier(next_ns, exporter_next_ns(&source->exporter));
        if (is_spooling(source))
            next_ns = earlier(next_ns, fresh_due_ns(source));
        if (source->exporter.state == EXPORTER_IDLE)
            next_ns = earlier(next_ns, due_ns > not_before_ns ? due_ns : not_before_ns);
    }
    return next_ns;
}

void record_queue_end(struct record_queue *queue)
{
    uint64_t end_ns = clock_monotonic_ns() + END_MS * CLOCK_NS_PER_MS;

    for (unsigned i = 0; i < queue->source_count; i++) {
        struct record_source *source = &queue->sources[i];
        uint32_t waiting;

        while (clock_monotonic_ns() < end_ns && source_spool(source))
            continue;
        waiting = batch_waiting(&queue->batch, source->reader);
        source->exporter.failed += waiting;
        self_error_add(&source->exporter.errors, "shutdown", waiting);
        batch_advance(&queue->batch, source->reader, waiting);
    }
}

/* A record that goes to several destinations counts once: by the first of them. */
void record_queue_books(const struct record_queue *queue, struct pipeline_books *out)
{
    const struct record_source *first = &queue->sources[0];
    struct spool_counts disk;

    *out = (struct pipeline_books){ .dropped = queue->batch.dropped };
    if (queue->source_count == 0)
        return;
    disk = spool_counts(first->overflow.spool, first->overflow.lane);
    out->exported = first->exporter.exported;
    out->failed = first->exporter.failed;
    out->queued = fresh_in_body(first) + batch_waiting(&queue->batch, first->reader);
    out->spooled = disk.records;
    out->found = disk.found;
    for (int loss = 0; loss < SPOOL_LOSS_COUNT; loss++)
        out->dropped += disk.lost[loss];
}
