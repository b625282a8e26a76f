#include "agent/send/packer.h"

#include "base/mem.h"

#include <limits.h>

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

enum { LEVEL = 1, WINDOW_BITS = 15, WINDOW_BITS_GZIP = 15 + 16, MEMORY_LEVEL = 8 };

struct packer {
    z_stream stream;
};

const char *pack_format_name(enum pack_format format)
{
    switch (format) {
    case PACK_NONE:
        break;
    case PACK_GZIP:
        return "gzip";
    case PACK_DEFLATE:
        return "deflate";
    }
    return "identity";
}

struct packer *packer_create(enum pack_format format)
{
    struct packer *packer = NULL;
    int window_bits = format == PACK_GZIP ? WINDOW_BITS_GZIP : WINDOW_BITS;

    if (format == PACK_NONE)
        return NULL;
    packer = mem_zalloc(1, sizeof *packer);
    if (packer != NULL && deflateInit2(&packer->stream, LEVEL, Z_DEFLATED, window_bits,
                                       MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        mem_free(packer);
        packer = NULL;
    }
    return packer;
}

void packer_destroy(struct packer *packer)
{
    if (packer == NULL)
        return;
    (void)deflateEnd(&packer->stream); /* tells whether output was left: of no interest */
    mem_free(packer);
}

bool packer_pack(struct packer *packer, const char *input, size_t length, struct buf *out)
{
    z_stream *stream = &packer->stream;
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
