/* gzip at level 1: 2.4 us a span against 5.6 at level 6, for a fifth more bytes. */
#ifndef OTEL_AGENT_SEND_GZIP_H
#define OTEL_AGENT_SEND_GZIP_H

#include "base/buf.h"

struct gzip;

struct gzip *gzip_create(void); /* NULL when there is no memory */
void gzip_destroy(struct gzip *gzip);

/* Appends the whole of the input as one gzip member; false when it does not fit in out. */
bool gzip_pack(struct gzip *gzip, const char *input, size_t length, struct buf *out);

#endif
