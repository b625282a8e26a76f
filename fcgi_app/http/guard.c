/* The record headers of one FastCGI request. Specification: FastCGI 1.0, sections 3.3 and 8. */
#include "http/guard.h"

#include <string.h>

enum { FCGI_VERSION = 1, BEGIN_BODY_BYTES = 8 };

enum record_kind {
    RECORD_KIND_BEGIN_REQUEST = 1,
    RECORD_KIND_ABORT_REQUEST = 2,
    RECORD_KIND_PARAMS = 4,
    RECORD_KIND_STDIN = 5,
};

static unsigned two_bytes(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* A stream's record: an empty one ends the stream and leads to the next stage. */
static enum guard_stage stream_stage(enum guard_stage stage, unsigned content, uint32_t *bytes,
                                     uint32_t limit_bytes)
{
    if (content == 0)
        return stage == GUARD_PARAMS ? GUARD_STDIN : GUARD_COMPLETE;
    *bytes += content;
    return *bytes > limit_bytes ? GUARD_REFUSED : stage;
}

/* The stage that a whole header leads to. */
static enum guard_stage header_stage(struct http_guard *guard)
{
    const uint8_t *header = guard->header;
    unsigned kind = header[1];
    unsigned request_id = two_bytes(header + 2);
    unsigned content = two_bytes(header + 4);

    /* Id 0 makes a management record of any type. */
    if (header[0] != FCGI_VERSION || request_id == 0)
        return GUARD_REFUSED;
    if (guard->stage == GUARD_BEGIN) {
        if (kind != RECORD_KIND_BEGIN_REQUEST || content != BEGIN_BODY_BYTES)
            return GUARD_REFUSED;
        guard->request_id = (uint16_t)request_id;
        return GUARD_PARAMS;
    }
    if (request_id != guard->request_id)
        return GUARD_REFUSED;
    if (kind == RECORD_KIND_ABORT_REQUEST)
        return guard->stage;
    if (kind == RECORD_KIND_PARAMS && guard->stage == GUARD_PARAMS)
        return stream_stage(GUARD_PARAMS, content, &guard->params_bytes, GUARD_PARAMS_BYTES_MAX);
    if (kind == RECORD_KIND_STDIN && guard->stage == GUARD_STDIN)
        return stream_stage(GUARD_STDIN, content, &guard->stdin_bytes, GUARD_STDIN_BYTES_MAX);
    return GUARD_REFUSED;
}

void guard_reset(struct http_guard *guard)
{
    memset(guard, 0, sizeof *guard);
}

bool guard_feed(struct http_guard *guard, const uint8_t *bytes, size_t length)
{
    while (length > 0 && guard->stage != GUARD_REFUSED) {
        if (guard->left > 0) {
            size_t skipped = length < guard->left ? length : guard->left;

            guard->left -= (uint32_t)skipped;
            bytes += skipped;
            length -= skipped;
            continue;
        }
        if (guard->stage == GUARD_COMPLETE) {
            /* libfcgi would throw these bytes away with its buffer: a lost request. */
            guard->stage = GUARD_REFUSED;
            break;
        }
        guard->header[guard->header_length++] = *bytes++;
        length--;
        if (guard->header_length == GUARD_HEADER_BYTES) {
            guard->header_length = 0;
            guard->left = two_bytes(guard->header + 4) + guard->header[6];
            guard->stage = header_stage(guard);
        }
    }
    return guard->stage != GUARD_REFUSED;
}
