#include "agent/send/http_sink.h"

#include "agent/send/http_result.h"
#include "agent/send/retry.h"
#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HEADER_BYTES = 128 };

struct http_sink {
    struct sink sink;
    struct http_post *post;
    struct packer *packer; /* NULL: not compressed */
    struct buf packed;
    uint64_t retry_after_ns;
    enum send_answer_format answer_format;
};

static bool is_named(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && strncasecmp(name, wanted, length) == 0;
}

/* A media type, whatever its parameters. */
static enum send_answer_format format_of(const char *type, size_t length)
{
    const char *semicolon = memchr(type, ';', length);

    if (semicolon != NULL)
        length = (size_t)(semicolon - type);
    while (length > 0 && (type[length - 1] == ' ' || type[length - 1] == '\t'))
        length--;
    if (is_named(type, length, "application/json"))
        return SEND_ANSWER_JSON;
    return is_named(type, length, "application/x-protobuf") ? SEND_ANSWER_PROTOBUF
                                                            : SEND_ANSWER_NONE;
}

static void take_header(void *user, const char *name, size_t name_length, const char *value,
                        size_t value_length)
{
    struct http_sink *sink = user;

    if (is_named(name, name_length, "retry-after")) {
        if (!retry_after_parse(value, value_length, clock_wall_ns(), &sink->retry_after_ns))
            sink->retry_after_ns = 0;
    } else if (is_named(name, name_length, "content-type")) {
        sink->answer_format = format_of(value, value_length);
    }
}

static bool sink_take(struct sink *base, struct send_result *out)
{
    struct http_sink *sink = (struct http_sink *)base;
    const char *url = http_post_url(sink->post);
    struct http_answer answer;

    if (!http_post_take(sink->post, &answer))
        return false;
    *out = (struct send_result){ .answer = answer.body };
    if (sink->packed.capacity > HTTP_PACKED_KEPT) {
        buf_release(&sink->packed);
        buf_init(&sink->packed, HTTP_PACKED_MAX);
    }
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

    sink->retry_after_ns = 0;
    sink->answer_format = SEND_ANSWER_NONE;
    if (sink->packer != NULL) {
        buf_clear(&sink->packed);
        body = packer_pack(sink->packer, body, length, &sink->packed) ? sink->packed.data : NULL;
        length = sink->packed.length;
    }
    http_post_start(sink->post, body, length, timeout_ms);
}

static void sink_abort(struct sink *base)
{
    http_post_abort(((struct http_sink *)base)->post);
}

static void sink_destroy(struct sink *base)
{
    struct http_sink *sink = (struct http_sink *)base;

    http_post_destroy(sink->post);
    packer_destroy(sink->packer);
    buf_release(&sink->packed);
    mem_free(sink);
}

struct sink *http_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers)
{
    static const struct sink_operations operations = { sink_start, sink_take, sink_abort,
                                                       sink_destroy };
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
    buf_init(&sink->packed, HTTP_PACKED_MAX);
    sink->sink.operations = &operations;
    sink->packer = packer_create(options->compression);
    sink->post = http_post_create(http,
                                  &(struct http_post_options){
                                      .receiver = options,
                                      .headers = headers,
                                      .take_header = take_header,
                                      .user = sink,
                                  },
                                  bad_headers);
    if (sink->post == NULL || (is_packed && sink->packer == NULL)) {
        sink_destroy(&sink->sink);
        return NULL;
    }
    sink->sink.address = http_post_host(sink->post);
    sink->sink.port = http_post_port(sink->post);
    return &sink->sink;
}
