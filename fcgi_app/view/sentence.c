/* Milliseconds with two decimals, as the service that this one replaces said it. */
#include "view/sentence.h"

#include <inttypes.h>

void sentence_write(struct buf *out, int64_t count, uint64_t duration_ns)
{
    buf_add_format(out, "Successfully fetched %" PRId64 " data items in %.2f ms", count,
                   (double)duration_ns / 1e6);
}
