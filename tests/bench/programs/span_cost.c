/*
 * What a span costs the thread that makes it: 12 attributes (9 texts, 3 numbers), started, filled
 * and ended; and a whole SERVER span out of 22 FastCGI parameters, sampled and not. In bursts that
 * fit the ring, which is drained between them outside of the measured time.
 *
 *   span_cost [THREADS]    so many threads at once, each with the slot and the ring of its own
 *
 * Prints the median of the bursts in nanoseconds; of several threads, the slowest one's.
 */
#include "base/clock.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "record/hook_entry.h"
#include "record/process.h"
#include "segment/map.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 16
#define BURST 500
#define BURSTS 2000
#define PARAM(text) ((char *)(text))

static char *const PARAMS[] = {
    PARAM("FCGI_ROLE=RESPONDER"),
    PARAM("QUERY_STRING="),
    PARAM("REQUEST_METHOD=GET"),
    PARAM("CONTENT_TYPE="),
    PARAM("CONTENT_LENGTH="),
    PARAM("SCRIPT_NAME=/board/100"),
    PARAM("REQUEST_URI=/board/100"),
    PARAM("DOCUMENT_URI=/board/100"),
    PARAM("DOCUMENT_ROOT=/usr/share/nginx/html"),
    PARAM("SERVER_PROTOCOL=HTTP/1.1"),
    PARAM("REQUEST_SCHEME=http"),
    PARAM("GATEWAY_INTERFACE=CGI/1.1"),
    PARAM("SERVER_SOFTWARE=nginx/1.22.1"),
    PARAM("REMOTE_ADDR=127.0.0.1"),
    PARAM("REMOTE_PORT=54321"),
    PARAM("SERVER_ADDR=127.0.0.1"),
    PARAM("SERVER_PORT=5001"),
    PARAM("SERVER_NAME=localhost"),
    PARAM("OTEL_HTTP_ROUTE=/board/{count}"),
    PARAM("HTTP_HOST=127.0.0.1:5001"),
    PARAM("HTTP_USER_AGENT=wrk/4.1.0"),
    PARAM("HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    NULL,
};

static void span_run(void)
{
    struct otel_span *span = otel_span_start(OTEL_STR("SELECT board"), OTEL_SPAN_CLIENT);

    otel_span_set_string(span, OTEL_HTTP_REQUEST_METHOD, OTEL_STR("GET"));
    otel_span_set_string(span, OTEL_URL_PATH, OTEL_STR("/board/100"));
    otel_span_set_string(span, OTEL_URL_SCHEME, OTEL_STR("http"));
    otel_span_set_string(span, OTEL_HTTP_ROUTE, OTEL_STR("/board/{count}"));
    otel_span_set_string(span, OTEL_SERVER_ADDRESS, OTEL_STR("localhost"));
    otel_span_set_string(span, OTEL_CLIENT_ADDRESS, OTEL_STR("127.0.0.1"));
    otel_span_set_string(span, OTEL_NETWORK_PEER_ADDRESS, OTEL_STR("127.0.0.1"));
    otel_span_set_string(span, OTEL_NETWORK_PROTOCOL_VERSION, OTEL_STR("1.1"));
    otel_span_set_string(span, OTEL_USER_AGENT_ORIGINAL, OTEL_STR("wrk/4.1.0"));
    otel_span_set_int(span, OTEL_SERVER_PORT, 5001);
    otel_span_set_int(span, OTEL_NETWORK_PEER_PORT, 54321);
    otel_span_set_int(span, OTEL_HTTP_RESPONSE_STATUS_CODE, 200);
    otel_span_end(span);
}

static void request_run(void)
{
    record_request_begin(1, PARAMS);
    otel_request_set_status(200);
    record_request_end(1);
}

static int compare(const void *left, const void *right)
{
    double difference = *(const double *)left - *(const double *)right;

    return (difference > 0) - (difference < 0);
}

/* The launcher's part, without reading: of the slot that this thread has. */
static void ring_drain(struct segment *segment)
{
    int32_t tid = (int32_t)gettid();

    for (int i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        if (atomic_load(&segment->slots[i].tid) == tid)
            atomic_store(&segment->slots[i].tail, atomic_load(&segment->slots[i].head));
    }
}

struct job {
    struct segment *segment;
    void (*run)(void);
    uint64_t request; /* one open around all of it; 0: run begins its own */
    double cost_ns;
};

static void *job_run(void *user)
{
    struct job *job = user;
    double *costs_ns = calloc(BURSTS, sizeof *costs_ns);

    if (costs_ns == NULL)
        return NULL;
    if (job->request > 0)
        record_request_begin(job->request, PARAMS);
    for (int burst = 0; burst < BURSTS; burst++) {
        uint64_t start_ns = clock_monotonic_ns();

        for (int i = 0; i < BURST; i++)
            job->run();
        costs_ns[burst] = (double)(clock_monotonic_ns() - start_ns) / BURST;
        ring_drain(job->segment);
    }
    if (job->request > 0)
        record_request_end(job->request);
    qsort(costs_ns, BURSTS, sizeof costs_ns[0], compare);
    job->cost_ns = costs_ns[BURSTS / 2];
    free(costs_ns);
    return NULL;
}

static void measure(struct segment *segment, const char *what, void (*run)(void), bool has_request,
                    int thread_count)
{
    struct job jobs[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    double slowest_ns = 0;

    for (int i = 0; i < thread_count; i++) {
        jobs[i] = (struct job){ segment, run, has_request ? 100 + (uint64_t)i : 0, 0 };
        if (pthread_create(&threads[i], NULL, job_run, &jobs[i]) != 0)
            exit(1);
    }
    for (int i = 0; i < thread_count; i++) {
        pthread_join(threads[i], NULL);
        if (jobs[i].cost_ns > slowest_ns)
            slowest_ns = jobs[i].cost_ns;
    }
    (void)printf("%-32s %7.1f ns\n", what, slowest_ns);
}

int main(int argc, char **argv)
{
    int thread_count = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;
    char path[64];
    struct segment *segment = NULL;

    if (thread_count < 1 || thread_count > THREADS_MAX)
        return 2;
    (void)snprintf(path, sizeof path, "/dev/shm/span_cost.%d", (int)getpid());
    segment = segment_create(path, "bench");
    if (!segment) {
        perror(path);
        return 1;
    }
    (void)unlink(path); /* the mapping is enough */
    segment->header.config = (struct segment_config){
        .records_traces = true,
        .records_metrics = true,
        .propagators = { SEGMENT_PROPAGATOR_TRACECONTEXT, SEGMENT_PROPAGATOR_BAGGAGE },
    };
    if (!record_process_start(segment))
        return 1;
    measure(segment, "span with 12 attributes", span_run, true, thread_count);
    measure(segment, "SERVER span and its duration", request_run, false, 1);
    segment->header.config.sampling.rules[SEGMENT_PARENT_REMOTE_SAMPLED].sampler =
        SEGMENT_SAMPLER_ALWAYS_OFF;
    measure(segment, "the same, not sampled", request_run, false, 1);
    record_process_stop();
    segment_unmap(segment);
    return 0;
}
