/* Spans below the SERVER span, and what the request code shares with them. */
#ifndef OTEL_RECORD_TRACER_H
#define OTEL_RECORD_TRACER_H

#include "record/span_handle.h"
#include "record/thread.h"

/* Begins a span's record, without a name. `own` is its context; started_ns is monotonic. */
void span_place_begin(const struct record_place *place, enum record_scope scope,
                      enum otel_span_kind kind, const struct otel_context *own,
                      const struct otel_context *parent, uint64_t started_ns);

/* Puts an attribute into a span's record; what does not fit is counted there and in the slot. */
void span_place_attribute(const struct record_place *place, const struct otel_attribute *attribute);

/* Puts a text that is no attribute: name, status message, tracestate. */
void span_place_text(const struct record_place *place, enum record_item_kind kind,
                     struct otel_str text);

/* Counts a text that was cut before it came here. */
void span_place_count_cut(void);

void span_place_status(const struct record_place *place, enum otel_span_status status,
                       struct otel_str description);

/* A fresh trace: id, flags and clock anchor; sampled as the sampler says. A caller that named no
 * trace may still have said whether it samples: `parent`. */
void span_root_context(struct segment_slot *slot, enum segment_parent parent, uint64_t now_ns,
                       struct otel_context *out);

/* Copies the finished record to the slot's ring and gives the place back; counts either way. */
void span_place_end(struct segment_slot *slot, const struct record_place *place, uint64_t end_ns);

/* The end of a span that the sampler dropped. */
void span_count_sampled_out(struct segment_slot *slot);

#endif
