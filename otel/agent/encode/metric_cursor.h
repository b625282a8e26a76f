/*
 * Where the encoding of a collection stands: a collection that is too large for one request goes
 * out in several, and every format walks it in the same order, scope by scope.
 */
#ifndef OTEL_AGENT_ENCODE_METRIC_CURSOR_H
#define OTEL_AGENT_ENCODE_METRIC_CURSOR_H

#include "agent/encode/encoder.h"
#include "agent/sdk/meter.h"

struct metric_cursor {
    uint64_t collection; /* another one began: start anew */
    uint8_t scope;
    unsigned place;              /* of the instrument in the meter */
    const struct stream *stream; /* the next one to write; NULL: the instrument's first */
};

/* Moves to the next stream that is exported, if the present one is not; false at the end. */
bool metric_cursor_seek(struct metric_cursor *cursor, const struct meter *meter);

/* Leaves the stream that metric_cursor_seek found. */
void metric_cursor_step(struct metric_cursor *cursor);

/* Writes points from the cursor on until out holds more than `enough` bytes or the collection is
 * done. Returns the number of points written. */
typedef uint32_t (*encode_metrics_fn)(const struct encoder *encoder, const struct meter *meter,
                                      struct metric_cursor *cursor, size_t enough, struct buf *out);

#endif
