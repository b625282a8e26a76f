#include "agent/send/http_sink.h"

#include "agent/send/http_result.h"
#include "agent/send/post_sink.h"
#include "agent/send/retry.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_BYTES = 128 };

struct http_sink {
    struct post_sink base;
    uint64_t retry_after_ns;
    enum send_answer_format answer_format;
};

/* A media type, whatever its parameters. */
static enum send_answer_format format_of(const char *type, size_t length)
{
    const char *semicolon = memchr(type, ';', length);

    if (semicolon != NULL)
        length = (size_t)(semicolon - type);
    while (length > 0 && (type[length - 1] == ' ' || type[length - 1] == '\t'))
        length--;
    if (post_sink_is_named(type, length, "application/json"))
        return SEND_ANSWER_JSON;
    return post_sink_is_named(type, length, "application/x-protobuf") ? SEND_ANSWER_PROTOBUF
                                                                      : SEND_ANSWER_NONE;
}

static void take_header(void *user, const char *name, size_t name_length, const char *value,
                        size_t value_length)
{
    struct http_sink *sink = user;

    if (post_sink_is_named(name, name_length, "retry-after")) {
        if (!retry_after_parse(value, value_length, clock_wall_ns(), &sink->retry_after_ns))
            sink->retry_after_ns = 0;
    } else if (post_sink_is_named(name, name_length, "content-type")) {
        sink->answer_format = format_of(value, value_length);
    }
}

static bool sink_take(struct sink *base, struct send_result *out)
{
    struct http_sink *sink = (struct http_sink *)base;
    const char *url = http_post_url(sink->base.post);
    struct http_answer answer;

    if (!post_sink_answered(&sink->base, &answer))
        return false;
    *out = (struct send_result){ .answer = answer.body };
    if (answer.is_too_large) {
        http_result_too_large(out, HTTP_ANSWER_MAX, url);
    } else if (answer.code != 0 && answer.status < 200) {
        http_result_of_curl(out, (CURLcode)answer.code, url, answer.reason);
    } else {
        /* Once there is a status the receiver has decided, also when the rest of its answer got
         * lost: sending again what it took would only make duplicates. */
        http_result_of_status(out, answer.status, url);
        out->retry_after_ns = sink->retry_after_ns;
        if (answer.is_whole) {
            out->answer_format = sink->answer_format;
            out->answer_length = answer.length;
        }
    }
    return true;
}

static void sink_start(struct sink *base, const char *body, size_t length, uint32_t timeout_ms)
{
    struct http_sink *sink = (struct http_sink *)base;
    struct buf *packed = &sink->base.packed;

    sink->retry_after_ns = 0;
    sink->answer_format = SEND_ANSWER_NONE;
    if (sink->base.packer != NULL) {
        buf_clear(packed);
        body = packer_pack(sink->base.packer, body, length, packed) ? packed->data : NULL;
        length = packed->length;
    }
    http_post_start(sink->base.post, body, length, timeout_ms);
}

struct sink *http_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers)
{
    static const struct sink_operations operations = { sink_start, sink_take, post_sink_abort,
                                                       post_sink_destroy };
    struct http_sink *sink = mem_zalloc(1, sizeof *sink);
    bool is_packed = options->compression != PACK_NONE;
    char content_type[HEADER_BYTES], encoding[HEADER_BYTES];
    /* "Expect:" without a value: no 100-continue round trip before each body. */
    const char *const headers[] = { content_type, "Expect:", is_packed ? encoding : NULL, NULL };

    if (sink == NULL)
        return NULL;
    (void)snprintf(content_type, sizeof content_type, "Content-Type: %s", options->content_type);
    (void)snprintf(encoding, sizeof encoding, "Content-Encoding: %s",
                   pack_format_name(options->compression));
    if (!post_sink_init(
            &sink->base, &operations, http,
            &(struct http_post_options){
                .receiver = options, .headers = headers, .take_header = take_header, .user = sink },
            bad_headers)) {
        post_sink_destroy(&sink->base.sink);
        return NULL;
    }
    return &sink->base.sink;
}
