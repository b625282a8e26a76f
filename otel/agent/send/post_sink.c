#include "agent/send/post_sink.h"

#include "base/mem.h"

#include <string.h>
#include <strings.h>

bool post_sink_init(struct post_sink *sink, const struct sink_operations *operations,
                    struct http *http, const struct http_post_options *options,
                    unsigned *bad_headers)
{
    enum pack_format compression = options->receiver->compression;

    buf_init(&sink->packed, HTTP_PACKED_MAX);
    sink->sink.operations = operations;
    sink->packer = packer_create(compression);
    sink->post = http_post_create(http, options, bad_headers);
    if (sink->post == NULL || (compression != PACK_NONE && sink->packer == NULL))
        return false;
    sink->sink.address = http_post_host(sink->post);
    sink->sink.port = http_post_port(sink->post);
    return true;
}

bool post_sink_answered(struct post_sink *sink, struct http_answer *out)
{
    if (!http_post_take(sink->post, out))
        return false;
    if (sink->packed.capacity > HTTP_PACKED_KEPT) {
        buf_release(&sink->packed);
        buf_init(&sink->packed, HTTP_PACKED_MAX);
    }
    return true;
}

void post_sink_abort(struct sink *base)
{
    http_post_abort(((struct post_sink *)base)->post);
}

void post_sink_destroy(struct sink *base)
{
    struct post_sink *sink = (struct post_sink *)base;

    http_post_destroy(sink->post);
    packer_destroy(sink->packer);
    buf_release(&sink->packed);
    mem_free(sink);
}

bool post_sink_is_named(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && strncasecmp(name, wanted, length) == 0;
}
