/* The record headers of one FastCGI request. Specification: FastCGI 1.0, sections 3.3 and 8. */
#include "http/guard.h"

#include <string.h>

enum { FCGI_VERSION = 1, BEGIN_BODY_BYTES = 8 };

enum record_kind {
    RECORD_KIND_BEGIN_REQUEST = 1,
    RECORD_KIND_PARAMS = 4,
    RECORD_KIND_STDIN = 5,
};

static unsigned two_bytes(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* False when a pair claims more than all parameters together may have. */
static bool pairs_feed(struct guard_pairs *pairs, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (pairs->left > 0) {
            size_t skipped = length - i < pairs->left ? length - i : pairs->left;

            pairs->left -= (uint32_t)skipped;
            i += skipped - 1;
            continue;
        }
        if (pairs->length_pending > 0) {
            pairs->length = pairs->length << 8 | bytes[i];
            pairs->length_pending--;
        } else {
            /* The highest bit of the first byte says that three more follow. */
            pairs->length = bytes[i] & 0x7f;
            pairs->length_pending = bytes[i] & 0x80 ? 3 : 0;
        }
        if (pairs->length_pending > 0)
            continue;
        if (pairs->length > GUARD_PARAMS_BYTES_MAX)
            return false;
        if (pairs->is_at_value)
            pairs->left = pairs->name_length + pairs->length;
        else
            pairs->name_length = pairs->length;
        pairs->is_at_value = !pairs->is_at_value;
    }
    return true;
}

static bool pairs_are_whole(const struct guard_pairs *pairs)
{
    return !pairs->is_at_value && pairs->length_pending == 0 && pairs->left == 0;
}

/* A stream's record: an empty one ends the stream and leads to the next stage. */
static enum guard_stage params_stage(struct http_guard *guard, unsigned content)
{
    if (content == 0)
        return pairs_are_whole(&guard->pairs) ? GUARD_STDIN : GUARD_REFUSED;
    guard->params_bytes += content;
    return guard->params_bytes > GUARD_PARAMS_BYTES_MAX ? GUARD_REFUSED : GUARD_PARAMS;
}

static enum guard_stage stdin_stage(struct http_guard *guard, unsigned content)
{
    if (content == 0)
        return GUARD_COMPLETE;
    guard->stdin_bytes += content;
    return guard->stdin_bytes > GUARD_STDIN_BYTES_MAX ? GUARD_REFUSED : GUARD_STDIN;
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
    if (header[6] > 0 && (kind == RECORD_KIND_BEGIN_REQUEST || content == 0))
        return GUARD_REFUSED;
    if (guard->stage == GUARD_BEGIN) {
        if (kind != RECORD_KIND_BEGIN_REQUEST || content != BEGIN_BODY_BYTES)
            return GUARD_REFUSED;
        guard->request_id = (uint16_t)request_id;
        return GUARD_PARAMS;
    }
    if (request_id != guard->request_id)
        return GUARD_REFUSED;
    if (kind == RECORD_KIND_PARAMS && guard->stage == GUARD_PARAMS)
        return params_stage(guard, content);
    if (kind == RECORD_KIND_STDIN && guard->stage == GUARD_STDIN)
        return stdin_stage(guard, content);
    return GUARD_REFUSED;
}

void guard_reset(struct http_guard *guard)
{
    memset(guard, 0, sizeof *guard);
}

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* Takes bytes of the record's content; returns how many. */
static size_t content_feed(struct http_guard *guard, const uint8_t *bytes, size_t length)
{
    size_t taken = smaller(length, guard->content_left);

    guard->content_left -= (uint32_t)taken;
    if (guard->header[1] == RECORD_KIND_PARAMS && !pairs_feed(&guard->pairs, bytes, taken))
        guard->stage = GUARD_REFUSED;
    return taken;
}

static size_t padding_feed(struct http_guard *guard, size_t length)
{
    size_t taken = smaller(length, guard->padding_left);

    guard->padding_left -= (uint32_t)taken;
    return taken;
}

static size_t header_feed(struct http_guard *guard, uint8_t byte)
{
    guard->header[guard->header_length++] = byte;
    if (guard->header_length == GUARD_HEADER_BYTES) {
        guard->header_length = 0;
        guard->content_left = two_bytes(guard->header + 4);
        guard->padding_left = guard->header[6];
        guard->stage = header_stage(guard);
    }
    return 1;
}

bool guard_feed(struct http_guard *guard, const uint8_t *bytes, size_t length)
{
    size_t at = 0;

    while (at < length && guard->stage != GUARD_REFUSED) {
        if (guard->content_left > 0)
            at += content_feed(guard, bytes + at, length - at);
        else if (guard->padding_left > 0)
            at += padding_feed(guard, length - at);
        else if (guard->stage == GUARD_COMPLETE)
            guard->stage = GUARD_REFUSED; /* libfcgi would lose these bytes with its buffer */
        else
            at += header_feed(guard, bytes[at]);
    }
    return guard->stage != GUARD_REFUSED;
}
