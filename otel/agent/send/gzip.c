#include "agent/send/gzip.h"

#include "base/mem.h"

#include <limits.h>

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

enum { GZIP_LEVEL = 1, GZIP_WINDOW_BITS = 15 + 16, GZIP_MEMORY_LEVEL = 8 };

struct gzip {
    z_stream stream;
};

struct gzip *gzip_create(void)
{
    struct gzip *gzip = mem_zalloc(1, sizeof *gzip);

    if (gzip != NULL && deflateInit2(&gzip->stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS,
                                     GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        mem_free(gzip);
        gzip = NULL;
    }
    return gzip;
}

void gzip_destroy(struct gzip *gzip)
{
    if (gzip == NULL)
        return;
    (void)deflateEnd(&gzip->stream); /* tells whether output was left: of no interest any more */
    mem_free(gzip);
}

bool gzip_pack(struct gzip *gzip, const char *input, size_t length, struct buf *out)
{
    z_stream *stream = &gzip->stream;
    uLong bound;

    if (length > UINT_MAX || deflateReset(stream) != Z_OK)
        return false;
    bound = deflateBound(stream, (uLong)length);
    if (bound > UINT_MAX || !buf_reserve(out, bound))
        return false;
    stream->next_in = (const Bytef *)input;
    stream->avail_in = (uInt)length;
    stream->next_out = (Bytef *)(out->data + out->length);
    stream->avail_out = (uInt)bound;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return false;
    out->length += bound - stream->avail_out;
    return true;
}
