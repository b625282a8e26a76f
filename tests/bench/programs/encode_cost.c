/*
 * Spans a core-second through the whole pipeline: queue, limits, encoding, HTTP over loopback to a
 * sink in another process, which reads, counts and answers. The CPU time is this process's alone
 * (getrusage), so the sink may share the core.
 *
 *   encode_cost [seconds [http/json|http/protobuf|grpc [gzip]]]
 */
#include "agent/pipeline/pipeline.h"
#include "base/clock.h"
#include "h2.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "segment/write.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPANS_PER_PUSH = 512 };

/* Reads requests for ever: a head, Content-Length bytes, an answer. */
static void serve_http1(int peer)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                                 "Content-Length: 2\r\n\r\n{}";
    static char bytes[1 << 20];
    size_t have = 0;

    for (;;) {
        ssize_t count = read(peer, bytes + have, sizeof bytes - 1 - have);
        char *end;
        const char *field;
        size_t head, body;

        if (count <= 0)
            return;
        have += (size_t)count;
        bytes[have] = '\0';
        end = strstr(bytes, "\r\n\r\n");
        if (end == NULL)
            continue;
        field = strcasestr(bytes, "content-length:");
        body = field ? strtoul(field + 15, NULL, 10) : 0;
        head = (size_t)(end - bytes) + 4;
        for (size_t left = head + body - have; left > 0 && left <= body; left -= (size_t)count) {
            count = read(peer, bytes, left < sizeof bytes ? left : sizeof bytes);
            if (count <= 0)
                return;
        }
        have = 0;
        if (write(peer, answer, sizeof answer - 1) < 0)
            return;
    }
}

static void serve_http2(int peer)
{
    static uint8_t bytes[1 << 18];
    struct h2 h2 = { 0 };
    size_t have = 0, taken;
    ssize_t count;

    while ((count = read(peer, bytes + have, sizeof bytes - have)) > 0) {
        have += (size_t)count;
        taken = h2_take(&h2, peer, bytes, have);
        if (taken == SIZE_MAX)
            return;
        have -= taken;
        memmove(bytes, bytes + taken, have);
    }
}

/* One connection after the other, for ever. */
static void serve(int listener, bool is_http2)
{
    for (int peer; (peer = accept(listener, NULL, NULL)) >= 0; close(peer))
        (is_http2 ? serve_http2 : serve_http1)(peer);
}

static size_t put_text(uint8_t *record, size_t used, struct otel_key key, const char *text)
{
    return record_item_put(record, RECORD_BYTES_MAX, used,
                           &(struct record_item_source){
                               .kind = RECORD_ITEM_ATTRIBUTE,
                               .type = RECORD_VALUE_STRING,
                               .key_id = key.id,
                               .key = key.text,
                               .key_length = key.id ? 0 : key.length,
                               .value = text,
                               .value_length = (uint32_t)strlen(text),
                           });
}

static size_t put_int(uint8_t *record, size_t used, struct otel_key key, int64_t value)
{
    return record_item_put(record, RECORD_BYTES_MAX, used,
                           &(struct record_item_source){
                               .kind = RECORD_ITEM_ATTRIBUTE,
                               .type = RECORD_VALUE_INT,
                               .key_id = key.id,
                               .value = &value,
                               .value_length = sizeof value,
                           });
}

/* A SERVER span as the hook on libfcgi makes it: nine texts, three numbers. */
static size_t make_span(uint8_t *record)
{
    struct record_span span = {
        .header = { .type = RECORD_SPAN, .version = RECORD_VERSION, .scope = RECORD_SCOPE_FCGI },
        .trace_id = { 0x0a, 0xf7, 0x65, 1 },
        .span_id = { 0xb7, 1 },
        .start_ns = clock_wall_ns(),
        .end_ns = clock_wall_ns() + 1000000,
        .kind = OTEL_SPAN_SERVER,
        .trace_flags = 3,
    };
    size_t used = sizeof span;

    memcpy(record, &span, sizeof span);
    used = record_item_put(record, RECORD_BYTES_MAX, used,
                           &(struct record_item_source){ .kind = RECORD_ITEM_NAME,
                                                         .type = RECORD_VALUE_STRING,
                                                         .value = "GET /board/{count}",
                                                         .value_length = 18 });
    used = put_text(record, used, OTEL_HTTP_REQUEST_METHOD, "GET");
    used = put_text(record, used, OTEL_URL_PATH, "/board/100");
    used = put_text(record, used, OTEL_URL_SCHEME, "http");
    used = put_text(record, used, OTEL_HTTP_ROUTE, "/board/{count}");
    used = put_text(record, used, OTEL_SERVER_ADDRESS, "localhost");
    used = put_text(record, used, OTEL_CLIENT_ADDRESS, "127.0.0.1");
    used = put_text(record, used, OTEL_NETWORK_PEER_ADDRESS, "127.0.0.1");
    used = put_text(record, used, OTEL_NETWORK_PROTOCOL_VERSION, "1.1");
    used = put_text(record, used, OTEL_USER_AGENT_ORIGINAL, "Mozilla/5.0 (X11; Linux x86_64)");
    used = put_int(record, used, OTEL_SERVER_PORT, 5001);
    used = put_int(record, used, OTEL_NETWORK_PEER_PORT, 43210);
    used = put_int(record, used, OTEL_HTTP_RESPONSE_STATUS_CODE, 200);
    ((struct record_header *)record)->size = (uint32_t)used;
    return used;
}

static double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Memory of its own, in KB, as /proc tells it. */
static long memory_kb(void)
{
    char line[128];
    long kb = -1;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtol(line + 8, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
    return kb;
}

/* Pushes for so long; returns the number of spans that the pipeline took. */
static uint64_t run(struct pipeline *pipeline, double seconds)
{
    _Alignas(8) static uint8_t record[RECORD_BYTES_MAX];
    size_t size = make_span(record);
    uint64_t end_ns = clock_monotonic_ns() + (uint64_t)(seconds * 1e9), pushed = 0, now_ns;

    while ((now_ns = clock_monotonic_ns()) < end_ns) {
        uint64_t next_ns;

        for (int i = 0; i < SPANS_PER_PUSH && pipeline_has_room(pipeline, SIGNAL_TRACES); i++) {
            pipeline_span(pipeline, record, size);
            pushed++;
        }
        next_ns = pipeline_step(pipeline, now_ns);
        if (next_ns > now_ns && !pipeline_has_room(pipeline, SIGNAL_TRACES))
            pipeline_wait(pipeline, NULL, 0, 10);
    }
    return pushed;
}

static enum settings_protocol protocol_of(const char *name)
{
    return strcmp(name, "grpc") == 0            ? PROTOCOL_GRPC
           : strcmp(name, "http/protobuf") == 0 ? PROTOCOL_HTTP_PROTOBUF
                                                : PROTOCOL_HTTP_JSON;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 3, began, took;
    enum settings_protocol protocol = argc > 2 ? protocol_of(argv[2]) : PROTOCOL_HTTP_JSON;
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t address_size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    char endpoint[64];
    struct settings settings = {
        .service_name = (char *)"bench",
        .resource_attributes = (char *)"",
        .pool = (char *)"bench",
        .file_dir = (char *)"",
        .exporters = { [SIGNAL_TRACES] = EXPORTER_OTLP },
        .span_batch = { 5000, 30000, 2048, 512 },
        .log_batch = { 1000, 30000, 2048, 512 },
        .metric_interval_ms = 60000,
        .limits = { 128, SETTINGS_NO_LIMIT, 128, 128, 128, 128, 128, SETTINGS_NO_LIMIT },
    };
    struct pipeline_books books;
    struct pipeline *pipeline;
    uint64_t pushed;
    long memory;
    pid_t sink;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &address_size) != 0)
        return 1;
    sink = fork();
    if (sink == 0) {
        serve(listener, protocol == PROTOCOL_GRPC);
        _exit(0);
    }
    close(listener);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/v1/traces", ntohs(address.sin_port));
    for (int i = 0; i < SIGNAL_COUNT; i++)
        settings.otlp[i] = (struct settings_otlp){
            .endpoint = endpoint,
            .headers = (char *)"",
            .certificate = (char *)"",
            .client_certificate = (char *)"",
            .client_key = (char *)"",
            .protocol = protocol,
            .compression = argc > 3 ? COMPRESSION_GZIP : COMPRESSION_NONE,
            .timeout_ms = 10000,
        };
    pipeline = pipeline_create(&settings, NULL, 0, 0, NULL, NULL);
    if (pipeline == NULL)
        return 1;
    began = cpu_s();
    pushed = run(pipeline, seconds);
    memory = memory_kb();
    pipeline_shutdown(pipeline, clock_monotonic_ns() + 2 * CLOCK_NS_PER_S);
    took = cpu_s() - began;
    pipeline_books(pipeline, SIGNAL_TRACES, &books);
    printf("%.0f spans a core-second: %llu pushed, %llu exported, %llu failed, %llu dropped, "
           "%.2f s of CPU, %ld KB\n",
           (double)books.exported / took, (unsigned long long)pushed,
           (unsigned long long)books.exported, (unsigned long long)books.failed,
           (unsigned long long)books.dropped, took, memory);
    pipeline_destroy(pipeline);
    kill(sink, SIGKILL);
    waitpid(sink, NULL, 0);
    return books.exported == pushed ? 0 : 1;
}
