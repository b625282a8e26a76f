#include "agent/pipeline/record_queue.h"

#include "base/clock.h"
#include "base/mem.h"

enum {
    RECORD_BYTES_USUAL = 2048, /* a queue's bytes: so many for each of its records */
    QUEUE_BYTES_MIN = 1024 * 1024,
    BATCH_BYTES_MAX = 1024 * 1024, /* of records in one body: JSON is 2 to 6 times that */
    STEP_BODIES_MAX = 4,           /* begun for one exporter in one step */
};

static uint32_t record_fill(void *user, struct buf *body)
{
    struct record_source *source = user;
    struct record_queue *queue = source->queue;
    uint32_t count = batch_peek(&queue->batch, source->reader, queue->records,
                                queue->batch_size_max, BATCH_BYTES_MAX);

    if (count == 0)
        return 0;
    source->encode(queue->encoder, &queue->limits, queue->records, count, body);
    batch_advance(&queue->batch, source->reader, count);
    return count;
}

static void record_waiting(const void *user, uint32_t *held, uint32_t *capacity)
{
    const struct record_source *source = user;

    *held = batch_waiting(&source->queue->batch, source->reader) + source->exporter.item_count;
    *capacity = source->queue->batch.count_max;
}

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

static void source_init(struct record_source *source, struct record_queue *queue,
                        const struct destination *destination, enum self_item item)
{
    source->queue = queue;
    source->reader = batch_reader_add(&queue->batch);
    source->encode = destination->format.records;
    source->is_immediate = destination->is_immediate;
    source->exporter = (struct exporter){
        .type = destination->type,
        .item = item,
        .sink = destination->sink,
        .fill = record_fill,
        .waiting = record_waiting,
        .source = source,
        .timeout_ms = destination->timeout_ms,
    };
    exporter_init(&source->exporter);
}

bool record_queue_init(struct record_queue *queue, const struct record_queue_options *options)
{
    const struct settings *settings = options->settings;
    bool is_traces = options->signal == SIGNAL_TRACES;
    const struct settings_batch *batch = is_traces ? &settings->span_batch : &settings->log_batch;
    struct destination destinations[DESTINATIONS_MAX];
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
    queue->source_count =
        destinations_create(settings, options->signal, options->http, destinations);
    for (unsigned i = 0; i < queue->source_count; i++)
        source_init(&queue->sources[i], queue, &destinations[i], is_traces ? SELF_SPAN : SELF_LOG);
    return true;
}

void record_queue_release(struct record_queue *queue)
{
    for (unsigned i = 0; i < queue->source_count; i++)
        exporter_release(&queue->sources[i].exporter);
    batch_release(&queue->batch);
    mem_free(queue->records);
}

/* True when every exporter that keeps the queue full has a receiver that takes nothing now. */
static bool queue_can_make_room(const struct record_queue *queue)
{
    uint32_t held = batch_held(&queue->batch);

    for (unsigned i = 0; i < queue->source_count; i++) {
        const struct record_source *source = &queue->sources[i];

        if (batch_waiting(&queue->batch, source->reader) == held &&
            !exporter_is_backing_off(&source->exporter))
            return false;
    }
    return queue->source_count > 0;
}

/* Gives the oldest up: the body that waits for another attempt, and the next batch behind it,
 * which is not even encoded: in an outage at full load that would be most of the work. */
static void queue_make_room(struct record_queue *queue)
{
    uint32_t held = batch_held(&queue->batch);

    for (unsigned i = 0; i < queue->source_count; i++) {
        struct record_source *source = &queue->sources[i];
        uint32_t waiting = batch_waiting(&queue->batch, source->reader);
        uint32_t count = waiting < queue->batch_size_max ? waiting : queue->batch_size_max;

        if (waiting != held)
            continue;
        exporter_give_up(&source->exporter);
        exporter_skip(&source->exporter, count);
        batch_advance(&queue->batch, source->reader, count);
    }
}

void record_queue_take(struct record_queue *queue, const uint8_t *record, size_t size)
{
    if (!batch_has_room(&queue->batch) && queue_can_make_room(queue))
        queue_make_room(queue);
    (void)batch_push(&queue->batch, record, size); /* counts what it drops */
}

bool record_queue_has_room(const struct record_queue *queue)
{
    return queue->source_count == 0 || batch_has_room(&queue->batch) || queue_can_make_room(queue);
}

bool record_queue_is_empty(const struct record_queue *queue)
{
    return batch_held(&queue->batch) == 0;
}

/* When the source's exporter shall begin its next body: 0 for at once, UINT64_MAX for not. */
static uint64_t source_due_ns(const struct record_source *source)
{
    uint32_t waiting = batch_waiting(&source->queue->batch, source->reader);

    if (waiting == 0)
        return UINT64_MAX;
    if (waiting >= source->queue->batch_size_max || source->is_immediate ||
        source->queue->is_ending)
        return 0;
    return source->due_ns != 0 ? source->due_ns : UINT64_MAX;
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

void record_queue_step(struct record_queue *queue, uint64_t now_ns)
{
    for (unsigned i = 0; i < queue->source_count; i++) {
        struct record_source *source = &queue->sources[i];

        exporter_step(&source->exporter, now_ns);
        source_arm(source, now_ns);
        for (int n = 0; n < STEP_BODIES_MAX && source_due_ns(source) <= now_ns; n++) {
            if (!exporter_start(&source->exporter, now_ns))
                break;
            source->due_ns = 0;
            source_arm(source, now_ns);
        }
    }
}

static uint64_t earlier(uint64_t left_ns, uint64_t right_ns)
{
    return left_ns < right_ns ? left_ns : right_ns;
}

uint64_t record_queue_next_ns(const struct record_queue *queue)
{
    uint64_t next_ns = UINT64_MAX;

    for (unsigned i = 0; i < queue->source_count; i++) {
        const struct record_source *source = &queue->sources[i];
        uint64_t due_ns = source_due_ns(source);
        uint64_t not_before_ns = source->exporter.retry.not_before_ns;

        next_ns = earlier(next_ns, exporter_next_ns(&source->exporter));
        if (source->exporter.state == EXPORTER_IDLE)
            next_ns = earlier(next_ns, due_ns > not_before_ns ? due_ns : not_before_ns);
    }
    return next_ns;
}

void record_queue_fail_rest(struct record_queue *queue)
{
    for (unsigned i = 0; i < queue->source_count; i++) {
        struct record_source *source = &queue->sources[i];
        uint32_t waiting = batch_waiting(&queue->batch, source->reader);

        source->exporter.failed += waiting;
        self_error_add(&source->exporter.errors, "shutdown", waiting);
        batch_advance(&queue->batch, source->reader, waiting);
    }
}

/* A record that goes to several destinations counts once: by the first of them. */
void record_queue_books(const struct record_queue *queue, struct pipeline_books *out)
{
    const struct record_source *first = &queue->sources[0];

    *out = (struct pipeline_books){ .dropped = queue->batch.dropped };
    if (queue->source_count == 0)
        return;
    out->exported = first->exporter.exported;
    out->failed = first->exporter.failed;
    out->queued = first->exporter.item_count + batch_waiting(&queue->batch, first->reader);
}
