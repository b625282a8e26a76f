#include "agent/send/http.h"

#include "agent/send/gzip.h"
#include "agent/send/header_list.h"
#include "agent/send/http_result.h"
#include "agent/send/retry.h"
#include "base/clock.h"
#include "base/mem.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECTIONS_KEPT = 6,             /* two a signal */
    UPLOAD_BUFFER_BYTES = 512 * 1024, /* a batch in one piece; curl's own 64 KB is nine */
    PACKED_MAX = 96 * 1024 * 1024,    /* the largest request, if gzip makes it no smaller */
    PACKED_KEPT = 1024 * 1024,
};

struct http {
    CURLM *multi;
    int running;
    struct curl_waitfd *wait_fds;
    unsigned wait_fd_capacity;
};

struct http_sink {
    struct sink sink;
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    struct gzip *gzip; /* NULL: not compressed */
    struct buf packed;
    char *url;
    char *address;
    bool is_running;
    bool is_done;
    bool is_answer_too_large;
    bool is_answer_json;
    CURLcode code;
    uint64_t retry_after_ns;
    size_t answer_total;
    size_t answer_length;
    char answer[SEND_ANSWER_BYTES];
    char error_text[CURL_ERROR_SIZE];
};

struct http *http_create(void)
{
    struct http *http = mem_zalloc(1, sizeof *http);

    if (http == NULL)
        return NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        goto fail;
    http->multi = curl_multi_init();
    if (http->multi == NULL)
        goto fail_curl;
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return http;
fail_curl:
    curl_global_cleanup();
fail:
    mem_free(http);
    return NULL;
}

void http_destroy(struct http *http)
{
    if (http == NULL)
        return;
    curl_multi_cleanup(http->multi);
    curl_global_cleanup();
    mem_free(http->wait_fds);
    mem_free(http);
}

/* --- the answer ------------------------------------------------------------------------------- */

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct http_sink *sink = user;
    size_t length = size * count;
    size_t room = sizeof sink->answer - 1 - sink->answer_length;

    sink->answer_total += length;
    if (sink->answer_total > HTTP_ANSWER_MAX) {
        sink->is_answer_too_large = true;
        return 0; /* ends the transfer with CURLE_WRITE_ERROR */
    }
    memcpy(sink->answer + sink->answer_length, data, length < room ? length : room);
    sink->answer_length += length < room ? length : room;
    return length;
}

static bool header_value(const char *line, size_t length, const char *name, const char **value,
                         size_t *value_length)
{
    size_t name_length = strlen(name);

    if (length <= name_length || strncasecmp(line, name, name_length) != 0)
        return false;
    *value = line + name_length;
    *value_length = length - name_length;
    return true;
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    static const char json[] = "application/json";
    struct http_sink *sink = user;
    size_t length = size * count, value_length;
    const char *value;

    if (header_value(line, length, "retry-after:", &value, &value_length)) {
        if (!retry_after_parse(value, value_length, clock_wall_ns(), &sink->retry_after_ns))
            sink->retry_after_ns = 0;
    } else if (header_value(line, length, "content-type:", &value, &value_length)) {
        while (value_length > 0 && *value == ' ') {
            value++;
            value_length--;
        }
        sink->is_answer_json =
            value_length >= sizeof json - 1 && strncasecmp(value, json, sizeof json - 1) == 0;
    }
    return length;
}

/* More than curl's code says: the system's error, or curl's own text. NULL: nothing. */
static const char *failure_reason(const struct http_sink *sink)
{
    long os_error = 0;

    if (sink->code == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(sink->easy, CURLINFO_OS_ERRNO, &os_error) == CURLE_OK && os_error != 0)
        return strerror((int)os_error);
    return sink->error_text[0] != '\0' ? sink->error_text : NULL;
}

static bool sink_take(struct sink *base, struct send_result *out)
{
    struct http_sink *sink = (struct http_sink *)base;
    long status = 0;

    if (!sink->is_done)
        return false;
    sink->is_done = false;
    *out = (struct send_result){ .answer = sink->answer };
    sink->answer[sink->answer_length] = '\0';
    if (curl_easy_getinfo(sink->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    if (sink->is_answer_too_large) {
        http_result_too_large(out, HTTP_ANSWER_MAX, sink->url);
    } else if (sink->code != CURLE_OK && status < 200) {
        http_result_of_curl(out, sink->code, sink->url, failure_reason(sink));
    } else {
        /* Once there is a status the receiver has decided, also when the rest of its answer got
         * lost: sending again what it took would only make duplicates. */
        http_result_of_status(out, status, sink->url);
        out->retry_after_ns = sink->retry_after_ns;
        if (sink->code == CURLE_OK && sink->is_answer_json &&
            sink->answer_length == sink->answer_total)
            out->answer_length = sink->answer_length;
    }
    return true;
}

/* --- the request ------------------------------------------------------------------------------ */

static void sink_end(struct http_sink *sink, CURLcode code)
{
    sink->code = code;
    sink->is_done = true;
}

static void sink_start(struct sink *base, const char *body, size_t length, uint32_t timeout_ms)
{
    struct http_sink *sink = (struct http_sink *)base;

    sink->is_answer_too_large = sink->is_answer_json = false;
    sink->retry_after_ns = 0;
    sink->answer_total = sink->answer_length = 0;
    sink->error_text[0] = '\0';
    if (sink->gzip != NULL) {
        buf_clear(&sink->packed);
        if (!gzip_pack(sink->gzip, body, length, &sink->packed)) {
            sink_end(sink, CURLE_OUT_OF_MEMORY);
            return;
        }
        body = sink->packed.data;
        length = sink->packed.length;
    }
    curl_easy_setopt(sink->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(sink->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(sink->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    if (curl_multi_add_handle(sink->http->multi, sink->easy) != CURLM_OK) {
        sink_end(sink, CURLE_OUT_OF_MEMORY);
        return;
    }
    sink->is_running = true;
    sink->http->running++;
}

static void sink_stop(struct http_sink *sink)
{
    if (!sink->is_running)
        return;
    curl_multi_remove_handle(sink->http->multi, sink->easy);
    sink->is_running = false;
    sink->http->running--;
    if (sink->packed.capacity > PACKED_KEPT) {
        buf_release(&sink->packed);
        buf_init(&sink->packed, PACKED_MAX);
    }
}

static void sink_abort(struct sink *base)
{
    struct http_sink *sink = (struct http_sink *)base;

    sink_stop(sink);
    sink->is_done = false;
}

static void sink_destroy(struct sink *base)
{
    struct http_sink *sink = (struct http_sink *)base;

    sink_stop(sink);
    if (sink->easy != NULL)
        curl_easy_cleanup(sink->easy);
    curl_slist_free_all(sink->headers);
    gzip_destroy(sink->gzip);
    buf_release(&sink->packed);
    mem_free(sink->url);
    mem_free(sink->address);
    mem_free(sink);
}

static const struct sink_operations HTTP_OPERATIONS = { sink_start, sink_take, sink_abort,
                                                        sink_destroy };

static bool add_header(struct http_sink *sink, const char *line)
{
    struct curl_slist *longer = curl_slist_append(sink->headers, line);

    if (longer != NULL)
        sink->headers = longer;
    return longer != NULL;
}

/* The user's headers are there first: one of ours of the same name is not wanted then. */
static bool add_default_header(struct http_sink *sink, const char *line)
{
    size_t name_length = strcspn(line, ":") + 1;

    for (const struct curl_slist *known = sink->headers; known != NULL; known = known->next) {
        if (strncasecmp(known->data, line, name_length) == 0)
            return true;
    }
    return add_header(sink, line);
}

static void take_header(void *user, const char *line)
{
    (void)add_header(user, line); /* no memory: the request goes without it, and is refused */
}

/* Host and port for the metrics; whether it is this machine, for proxies. */
static bool parse_url(struct http_sink *sink, bool *is_loopback)
{
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;
    bool is_good = false;

    if (parts == NULL || curl_url_set(parts, CURLUPART_URL, sink->url, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        goto done;
    sink->address = mem_strdup(host);
    if (sink->address == NULL)
        goto done;
    sink->sink.address = sink->address;
    sink->sink.port = (uint16_t)strtoul(port, NULL, 10); /* curl has checked its range */
    *is_loopback = strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
                   strcmp(host, "[::1]") == 0;
    is_good = true;
done:
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return is_good;
}

static void set_options(struct http_sink *sink, const struct http_options *options,
                        bool is_loopback)
{
    CURL *easy = sink->easy;

    curl_easy_setopt(easy, CURLOPT_URL, sink->url);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, sink->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, sink->error_text);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, sink);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, sink);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, sink);
    if (is_loopback)
        curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever http_proxy says */
    if (options->certificate[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->certificate);
}

struct sink *http_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers)
{
    struct http_sink *sink = mem_zalloc(1, sizeof *sink);
    char content_type[128];
    bool is_loopback = false;

    if (sink == NULL)
        return NULL;
    sink->sink.operations = &HTTP_OPERATIONS;
    sink->http = http;
    buf_init(&sink->packed, PACKED_MAX);
    (void)snprintf(content_type, sizeof content_type, "Content-Type: %s", options->content_type);
    sink->url = mem_strdup(options->url);
    sink->easy = curl_easy_init();
    if (options->has_gzip)
        sink->gzip = gzip_create();
    *bad_headers = header_list_parse(options->headers, take_header, sink);
    /* "Expect:" without a value: no 100-continue round trip before each body. */
    if (sink->url == NULL || sink->easy == NULL || (options->has_gzip && sink->gzip == NULL) ||
        !parse_url(sink, &is_loopback) || !add_default_header(sink, content_type) ||
        !add_default_header(sink, "Expect:") ||
        (options->has_gzip && !add_default_header(sink, "Content-Encoding: gzip"))) {
        sink_destroy(&sink->sink);
        return NULL;
    }
    set_options(sink, options, is_loopback);
    return &sink->sink;
}

/* --- the loop --------------------------------------------------------------------------------- */

bool http_step(struct http *http)
{
    bool has_ended = false;
    CURLMsg *message;
    int running, left;

    if (http->running == 0)
        return false;
    if (curl_multi_perform(http->multi, &running) != CURLM_OK)
        return false; /* each transfer still has its time-out */
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        char *sink = NULL;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &sink) != CURLE_OK)
            continue;
        /* Removing it ends the message, so its result was read before. */
        sink_stop((struct http_sink *)(void *)sink);
        sink_end((struct http_sink *)(void *)sink, code);
        has_ended = true;
    }
    return has_ended;
}

int http_running(const struct http *http)
{
    return http->running;
}

long http_timeout_ms(const struct http *http)
{
    long timeout_ms = -1;

    if (http->running > 0 && curl_multi_timeout(http->multi, &timeout_ms) != CURLM_OK)
        timeout_ms = 0;
    return timeout_ms;
}

static bool wait_fds_reserve(struct http *http, unsigned count)
{
    struct curl_waitfd *larger;

    if (count <= http->wait_fd_capacity)
        return true;
    larger = mem_realloc(http->wait_fds, count * sizeof *larger);
    if (larger == NULL)
        return false;
    http->wait_fds = larger;
    http->wait_fd_capacity = count;
    return true;
}

int http_wait(struct http *http, struct pollfd *fds, unsigned fd_count, int timeout_ms)
{
    int ready = 0;

    if (http->running == 0 || !wait_fds_reserve(http, fd_count))
        return poll(fds, fd_count, timeout_ms);
    for (unsigned i = 0; i < fd_count; i++)
        http->wait_fds[i] = (struct curl_waitfd){
            .fd = fds[i].fd,
            .events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                              (fds[i].events & POLLPRI ? CURL_WAIT_POLLPRI : 0) |
                              (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
        };
    if (curl_multi_poll(http->multi, http->wait_fds, fd_count, timeout_ms < 0 ? 60000 : timeout_ms,
                        &ready) != CURLM_OK)
        ready = -1;
    /* curl reports no hang-up or error of others' descriptors: ask for the truth, at no wait. */
    return poll(fds, fd_count, 0) < 0 ? -1 : ready;
}
