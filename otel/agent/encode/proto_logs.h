/* Log records as an OTLP ExportLogsServiceRequest in protobuf. */
#ifndef OTEL_AGENT_ENCODE_PROTO_LOGS_H
#define OTEL_AGENT_ENCODE_PROTO_LOGS_H

#include "agent/encode/encoder.h"

/* An encode_records_fn. */
void proto_logs_encode(const struct encoder *encoder, const struct limits *limits,
                       const uint8_t *const *records, uint32_t count, struct buf *out);

#endif
