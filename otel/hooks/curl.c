/*
 * libcurl: a CLIENT span and http.client.request.duration for each transfer over HTTP, from
 * curl_easy_perform, or curl_multi_add_handle to CURLMSG_DONE (or the removal), and the trace's
 * headers in front of the application's own for that time.
 *
 * A transfer while no request is current is measured but has no span and sends nothing of ours.
 * One span is one logical call, with the first URL: redirects are libcurl's own.
 *
 * Specification: semantic-conventions http-spans, http-metrics.
 */
#define CURL_DISABLE_TYPECHECK
#include "hooks/hook.h"
#include "hooks/url_full.h"

#include "base/clock.h"
#include "otel/metric.h"
#include "otel/propagate.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "record/hook_entry.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

#define CURL_LIBRARY "libcurl.so.4"

HOOK_REAL(curl_easy_setopt, CURL_LIBRARY)
HOOK_REAL(curl_easy_getinfo, CURL_LIBRARY)
HOOK_REAL(curl_easy_perform, CURL_LIBRARY)
HOOK_REAL(curl_easy_reset, CURL_LIBRARY)
HOOK_REAL(curl_easy_duphandle, CURL_LIBRARY)
HOOK_REAL(curl_easy_cleanup, CURL_LIBRARY)
HOOK_REAL(curl_multi_add_handle, CURL_LIBRARY)
HOOK_REAL(curl_multi_remove_handle, CURL_LIBRARY)
HOOK_REAL(curl_multi_info_read, CURL_LIBRARY)

enum {
    HANDLE_COUNT = 256, /* alive at once; transfers of those beyond are not traced */
    NODE_COUNT = 16,
    URL_BYTES = 1024, /* half of what an open span can hold */
};

struct endpoint {
    struct otel_str method; /* known to the conventions, or _OTHER */
    const char *method_sent;
    struct otel_str host;
    int64_t port;
};

/* `handle` is claimed by compare-and-swap; the rest belongs to who uses the handle. */
struct transfer {
    _Atomic(CURL *) handle;  /* NULL: free */
    struct curl_slist *list; /* the application's own */
    bool is_running;
    uint64_t thread;   /* that began it */
    uint64_t start_ns; /* monotonic */
    struct otel_span *span;
    struct endpoint endpoint;
    size_t node_count;
    struct curl_slist nodes[NODE_COUNT];
    char url[URL_BYTES];
    char headers[OTEL_INJECT_SIZE];
};

static struct transfer transfers[HANDLE_COUNT];

/* Somebody's list found no place: a handle that is first seen when its transfer begins may have
 * one that we do not know, and could not give back. */
static atomic_bool has_unknown_lists;

/* What libcurl does by its own exported functions while it performs is not the host's doing. */
static __thread bool is_performing;

static bool is_on(void)
{
    return record_is_on() && !(record_config()->disabled & SEGMENT_DISABLED_CURL);
}

static bool is_observed(void)
{
    return !is_performing && is_on();
}

static struct transfer *transfer_find(CURL *handle, bool is_wanted)
{
    if (!handle)
        return NULL;
    /* Relaxed: a handle is passed between threads by the host's own order. */
    for (size_t i = 0; i < HANDLE_COUNT; i++)
        if (atomic_load_explicit(&transfers[i].handle, memory_order_relaxed) == handle)
            return &transfers[i];
    for (size_t i = 0; is_wanted && i < HANDLE_COUNT; i++) {
        CURL *none = NULL;

        if (atomic_compare_exchange_strong(&transfers[i].handle, &none, handle))
            return &transfers[i];
    }
    return NULL;
}

/* --- what is told of a transfer ------------------------------------------------------------------
 */

static struct otel_str text_of(const char *text)
{
    return (struct otel_str){ text, strlen(text) };
}

static struct otel_str code_name(CURLcode code)
{
    switch (code) {
#define NAME_CASE(name)                                                                            \
    case CURLE_##name:                                                                             \
        return OTEL_STR("CURLE_" #name);
        NAME_CASE(UNSUPPORTED_PROTOCOL)
        NAME_CASE(URL_MALFORMAT)
        NAME_CASE(COULDNT_RESOLVE_PROXY)
        NAME_CASE(COULDNT_RESOLVE_HOST)
        NAME_CASE(COULDNT_CONNECT)
        NAME_CASE(PARTIAL_FILE)
        NAME_CASE(WRITE_ERROR)
        NAME_CASE(READ_ERROR)
        NAME_CASE(OPERATION_TIMEDOUT)
        NAME_CASE(SSL_CONNECT_ERROR)
        NAME_CASE(ABORTED_BY_CALLBACK)
        NAME_CASE(TOO_MANY_REDIRECTS)
        NAME_CASE(GOT_NOTHING)
        NAME_CASE(SEND_ERROR)
        NAME_CASE(RECV_ERROR)
        NAME_CASE(PEER_FAILED_VERIFICATION)
        NAME_CASE(HTTP_RETURNED_ERROR)
        NAME_CASE(HTTP2)
        NAME_CASE(HTTP2_STREAM)
#undef NAME_CASE
    default:
        return OTEL_STR("_OTHER");
    }
}

/* False for what is not HTTP. The host points into transfer->url. */
static bool endpoint_read(struct transfer *transfer)
{
    struct endpoint *endpoint = &transfer->endpoint;
    CURL *handle = transfer->handle;
    char *url = NULL;
    char *method = NULL;
    const char *at;
    size_t length;

    real_curl_easy_getinfo()(handle, CURLINFO_EFFECTIVE_URL, &url);
    real_curl_easy_getinfo()(handle, CURLINFO_EFFECTIVE_METHOD, &method);
    if (!url || !method)
        return false;
    /* libcurl's guess for a URL without a scheme. */
    length = strstr(url, "://") ? 0 : 7;
    memcpy(transfer->url, "http://", length);
    length += url_full_write(url, transfer->url + length, URL_BYTES - 1 - length);
    transfer->url[length] = '\0';
    if (strncasecmp(transfer->url, "http://", 7) == 0)
        endpoint->port = 80;
    else if (strncasecmp(transfer->url, "https://", 8) == 0)
        endpoint->port = 443;
    else
        return false;
    at = strstr(transfer->url, "://") + 3;
    if (strncmp(at, "REDACTED:REDACTED@", 18) == 0)
        at += 18;
    length = *at == '[' ? strcspn(++at, "]") : strcspn(at, ":/?#");
    endpoint->host = (struct otel_str){ at, length };
    at += length + (at[length] == ']');
    if (at[0] == ':' && at[1] >= '0' && at[1] <= '9')
        endpoint->port = strtol(at + 1, NULL, 10);
    endpoint->method_sent = method;
    endpoint->method = record_method_told(text_of(method));
    return true;
}

static const struct otel_instrument *duration_instrument(void)
{
    static const double BOUNDS[] = { 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                     0.5,   0.75, 1,     2.5,  5,     7.5, 10 };
    static const struct otel_instrument_options OPTIONS = {
        .kind = OTEL_HISTOGRAM,
        .name = { "http.client.request.duration", 28 },
        .unit = { "s", 1 },
        .description = { "Duration of HTTP client requests.", 33 },
        .bounds = BOUNDS,
        .bounds_count = sizeof(BOUNDS) / sizeof(BOUNDS[0]),
    };
    static _Atomic(const struct otel_instrument *) instrument;
    const struct otel_instrument *found = atomic_load_explicit(&instrument, memory_order_acquire);

    if (!found) {
        found = record_instrument_create(RECORD_SCOPE_CURL, &OPTIONS);
        atomic_store_explicit(&instrument, found, memory_order_release);
    }
    return found;
}

/* --- one transfer --------------------------------------------------------------------------------
 */

/* An application that passes the trace on by itself is left alone. */
static bool has_traceparent(const struct curl_slist *list)
{
    static const char NAME[] = "traceparent:";

    for (; list; list = list->next)
        if (list->data && strncasecmp(list->data, NAME, sizeof(NAME) - 1) == 0)
            return true;
    return false;
}

static void headers_put(struct transfer *transfer)
{
    struct otel_context context = otel_span_context(transfer->span);
    size_t count = 0;

    if (has_traceparent(transfer->list))
        return;
    otel_inject(&context, transfer->headers, sizeof(transfer->headers));
    for (char *at = transfer->headers; *at && count < NODE_COUNT; at += strlen(at) + 1)
        transfer->nodes[count++].data = at;
    for (size_t i = 0; i < count; i++)
        transfer->nodes[i].next = i + 1 < count ? &transfer->nodes[i + 1] : transfer->list;
    transfer->node_count = count;
    if (count > 0)
        real_curl_easy_setopt()(transfer->handle, CURLOPT_HTTPHEADER, transfer->nodes);
}

static bool has_context(void)
{
    static const uint8_t NONE[16];
    struct otel_context context = otel_context_current();

    return memcmp(context.trace_id, NONE, sizeof(NONE)) != 0;
}

static void transfer_begin(CURL *handle)
{
    bool is_known = !atomic_load_explicit(&has_unknown_lists, memory_order_relaxed);
    struct transfer *transfer = is_observed() ? transfer_find(handle, is_known) : NULL;
    struct endpoint *endpoint;

    if (!transfer || transfer->is_running || !endpoint_read(transfer))
        return;
    endpoint = &transfer->endpoint;
    transfer->is_running = true;
    transfer->thread = hook_thread_number();
    transfer->span = NULL;
    transfer->node_count = 0;
    if (has_context()) {
        bool is_common = endpoint->method.data[0] != '_';

        transfer->span = record_span_start_detached(RECORD_SCOPE_CURL,
                                                    is_common ? endpoint->method : OTEL_STR("HTTP"),
                                                    OTEL_SPAN_CLIENT, NULL, 0);
        otel_span_set_string(transfer->span, OTEL_HTTP_REQUEST_METHOD, endpoint->method);
        if (!is_common)
            otel_span_set_string(transfer->span, OTEL_HTTP_REQUEST_METHOD_ORIGINAL,
                                 text_of(endpoint->method_sent));
        otel_span_set_string(transfer->span, OTEL_SERVER_ADDRESS, endpoint->host);
        otel_span_set_int(transfer->span, OTEL_SERVER_PORT, endpoint->port);
        otel_span_set_string(transfer->span, OTEL_URL_FULL, text_of(transfer->url));
        headers_put(transfer);
    }
    transfer->start_ns = clock_monotonic_ns();
}

/* error: the text of error.type; empty: none. */
static void transfer_finish(struct transfer *transfer, long status, struct otel_str error)
{
    const struct endpoint *endpoint = &transfer->endpoint;
    double seconds = (double)(clock_monotonic_ns() - transfer->start_ns) / (double)CLOCK_NS_PER_S;
    struct otel_attribute attributes[5];
    size_t count = 0;

    transfer->is_running = false;
    /* A span stays with the thread that began it, which may be gone: the launcher ends it with that
     * thread's slot. */
    if (transfer->thread != hook_thread_number())
        transfer->span = NULL;
    if (transfer->node_count > 0)
        real_curl_easy_setopt()(transfer->handle, CURLOPT_HTTPHEADER, transfer->list);
    attributes[count++] = otel_attribute_string(OTEL_HTTP_REQUEST_METHOD, endpoint->method);
    attributes[count++] = otel_attribute_string(OTEL_SERVER_ADDRESS, endpoint->host);
    attributes[count++] = otel_attribute_int(OTEL_SERVER_PORT, endpoint->port);
    if (status > 0) {
        attributes[count++] = otel_attribute_int(OTEL_HTTP_RESPONSE_STATUS_CODE, status);
        otel_span_set_int(transfer->span, OTEL_HTTP_RESPONSE_STATUS_CODE, status);
    }
    if (error.length > 0) {
        attributes[count++] = otel_attribute_string(OTEL_ERROR_TYPE, error);
        otel_span_set_string(transfer->span, OTEL_ERROR_TYPE, error);
        otel_span_set_status(transfer->span, OTEL_SPAN_ERROR, OTEL_STR(""));
    }
    otel_measure_double(duration_instrument(), seconds, attributes, count);
    otel_span_end(transfer->span);
    transfer->span = NULL;
}

static void transfer_end(CURL *handle, CURLcode code)
{
    struct transfer *transfer = transfer_find(handle, false);
    struct otel_str error = OTEL_STR("");
    char digits[4] = "";
    long status = 0;

    if (!transfer || !transfer->is_running)
        return;
    real_curl_easy_getinfo()(handle, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        error = code_name(code);
    } else if (status >= 400 && status <= 999) {
        digits[0] = (char)('0' + status / 100);
        digits[1] = (char)('0' + status / 10 % 10);
        digits[2] = (char)('0' + status % 10);
        error = text_of(digits);
    }
    transfer_finish(transfer, status, error);
}

static void transfer_cancel(CURL *handle)
{
    struct transfer *transfer = transfer_find(handle, false);

    if (transfer && transfer->is_running)
        transfer_finish(transfer, 0, OTEL_STR("cancelled"));
}

/* --- the wrapped functions -----------------------------------------------------------------------
 */

/* On this ABI each option's argument is one word, whatever its type. */
HOOK_EXPORT CURLcode curl_easy_setopt(CURL *handle, CURLoption option, ...)
{
    struct transfer *transfer;
    void *word;
    va_list arguments;
    int saved_errno;

    va_start(arguments, option);
    word = va_arg(arguments, void *);
    va_end(arguments);
    if (option != CURLOPT_HTTPHEADER || !is_on())
        return real_curl_easy_setopt()(handle, option, word);
    saved_errno = errno;
    transfer = transfer_find(handle, word != NULL);
    if (!transfer && word) {
        atomic_store_explicit(&has_unknown_lists, true, memory_order_relaxed);
    } else if (transfer) {
        transfer->list = word;
        if (transfer->is_running && transfer->node_count > 0) {
            transfer->nodes[transfer->node_count - 1].next = word;
            word = transfer->nodes;
        }
    }
    errno = saved_errno;
    return real_curl_easy_setopt()(handle, option, word);
}

HOOK_EXPORT CURLcode curl_easy_perform(CURL *handle)
{
    bool was_performing = is_performing;
    int saved_errno = errno;
    CURLcode code;

    if (!is_observed())
        return real_curl_easy_perform()(handle);
    transfer_begin(handle);
    is_performing = true;
    errno = saved_errno;
    code = real_curl_easy_perform()(handle);
    saved_errno = errno;
    is_performing = was_performing;
    transfer_end(handle, code);
    errno = saved_errno;
    return code;
}

HOOK_EXPORT CURLMcode curl_multi_add_handle(CURLM *multi, CURL *handle)
{
    int saved_errno = errno;
    CURLMcode code;

    if (!is_observed())
        return real_curl_multi_add_handle()(multi, handle);
    transfer_begin(handle);
    errno = saved_errno;
    code = real_curl_multi_add_handle()(multi, handle);
    saved_errno = errno;
    if (code != CURLM_OK && code != CURLM_ADDED_ALREADY)
        transfer_cancel(handle);
    errno = saved_errno;
    return code;
}

HOOK_EXPORT CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
    CURLMsg *message = real_curl_multi_info_read()(multi, left);
    int saved_errno = errno;

    if (message && message->msg == CURLMSG_DONE && is_observed())
        transfer_end(message->easy_handle, message->data.result);
    errno = saved_errno;
    return message;
}

HOOK_EXPORT CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *handle)
{
    CURLMcode code = real_curl_multi_remove_handle()(multi, handle);
    int saved_errno = errno;

    if (code == CURLM_OK && is_observed())
        transfer_cancel(handle);
    errno = saved_errno;
    return code;
}

HOOK_EXPORT void curl_easy_reset(CURL *handle)
{
    struct transfer *transfer = is_on() ? transfer_find(handle, false) : NULL;

    real_curl_easy_reset()(handle);
    if (transfer)
        transfer->list = NULL;
}

HOOK_EXPORT CURL *curl_easy_duphandle(CURL *handle)
{
    CURL *copy = real_curl_easy_duphandle()(handle);
    struct transfer *from = is_on() ? transfer_find(handle, false) : NULL;
    struct transfer *to = from && copy ? transfer_find(copy, true) : NULL;

    if (to)
        to->list = from->list;
    else if (from && from->list)
        atomic_store_explicit(&has_unknown_lists, true, memory_order_relaxed);
    /* The copy of a handle under way has our headers, which are not its own. */
    if (from && copy && from->is_running && from->node_count > 0)
        real_curl_easy_setopt()(copy, CURLOPT_HTTPHEADER, from->list);
    return copy;
}

HOOK_EXPORT void curl_easy_cleanup(CURL *handle)
{
    struct transfer *transfer = is_on() ? transfer_find(handle, false) : NULL;

    if (transfer) {
        transfer_cancel(handle);
        transfer->list = NULL;
        atomic_store(&transfer->handle, NULL);
    }
    real_curl_easy_cleanup()(handle);
}
