/*
 * What the page at / costs, in instructions: view_cost PART COUNT runs COUNT requests as the
 * service records them (a SERVER span, two statements, a log line, two measurements) and does with
 * them what PART says. Run it under a counter of instructions; what one part costs is the
 * difference to the one before it.
 *
 *   record    the request alone, its ring emptied
 *   queue     and its time before the worker, as attribute and histogram
 *   shown     and what else only the page reads: what the thread does, the time of writing
 *   launcher  and, on the other side of the ring, all that the launcher gathers and publishes
 */
#include "agent/view/watch.h"
#include "base/clock.h"
#include "otel/log.h"
#include "otel/metric.h"
#include "otel/request.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "record/hook_entry.h"
#include "record/process.h"
#include "segment/map.h"
#include "segment/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum part { RECORD, QUEUE, SHOWN, LAUNCHER };

/* At 5,000 requests a second: the busy launcher looks each millisecond, publishes each half second.
 */
enum { REQUESTS_PER_PASS = 5, REQUESTS_PER_PUBLISH = 2500 };

#define PARAM(text) ((char *)(text))

static char *const PARAMS[] = {
    PARAM("REQUEST_METHOD=GET"),
    PARAM("QUERY_STRING="),
    PARAM("DOCUMENT_URI=/board/100"),
    PARAM("SERVER_PROTOCOL=HTTP/1.1"),
    PARAM("REQUEST_SCHEME=http"),
    PARAM("REMOTE_ADDR=127.0.0.1"),
    PARAM("REMOTE_PORT=54321"),
    PARAM("SERVER_PORT=5001"),
    PARAM("SERVER_NAME=localhost"),
    PARAM("OTEL_HTTP_ROUTE=/board/{count}"),
    PARAM("HTTP_HOST=127.0.0.1:5001"),
    PARAM("HTTP_USER_AGENT=wrk/4.1.0"),
    NULL,
};

static void statement_run(struct otel_str name, struct otel_str text)
{
    struct otel_span *span = otel_span_start(name, OTEL_SPAN_CLIENT);

    otel_span_set_string(span, OTEL_DB_SYSTEM_NAME, OTEL_STR("sqlite"));
    otel_span_set_string(span, OTEL_DB_QUERY_SUMMARY, name);
    otel_span_set_string(span, OTEL_DB_QUERY_TEXT, text);
    otel_span_set_int(span, OTEL_DB_RESPONSE_RETURNED_ROWS, 100);
    otel_span_end(span);
}

static void request_run(enum part part, const struct otel_instrument *queue_time)
{
    if (part >= SHOWN)
        otel_request_activity(OTEL_ACTIVITY_READING);
    record_request_begin(1, PARAMS);
    if (part >= QUEUE) {
        otel_span_set_int(otel_request_span(), OTEL_KEY("board.queue_time"), 0);
        otel_measure_int(queue_time, 0, NULL, 0);
    }
    if (part >= SHOWN)
        otel_request_activity(OTEL_ACTIVITY_WORKING);
    statement_run(OTEL_STR("SELECT board"), OTEL_STR("SELECT seq, title FROM board LIMIT ?"));
    statement_run(OTEL_STR("INSERT log_api"), OTEL_STR("INSERT INTO log_api VALUES (?, ?, ?)"));
    otel_log(OTEL_SEVERITY_INFO, OTEL_STR("GET /board/100"), NULL, 0);
    if (part >= SHOWN) {
        otel_request_activity(OTEL_ACTIVITY_WRITING);
        otel_span_set_double(otel_request_span(), OTEL_KEY("board.write_time"), 0.02);
    }
    otel_request_set_status(200);
    record_request_end(1);
    if (part >= SHOWN)
        otel_request_activity(OTEL_ACTIVITY_IDLE);
}

/* The launcher's way through a ring; without a watch it only empties it. */
static void ring_drain(struct segment *segment, struct watch *watch)
{
    static uint8_t record[RECORD_BYTES_MAX];
    struct segment_slot *slot = &segment->slots[0];
    size_t size = 0;

    while (ring_read(slot, record, &size) == RING_RECORD) {
        const struct record_measurement *measurement = (const void *)record;

        if (watch != NULL && measurement->header.type == RECORD_MEASUREMENT)
            watch_measure(watch, &segment->instruments[measurement->instrument], record, size);
        else if (watch != NULL)
            watch_record(watch, record, size);
        ring_release(slot, size);
    }
}

static void run(struct segment *segment, enum part part, long count)
{
    static struct watch watch;
    struct watch *taken = part == LAUNCHER ? &watch : NULL;
    const struct otel_instrument *queue_time =
        otel_instrument_create(&(struct otel_instrument_options){
            .kind = OTEL_HISTOGRAM, .name = OTEL_STR("board.queue_time"), .unit = OTEL_STR("ms") });

    if (!watch_init(&watch, segment))
        return;
    for (long i = 1; i <= count; i++) {
        request_run(part, queue_time);
        if (i % REQUESTS_PER_PASS != 0)
            continue;
        ring_drain(segment, taken);
        if (taken != NULL)
            watch_pass(taken, clock_wall_ns());
        if (taken != NULL && i % REQUESTS_PER_PUBLISH == 0)
            watch_publish(taken);
    }
    watch_release(&watch);
}

int main(int argc, char **argv)
{
    static const char *const PARTS[] = { "record", "queue", "shown", "launcher" };
    char path[64];
    struct segment *segment = NULL;
    int part = 0;

    while (part < 4 && (argc != 3 || strcmp(PARTS[part], argv[1]) != 0))
        part++;
    (void)snprintf(path, sizeof path, "/dev/shm/view_cost.%d", (int)getpid());
    segment = part < 4 ? segment_create(path, "bench") : NULL;
    if (!segment) {
        fprintf(stderr, "view_cost record|queue|shown|launcher COUNT\n");
        return 2;
    }
    (void)unlink(path); /* the mapping is enough */
    segment->header.config = (struct segment_config){
        .records_traces = true,
        .records_metrics = true,
        .records_logs = true,
    }; /* sampling: all zero is always on */
    if (!record_process_start(segment))
        return 1;
    run(segment, (enum part)part, strtol(argv[2], NULL, 10));
    record_process_stop();
    segment_unmap(segment);
    return 0;
}
