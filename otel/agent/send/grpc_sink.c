#include "agent/send/grpc_sink.h"

#include "agent/send/grpc_status.h"
#include "agent/send/http_result.h"
#include "agent/send/post_sink.h"
#include "base/mem.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 64, MESSAGE_BYTES = 200 };

/* Before each message: whether it is packed, and its length, big-endian. */
enum { PREFIX_BYTES = 5 };

struct grpc_sink {
    struct post_sink base; /* packed: prefix and message */
    bool has_status;
    bool has_retry_info;
    enum grpc_status status;
    uint64_t retry_after_ns;
    char message[MESSAGE_BYTES];
};

static void prefix_write(char *prefix, bool is_packed, size_t length)
{
    prefix[0] = is_packed;
    for (int i = 0; i < 4; i++)
        prefix[1 + i] = (char)(length >> 8 * (3 - i));
}

/* --- the answer ------------------------------------------------------------------------------- */

/* Trailers, or the headers of an answer that has nothing else. */
static void take_header(void *user, const char *name, size_t name_length, const char *value,
                        size_t value_length)
{
    struct grpc_sink *sink = user;

    if (post_sink_is_named(name, name_length, "grpc-status")) {
        sink->has_status = true;
        sink->status = grpc_status_read(value, value_length);
    } else if (post_sink_is_named(name, name_length, "grpc-message")) {
        grpc_message_read(value, value_length, sink->message, sizeof sink->message);
    } else if (post_sink_is_named(name, name_length, "grpc-status-details-bin")) {
        sink->has_retry_info = grpc_retry_info_read(value, value_length, &sink->retry_after_ns);
    }
}

static const char *status_remedy(enum grpc_status status)
{
    switch ((int)status) {
    case GRPC_UNAUTHENTICATED:
    case GRPC_PERMISSION_DENIED:
        return "; do the headers carry the right credentials?";
    case GRPC_RESOURCE_EXHAUSTED:
        return "; the receiver's limit is below our batch: lower the batch size";
    case GRPC_UNIMPLEMENTED:
        return "; does it take this signal, and this compression?";
    case GRPC_UNKNOWN:
        return "; is it an OTLP/gRPC receiver?";
    default:
        return "; see the log of the receiver";
    }
}

static void result_of_status(const struct grpc_sink *sink, enum grpc_status status,
                             struct send_result *out)
{
    out->verdict = grpc_status_verdict(status, sink->has_retry_info);
    if (out->verdict == SEND_TAKEN)
        return;
    out->retry_after_ns = sink->retry_after_ns;
    (void)snprintf(out->error_type, sizeof out->error_type, "%s", grpc_status_name(status));
    (void)snprintf(out->message, sizeof out->message, "%.200s answered %s%s%s%s%s",
                   http_post_url(sink->base.post), grpc_status_name(status),
                   sink->message[0] != '\0' ? " \"" : "", sink->message,
                   sink->message[0] != '\0' ? "\"" : "",
                   out->verdict == SEND_RETRY ? "" : status_remedy(status));
}

/* A receiver with TLS decides by ALPN what is spoken, and has chosen another HTTP. */
static void result_of_http_1(const struct grpc_sink *sink, long http_status,
                             struct send_result *out)
{
    result_of_status(sink, grpc_status_of_http(http_status), out);
    (void)snprintf(out->message, sizeof out->message,
                   "%.200s speaks HTTP/1.1, and grpc needs HTTP/2 (it chose so by ALPN, and "
                   "answered %ld); is it an OTLP/gRPC receiver?",
                   http_post_url(sink->base.post), http_status);
}

/* The one message of the answer; false when it is not whole, or packed, which we do not ask for. */
static bool message_read(const struct http_answer *answer, struct send_result *out)
{
    char prefix[PREFIX_BYTES];

    if (!answer->is_whole || answer->length < PREFIX_BYTES)
        return false;
    prefix_write(prefix, false, answer->length - PREFIX_BYTES);
    if (memcmp(prefix, answer->body, PREFIX_BYTES) != 0)
        return false;
    out->answer_format = SEND_ANSWER_PROTOBUF;
    out->answer = answer->body + PREFIX_BYTES;
    out->answer_length = answer->length - PREFIX_BYTES;
    return true;
}

/* What is no HTTP/2 is told in several ways. */
static CURLcode http2_code(CURLcode code)
{
    return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY ? CURLE_HTTP2
                                                                                  : code;
}

static bool sink_take(struct sink *base, struct send_result *out)
{
    struct grpc_sink *sink = (struct grpc_sink *)base;
    const char *url = http_post_url(sink->base.post);
    struct http_answer answer;

    if (!post_sink_answered(&sink->base, &answer))
        return false;
    *out = (struct send_result){ .answer = answer.body };
    if (answer.is_too_large) {
        http_result_too_large(out, HTTP_ANSWER_MAX, url);
    } else if (sink->has_status) {
        result_of_status(sink, sink->status, out);
        if (out->verdict == SEND_TAKEN)
            (void)message_read(&answer, out); /* without one there is nothing to tell */
    } else if (answer.code != 0) {
        http_result_of_curl(out, http2_code((CURLcode)answer.code), url, answer.reason);
    } else if (answer.is_http_1) {
        result_of_http_1(sink, answer.status, out);
    } else if (answer.status != 200 || !message_read(&answer, out)) {
        /* With a message it was taken: libcurl 7.88 loses trailers that a GOAWAY follows closely.
         */
        result_of_status(sink, grpc_status_of_http(answer.status), out);
    }
    return true;
}

/* --- the request ------------------------------------------------------------------------------ */

static bool frame_fill(struct grpc_sink *sink, const char *body, size_t length)
{
    struct buf *frame = &sink->base.packed;
    char prefix[PREFIX_BYTES] = { 0 };

    buf_clear(frame);
    buf_add(frame, prefix, sizeof prefix);
    if (sink->base.packer == NULL)
        buf_add(frame, body, length);
    else if (!packer_pack(sink->base.packer, body, length, frame))
        return false;
    if (frame->has_failed)
        return false;
    prefix_write(frame->data, sink->base.packer != NULL, frame->length - PREFIX_BYTES);
    return true;
}

static void sink_start(struct sink *base, const char *body, size_t length, uint32_t timeout_ms)
{
    struct grpc_sink *sink = (struct grpc_sink *)base;

    sink->has_status = sink->has_retry_info = false;
    sink->retry_after_ns = 0;
    sink->message[0] = '\0';
    body = frame_fill(sink, body, length) ? sink->base.packed.data : NULL;
    http_post_start(sink->base.post, body, sink->base.packed.length, timeout_ms);
}

/* At most eight digits and a unit. */
static void timeout_format(uint32_t timeout_ms, char *out, size_t size)
{
    const uint32_t digits_max = 99999999;

    if (timeout_ms <= digits_max)
        (void)snprintf(out, size, "grpc-timeout: %um", timeout_ms);
    else
        (void)snprintf(out, size, "grpc-timeout: %uS", timeout_ms / 1000);
}

struct sink *grpc_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers)
{
    static const struct sink_operations operations = { sink_start, sink_take, post_sink_abort,
                                                       post_sink_destroy };
    struct grpc_sink *sink = NULL;
    bool is_packed = options->compression != PACK_NONE;
    char timeout[HEADER_BYTES], encoding[HEADER_BYTES];
    /* A timeout or an encoding that is not there must not end the list. */
    const char *headers[] = { "TE: trailers",
                              "Content-Type: application/grpc",
                              "grpc-accept-encoding: identity",
                              "Accept:",
                              "Expect:",
                              NULL,
                              NULL,
                              NULL };
    size_t count = 5;

    if ((curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2) == 0)
        return NULL;
    sink = mem_zalloc(1, sizeof *sink);
    if (sink == NULL)
        return NULL;
    timeout_format(options->timeout_ms, timeout, sizeof timeout);
    if (options->timeout_ms > 0)
        headers[count++] = timeout;
    (void)snprintf(encoding, sizeof encoding, "grpc-encoding: %s",
                   pack_format_name(options->compression));
    if (is_packed)
        headers[count++] = encoding;
    if (!post_sink_init(&sink->base, &operations, http,
                        &(struct http_post_options){ .receiver = options,
                                                     .headers = headers,
                                                     .is_http2 = true,
                                                     .take_header = take_header,
                                                     .user = sink },
                        bad_headers)) {
        post_sink_destroy(&sink->base.sink);
        return NULL;
    }
    return &sink->base.sink;
}
