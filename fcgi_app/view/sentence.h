/* The answer for more than 100 rows: "Successfully fetched N data items in X.XX ms". */
#ifndef BOARD_VIEW_SENTENCE_H
#define BOARD_VIEW_SENTENCE_H

#include "base/buf.h"

void sentence_write(struct buf *out, int64_t count, uint64_t duration_ns);

#endif
