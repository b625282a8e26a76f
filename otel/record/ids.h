/*
 * Trace and span ids: random, never all zero. Each thread has its own generator, in its slot.
 * Trace ids for AWS X-Ray begin with the second of their making, in four bytes, big end first.
 */
#ifndef OTEL_RECORD_IDS_H
#define OTEL_RECORD_IDS_H

#include "segment/layout.h"

void ids_trace(struct segment_slot *slot, enum segment_id_generator generator, uint64_t wall_ns,
               uint8_t trace_id[16]);
void ids_span(struct segment_slot *slot, uint8_t span_id[8]);

#endif
