/* The HTTP sink against a receiver that misbehaves, one scripted way a test. The receiver is a
 * thread on loopback; time-outs are short, so nothing here waits for long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/http_sink.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 300, REQUEST_BYTES = 1 << 16 };

struct script {
    const char *answer; /* NULL: none */
    size_t filler;      /* bytes that follow it */
    bool is_kept;       /* the connection stays for another request */
    bool hangs;         /* neither answers nor closes until the test is over */
    bool is_reset;      /* closes with a reset */
    unsigned slowly_ms; /* between two bytes of the answer */
};

static struct receiver {
    pthread_t thread;
    int listener;
    uint16_t port;
    struct script script;
    atomic_bool is_over;
    atomic_uint connections;
    atomic_uint requests;
    char request[REQUEST_BYTES]; /* the last one's head; read it after the answer came */
} receiver;

static struct http *http;
static struct sink *sink;

/* Reads one request; false when the peer is gone. */
static bool request_read(int peer)
{
    static char bytes[REQUEST_BYTES];
    size_t have = 0, body;
    const char *field;
    char *end = NULL;

    while (end == NULL) {
        ssize_t count = read(peer, bytes + have, sizeof bytes - 1 - have);
        if (count <= 0)
            return false;
        have += (size_t)count;
        bytes[have] = '\0';
        end = strstr(bytes, "\r\n\r\n");
    }
    field = strcasestr(bytes, "content-length:");
    body = field ? strtoul(field + 15, NULL, 10) : 0;
    for (size_t whole = (size_t)(end - bytes) + 4 + body; have < whole;) {
        ssize_t count = read(peer, bytes + have, sizeof bytes - 1 - have);
        if (count <= 0)
            return false;
        have += (size_t)count;
        bytes[have] = '\0';
    }
    memcpy(receiver.request, bytes, sizeof bytes);
    return true;
}

static void answer_write(int peer, const struct script *script)
{
    static char filler[1 << 16];
    size_t length = strlen(script->answer), step = script->slowly_ms ? 1 : length;

    for (size_t at = 0; at < length && !receiver.is_over; at += step) {
        if (send(peer, script->answer + at, step, MSG_NOSIGNAL) < 0)
            return;
        if (script->slowly_ms)
            (void)poll(NULL, 0, (int)script->slowly_ms);
    }
    for (size_t left = script->filler; left > 0;) {
        ssize_t count =
            send(peer, filler, left < sizeof filler ? left : sizeof filler, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        left -= (size_t)count;
    }
}

static void serve(int peer)
{
    const struct script *script = &receiver.script;
    struct linger reset = { .l_onoff = 1, .l_linger = 0 };

    while (request_read(peer)) {
        receiver.requests++;
        while (script->hangs && !receiver.is_over)
            (void)poll(NULL, 0, 5);
        if (script->answer != NULL)
            answer_write(peer, script);
        if (!script->is_kept)
            break;
    }
    if (script->is_reset)
        (void)setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(peer);
}

static void *receiver_run(void *unused)
{
    (void)unused;
    while (!receiver.is_over) {
        struct pollfd wait = { .fd = receiver.listener, .events = POLLIN };
        int peer;

        if (poll(&wait, 1, 10) <= 0)
            continue;
        peer = accept(receiver.listener, NULL, NULL);
        if (peer < 0)
            continue;
        receiver.connections++;
        serve(peer);
    }
    return NULL;
}

static void listen_start(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(&receiver, 0, sizeof receiver);
    receiver.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(receiver.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(receiver.listener, 16), 0);
    assert_int_equal(getsockname(receiver.listener, (struct sockaddr *)&address, &size), 0);
    receiver.port = ntohs(address.sin_port);
}

static void begin(struct script script, const char *headers, enum pack_format compression)
{
    char url[64];
    unsigned bad_headers = 0;

    listen_start();
    receiver.script = script;
    assert_int_equal(pthread_create(&receiver.thread, NULL, receiver_run, NULL), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/traces", receiver.port);
    http = http_create();
    assert_non_null(http);
    sink = http_sink_create(http,
                            &(struct http_options){
                                .url = url,
                                .headers = headers,
                                .certificate = "",
                                .client_certificate = "",
                                .client_key = "",
                                .content_type = "application/json",
                                .user_agent = "OTel-OTLP-Exporter-C/0.1.0",
                                .compression = compression,
                            },
                            &bad_headers);
    assert_non_null(sink);
}

static void end(void)
{
    sink->operations->destroy(sink);
    http_destroy(http);
    receiver.is_over = true;
    pthread_join(receiver.thread, NULL);
    close(receiver.listener);
}

static struct send_result post(const char *body)
{
    struct send_result result;

    sink->operations->start(sink, body, strlen(body), TIMEOUT_MS);
    for (;;) {
        bool has_ended = http_step(http);
        bool is_taken = sink->operations->take(sink, &result);

        assert_int_equal(has_ended, is_taken); /* or the loop would sleep over a result */
        if (is_taken)
            return result;
        assert_true(http_running(http) == 1);
        assert_true(http_wait(http, NULL, 0, 100) >= 0);
    }
}

#define ANSWER(status, headers, body) "HTTP/1.1 " status "\r\n" headers "\r\n" body
#define TAKEN ANSWER("200 OK", "Content-Type: application/json\r\nContent-Length: 2\r\n", "{}")

static void test_requests_share_one_connection(void **state)
{
    (void)state;
    begin((struct script){ .answer = TAKEN, .is_kept = true }, "api-key=se%20cret", PACK_NONE);

    for (int i = 0; i < 5; i++)
        assert_int_equal(post("{\"resourceSpans\":[]}").verdict, SEND_TAKEN);

    assert_int_equal(receiver.requests, 5);
    assert_int_equal(receiver.connections, 1);
    assert_int_equal(strncmp(receiver.request, "POST /v1/traces HTTP/1.1\r\n", 26), 0);
    assert_non_null(strstr(receiver.request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(receiver.request, "User-Agent: OTel-OTLP-Exporter-C/0.1.0\r\n"));
    assert_non_null(strstr(receiver.request, "api-key: se cret\r\n"));
    assert_null(strstr(receiver.request, "Expect:"));
    assert_non_null(strstr(receiver.request, "\r\n\r\n{\"resourceSpans\":[]}"));
    end();
}

static void test_headers_of_the_user_win(void **state)
{
    (void)state;
    begin((struct script){ .answer = TAKEN }, "content-type=application/x-other", PACK_NONE);

    assert_int_equal(post("{}").verdict, SEND_TAKEN);

    assert_non_null(strstr(receiver.request, "content-type: application/x-other\r\n"));
    assert_null(strstr(receiver.request, "application/json"));
    end();
}

static void test_gzip_is_announced(void **state)
{
    (void)state;
    begin((struct script){ .answer = TAKEN }, "", PACK_GZIP);

    assert_int_equal(post("{\"resourceSpans\":[]}").verdict, SEND_TAKEN);

    assert_non_null(strstr(receiver.request, "Content-Encoding: gzip\r\n"));
    assert_non_null(strstr(receiver.request, "\r\n\r\n\x1f\x8b"));
    end();
}

static void test_what_goes_wrong(void **state)
{
    static const struct {
        const char *reason;
        struct script script;
        enum send_verdict verdict;
        const char *type;
    } cases[] = {
        { "accepts and says nothing", { .hangs = true }, SEND_RETRY, "timeout" },
        { "closes without an answer", { 0 }, SEND_RETRY, "connection_lost" },
        { "resets", { .is_reset = true }, SEND_RETRY, "connection_lost" },
        { "a byte each 100 ms", { .answer = TAKEN, .slowly_ms = 100 }, SEND_RETRY, "timeout" },
        { "400", { .answer = ANSWER("400 No", "Content-Length: 0\r\n", "") }, SEND_REFUSED, "400" },
        { "413", { .answer = ANSWER("413 No", "Content-Length: 0\r\n", "") }, SEND_REFUSED, "413" },
        { "429", { .answer = ANSWER("429 No", "Content-Length: 0\r\n", "") }, SEND_RETRY, "429" },
        { "503", { .answer = ANSWER("503 No", "Content-Length: 0\r\n", "") }, SEND_RETRY, "503" },
        { "a redirect is not followed",
          { .answer = ANSWER("307 There", "Location: /elsewhere\r\nContent-Length: 0\r\n", "") },
          SEND_REFUSED,
          "307" },
        { "5 MB of answer",
          { .answer = ANSWER("200 OK", "Content-Length: 5000000\r\n", ""), .filler = 5000000 },
          SEND_REFUSED,
          "response_too_large" },
        { "an answer without end",
          { .answer = ANSWER("200 OK", "", ""), .filler = 100000000 },
          SEND_REFUSED,
          "response_too_large" },
        { "a length that is too long, after a 200: it was taken",
          { .answer = ANSWER("200 OK", "Content-Length: 50\r\n", "{}") },
          SEND_TAKEN,
          "" },
        { "no HTTP at all", { .answer = "SSH-2.0-OpenSSH\r\n" }, SEND_RETRY, "malformed_response" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct send_result result;
        uint64_t began_ns = clock_monotonic_ns();

        begin(cases[i].script, "", PACK_NONE);
        result = post("{}");
        if (result.verdict != cases[i].verdict || strcmp(result.error_type, cases[i].type) != 0)
            fail_msg("%s: verdict %d, \"%s\"", cases[i].reason, (int)result.verdict,
                     result.error_type);
        assert_int_equal(result.verdict == SEND_TAKEN, result.message[0] == '\0');
        assert_int_equal(http_running(http), 0);
        if (clock_monotonic_ns() - began_ns > 5 * CLOCK_NS_PER_S)
            fail_msg("%s: took too long", cases[i].reason);
        end();
    }
}

static void test_nobody_listens(void **state)
{
    struct send_result result;

    (void)state;
    begin((struct script){ .answer = TAKEN }, "", PACK_NONE);
    receiver.is_over = true;
    pthread_join(receiver.thread, NULL);
    close(receiver.listener);
    result = post("{}");

    assert_int_equal(result.verdict, SEND_RETRY);
    assert_true(result.is_unreachable);
    assert_string_equal(result.error_type, "connection_refused");
    assert_non_null(strstr(result.message, "is the collector running?"));
    sink->operations->destroy(sink);
    http_destroy(http);
}

static void test_retry_after_is_told(void **state)
{
    struct send_result result;

    (void)state;
    begin((struct script){ .answer =
                               ANSWER("503 Busy", "Retry-After: 7\r\nContent-Length: 0\r\n", "") },
          "", PACK_NONE);
    result = post("{}");

    assert_int_equal(result.retry_after_ns, 7 * CLOCK_NS_PER_S);
    end();
}

static void test_answer_is_handed_on_with_its_format(void **state)
{
    static const struct {
        const char *answer;
        enum send_answer_format format;
        size_t length;
    } cases[] = {
        { ANSWER("200 OK",
                 "content-type:  Application/JSON; charset=utf-8\r\nContent-Length: 3\r\n", "{ }"),
          SEND_ANSWER_JSON, 3 },
        { ANSWER("200 OK", "Content-Type: application/x-protobuf\r\nContent-Length: 2\r\n",
                 "\x0a\x01"),
          SEND_ANSWER_PROTOBUF, 2 },
        { ANSWER("200 OK", "Content-Type: text/html\r\nContent-Length: 3\r\n", "{ }"),
          SEND_ANSWER_NONE, 3 },
        { ANSWER("200 OK", "Content-Type: application/json\r\nContent-Length: 9\r\n", "{ }"),
          SEND_ANSWER_NONE, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct send_result result;

        begin((struct script){ .answer = cases[i].answer }, "", PACK_NONE);
        result = post("{}");
        assert_int_equal(result.verdict, SEND_TAKEN);
        assert_int_equal(result.answer_format, cases[i].format);
        assert_int_equal(result.answer_length, cases[i].length);
        end();
    }
}

static void test_transfer_can_be_aborted(void **state)
{
    struct send_result result;

    (void)state;
    begin((struct script){ .hangs = true }, "", PACK_NONE);
    sink->operations->start(sink, "{}", 2, 0);
    http_step(http);
    sink->operations->abort(sink);

    assert_int_equal(http_running(http), 0);
    assert_false(sink->operations->take(sink, &result));
    end();
}

static void test_waiting_reports_other_descriptors(void **state)
{
    int ends[2];
    struct pollfd fds[1];

    (void)state;
    begin((struct script){ .hangs = true }, "", PACK_NONE);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    fds[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };

    assert_int_equal(http_wait(http, fds, 1, 1000), 1);
    assert_int_equal(fds[0].revents, POLLIN);
    sink->operations->start(sink, "{}", 2, 0);
    http_step(http);
    fds[0].revents = 0;
    assert_true(http_wait(http, fds, 1, 1000) >= 1);
    assert_int_equal(fds[0].revents, POLLIN);

    close(ends[0]);
    close(ends[1]);
    end();
}

static void test_address_that_is_none_is_refused(void **state)
{
    static const char *const urls[] = { "", "not a url", "http://", "http://host:99999/" };
    unsigned bad_headers;

    (void)state;
    http = http_create();
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct http_options options = {
            .url = urls[i], .headers = "", .content_type = "", .user_agent = ""
        };
        assert_null(http_sink_create(http, &options, &bad_headers));
    }
    http_destroy(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_share_one_connection),
        cmocka_unit_test(test_headers_of_the_user_win),
        cmocka_unit_test(test_gzip_is_announced),
        cmocka_unit_test(test_what_goes_wrong),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_retry_after_is_told),
        cmocka_unit_test(test_answer_is_handed_on_with_its_format),
        cmocka_unit_test(test_transfer_can_be_aborted),
        cmocka_unit_test(test_waiting_reports_other_descriptors),
        cmocka_unit_test(test_address_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
