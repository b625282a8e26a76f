/*
 * A growing run of bytes with a limit. An append that does not fit (the limit, or no memory)
 * changes nothing and sets has_failed; after that no append does anything, so that a writer checks
 * once, at the end.
 */
#ifndef OTEL_BASE_BUF_H
#define OTEL_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* length never exceeds it */
    bool has_failed;
};

void buf_init(struct buf *buf, size_t limit_bytes);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory, forgets the failure */

/* At least `size` free bytes behind data + length; false (and has_failed) when there are none. */
bool buf_make_room(struct buf *buf, size_t size);
static inline bool buf_reserve(struct buf *buf, size_t size)
{
    return (size <= buf->capacity - buf->length && !buf->has_failed) || buf_make_room(buf, size);
}

/* Bytes that are free already; none after a failure. */
static inline size_t buf_room(const struct buf *buf)
{
    return buf->has_failed ? 0 : buf->capacity - buf->length;
}

void buf_add_grown(struct buf *buf, const void *bytes, size_t length); /* buf_add's slow half */

/* Here, so that a text whose length the compiler knows is a store or two. */
static inline void buf_add(struct buf *buf, const void *bytes, size_t length)
{
    if (length == 0 || length > buf_room(buf)) {
        buf_add_grown(buf, bytes, length);
        return;
    }
    memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
}

void buf_add_text(struct buf *buf, const char *text); /* without its NUL */
void buf_add_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
