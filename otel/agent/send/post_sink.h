/*
 * What every sink that posts to one URL has: the post, a packer, and the room in which a body is
 * packed. Such a sink begins with a struct post_sink, and has a start and a take of its own.
 */
#ifndef OTEL_AGENT_POST_SINK_H
#define OTEL_AGENT_POST_SINK_H

#include "agent/send/http.h"
#include "agent/send/packer.h"
#include "agent/send/sink.h"
#include "base/buf.h"

struct post_sink {
    struct sink sink; /* first: a struct sink is one of these */
    struct http_post *post;
    struct packer *packer; /* NULL: not packed */
    struct buf packed;     /* what is on the way */
};

/* Of zeroed memory; false when there is no room or no way: post_sink_destroy is then due. */
bool post_sink_init(struct post_sink *sink, const struct sink_operations *operations,
                    struct http *http, const struct http_post_options *options,
                    unsigned *bad_headers);

/* False while the answer is not there. Then also lets go of a body that was a large one. */
bool post_sink_answered(struct post_sink *sink, struct http_answer *out);

/* Two of the operations. */
void post_sink_abort(struct sink *base);
void post_sink_destroy(struct sink *base);

/* A header's name or a media type, in any case. */
bool post_sink_is_named(const char *name, size_t length, const char *wanted);

#endif
