/*
 * The frame round spans and log records alike in protobuf: resource, then one group per scope.
 * Only what stands for one record differs.
 */
#ifndef OTEL_AGENT_ENCODE_PROTO_RECORDS_H
#define OTEL_AGENT_ENCODE_PROTO_RECORDS_H

#include "agent/encode/proto_attribute.h"

/* Writes the fields of a Span or a LogRecord. */
typedef void (*proto_record_fn)(struct buf *out, const struct limited_record *record);

void proto_records_encode(const struct encoder *encoder, const struct limits *limits,
                          const uint8_t *const *records, uint32_t count, proto_record_fn write,
                          struct buf *out);

#endif
