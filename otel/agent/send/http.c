#include "agent/send/http.h"

#include "agent/send/h2_reuse.h"
#include "agent/send/header_list.h"
#include "base/mem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CONNECTIONS_KEPT = 6,             /* two a signal */
    RECEIVERS_MAX = 4,                /* of gRPC: one a signal, and one more */
    UPLOAD_BUFFER_BYTES = 512 * 1024, /* a batch in one piece; curl's own 64 KB is nine */
};

struct http {
    CURLM *multi;
    int running;
    struct curl_waitfd *wait_fds;
    unsigned wait_fd_capacity;
    struct h2_reuse reuse[RECEIVERS_MAX];
};

struct http_post {
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    struct h2_reuse *reuse; /* NULL: curl needs no help */
    char *url;
    char *host;
    uint16_t port;
    bool is_loopback;
    void (*take_header)(void *user, const char *name, size_t name_length, const char *value,
                        size_t value_length);
    void *user;
    bool is_running;
    bool is_done;
    bool is_answer_too_large;
    CURLcode code;
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
    struct http_post *post = user;
    size_t length = size * count;
    size_t room = sizeof post->answer - 1 - post->answer_length;

    post->answer_total += length;
    if (post->answer_total > HTTP_ANSWER_MAX) {
        post->is_answer_too_large = true;
        return 0; /* ends the transfer with CURLE_WRITE_ERROR */
    }
    memcpy(post->answer + post->answer_length, data, length < room ? length : room);
    post->answer_length += length < room ? length : room;
    return length;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct http_post *post = user;
    size_t length = size * count;
    const char *colon = memchr(line, ':', length), *value, *end = line + length;

    if (colon == NULL)
        return length; /* the status line, or the end of the headers */
    for (value = colon + 1; value < end && is_space(*value);)
        value++;
    while (end > value && is_space(end[-1]))
        end--;
    post->take_header(post->user, line, (size_t)(colon - line), value, (size_t)(end - value));
    return length;
}

/* More than curl's code says: the system's error, or curl's own text. NULL: nothing. */
static const char *failure_reason(const struct http_post *post)
{
    long os_error = 0;

    if (post->code == CURLE_COULDNT_CONNECT &&
        curl_easy_getinfo(post->easy, CURLINFO_OS_ERRNO, &os_error) == CURLE_OK && os_error != 0)
        return strerror((int)os_error);
    return post->error_text[0] != '\0' ? post->error_text : NULL;
}

bool http_post_take(struct http_post *post, struct http_answer *out)
{
    long status = 0;
    long version = CURL_HTTP_VERSION_NONE;

    if (!post->is_done)
        return false;
    post->is_done = false;
    post->answer[post->answer_length] = '\0';
    if (curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        status = 0;
    if (curl_easy_getinfo(post->easy, CURLINFO_HTTP_VERSION, &version) != CURLE_OK)
        version = CURL_HTTP_VERSION_NONE;
    *out = (struct http_answer){
        .code = (int)post->code,
        .reason = failure_reason(post),
        .status = status,
        .is_http_1 = version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1,
        .is_too_large = post->is_answer_too_large,
        .is_whole = post->code == CURLE_OK && post->answer_length == post->answer_total,
        .body = post->answer,
        .length = post->answer_length,
    };
    return true;
}

/* --- the request ------------------------------------------------------------------------------ */

static void post_end(struct http_post *post, CURLcode code)
{
    post->code = code;
    post->is_done = true;
}

static void post_stop(struct http_post *post)
{
    if (!post->is_running)
        return;
    curl_multi_remove_handle(post->http->multi, post->easy);
    if (post->reuse != NULL)
        h2_reuse_end(post->reuse);
    post->is_running = false;
    post->http->running--;
}

void http_post_start(struct http_post *post, const char *body, size_t length, uint32_t timeout_ms)
{
    post->is_answer_too_large = false;
    post->answer_total = post->answer_length = 0;
    post->error_text[0] = '\0';
    curl_easy_setopt(post->easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(post->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(post->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    if (post->reuse != NULL)
        h2_reuse_begin(post->reuse, post->easy);
    post->is_running = true;
    post->http->running++;
    if (body != NULL && curl_multi_add_handle(post->http->multi, post->easy) == CURLM_OK)
        return;
    post_stop(post);
    post_end(post, CURLE_OUT_OF_MEMORY);
}

void http_post_abort(struct http_post *post)
{
    post_stop(post);
    post->is_done = false;
}

void http_post_destroy(struct http_post *post)
{
    if (post == NULL)
        return;
    post_stop(post);
    if (post->easy != NULL)
        curl_easy_cleanup(post->easy);
    curl_slist_free_all(post->headers);
    mem_free(post->url);
    mem_free(post->host);
    mem_free(post);
}

const char *http_post_url(const struct http_post *post)
{
    return post->url;
}

const char *http_post_host(const struct http_post *post)
{
    return post->host;
}

uint16_t http_post_port(const struct http_post *post)
{
    return post->port;
}

static bool add_header(struct http_post *post, const char *line)
{
    struct curl_slist *longer = curl_slist_append(post->headers, line);

    if (longer != NULL)
        post->headers = longer;
    return longer != NULL;
}

/* The user's headers are there first: one of the protocol's of the same name is not wanted then. */
static bool add_default_header(struct http_post *post, const char *line)
{
    size_t name_length = strcspn(line, ":") + 1;

    for (const struct curl_slist *known = post->headers; known != NULL; known = known->next) {
        if (strncasecmp(known->data, line, name_length) == 0)
            return true;
    }
    return add_header(post, line);
}

static void take_user_header(void *user, const char *line)
{
    (void)add_header(user, line); /* no memory: the request goes without it, and is refused */
}

static bool add_headers(struct http_post *post, const struct http_post_options *options,
                        unsigned *bad_headers)
{
    *bad_headers =
        header_list_parse(options->receiver->headers, options->is_http2, take_user_header, post);
    for (const char *const *line = options->headers; *line != NULL; line++) {
        if (!add_default_header(post, *line))
            return false;
    }
    return true;
}

/* Host and port for the metrics; whether it is this machine, for proxies. */
static bool parse_url(struct http_post *post)
{
    CURLU *parts = curl_url();
    char *host = NULL, *port = NULL;
    bool is_good = false;

    if (parts == NULL || curl_url_set(parts, CURLUPART_URL, post->url, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        goto done;
    post->host = mem_strdup(host);
    if (post->host == NULL)
        goto done;
    post->port = (uint16_t)strtoul(port, NULL, 10); /* curl has checked its range */
    post->is_loopback = strcasecmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
                        strcmp(host, "[::1]") == 0;
    is_good = true;
done:
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return is_good;
}

static long http_version(const struct http_post *post, bool is_http2)
{
    if (!is_http2)
        return CURL_HTTP_VERSION_1_1;
    return strncasecmp(post->url, "https:", 6) == 0 ? CURL_HTTP_VERSION_2TLS
                                                    : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
}

/* Where it is needed: the receiver's, shared by the posts that go there. NULL when there are too
 * many receivers; each request has a connection of its own then. */
static struct h2_reuse *reuse_find(struct http *http, const struct http_post *post)
{
    char name[H2_REUSE_NAME_BYTES];

    (void)snprintf(name, sizeof name, "%.256s:%u", post->host, post->port);
    for (unsigned i = 0; i < RECEIVERS_MAX; i++) {
        struct h2_reuse *reuse = &http->reuse[i];

        if (reuse->name[0] == '\0')
            memcpy(reuse->name, name, sizeof name);
        if (strcmp(reuse->name, name) == 0)
            return reuse;
    }
    return NULL;
}

static void set_reuse(struct http_post *post, long version)
{
    if (version != CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE || !h2_reuse_is_needed())
        return;
    post->reuse = reuse_find(post->http, post);
    if (post->reuse != NULL)
        h2_reuse_watch(post->reuse, post->easy);
    else
        curl_easy_setopt(post->easy, CURLOPT_FORBID_REUSE, 1L);
}

static void set_tls(CURL *easy, const struct http_options *receiver)
{
    if (receiver->certificate[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, receiver->certificate);
    if (receiver->client_certificate[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_SSLCERT, receiver->client_certificate);
    if (receiver->client_key[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_SSLKEY, receiver->client_key);
}

static void set_options(struct http_post *post, const struct http_post_options *options)
{
    CURL *easy = post->easy;
    long version = http_version(post, options->is_http2);

    curl_easy_setopt(easy, CURLOPT_URL, post->url);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options->receiver->user_agent);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->error_text);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, post);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, post);
    if (post->is_loopback)
        curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever http_proxy says */
    set_tls(easy, options->receiver);
    set_reuse(post, version);
}

struct http_post *http_post_create(struct http *http, const struct http_post_options *options,
                                   unsigned *bad_headers)
{
    struct http_post *post = mem_zalloc(1, sizeof *post);

    if (post == NULL)
        return NULL;
    post->http = http;
    post->take_header = options->take_header;
    post->user = options->user;
    post->url = mem_strdup(options->receiver->url);
    post->easy = curl_easy_init();
    if (post->url == NULL || post->easy == NULL || !parse_url(post) ||
        !add_headers(post, options, bad_headers)) {
        http_post_destroy(post);
        return NULL;
    }
    set_options(post, options);
    return post;
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
        char *post = NULL;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &post) != CURLE_OK)
            continue;
        /* Removing it ends the message, so its result was read before. */
        post_stop((struct http_post *)(void *)post);
        post_end((struct http_post *)(void *)post, code);
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
