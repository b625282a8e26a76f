#include "base/buf.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUF_FIRST_CAPACITY 256

void buf_init(struct buf *buf, size_t limit_bytes)
{
    /* One byte more than the limit must have a size: see buf_grow. */
    *buf = (struct buf){ .limit = limit_bytes < SIZE_MAX ? limit_bytes : SIZE_MAX - 1 };
}

void buf_release(struct buf *buf)
{
    mem_free(buf->data);
    *buf = (struct buf){ .limit = buf->limit };
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->has_failed = false;
}

/*
 * Doubles, so that appending n bytes costs O(n), and never goes past the limit. One byte more
 * than the capacity is there for the NUL that vsnprintf insists on.
 */
static bool buf_grow(struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity ? buf->capacity : BUF_FIRST_CAPACITY;
    char *data = NULL;

    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    if (capacity > buf->limit)
        capacity = buf->limit;
    data = mem_realloc(buf->data, capacity + 1);
    if (!data)
        return false;
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

bool buf_make_room(struct buf *buf, size_t size)
{
    if (buf->has_failed)
        return false;
    if (size > buf->limit || buf->length > buf->limit - size ||
        !buf_grow(buf, buf->length + size)) {
        buf->has_failed = true;
        return false;
    }
    return true;
}

void buf_add_grown(struct buf *buf, const void *bytes, size_t length)
{
    if (length == 0 || !buf_reserve(buf, length))
        return;
    memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

/* Into the free room first; formatted a second time only when that was too small. */
void buf_add_format(struct buf *buf, const char *format, ...)
{
    size_t room = buf->data ? buf->capacity - buf->length + 1 : 0;
    va_list arguments;
    int length = 0;

    if (buf->has_failed)
        return;
    va_start(arguments, format);
    length = vsnprintf(room ? buf->data + buf->length : NULL, room, format, arguments);
    va_end(arguments);
    if (length < 0)
        buf->has_failed = true;
    else if ((size_t)length >= room && buf_reserve(buf, (size_t)length)) {
        va_start(arguments, format);
        (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
        va_end(arguments);
    }
    if (!buf->has_failed)
        buf->length += (size_t)length;
}
