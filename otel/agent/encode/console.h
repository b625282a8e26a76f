/*
 * Telemetry for a person's eyes: one block per batch, one line per item, its attributes below.
 * Text from outside is escaped, so that it cannot drive a terminal.
 */
#ifndef OTEL_AGENT_ENCODE_CONSOLE_H
#define OTEL_AGENT_ENCODE_CONSOLE_H

#include "agent/encode/metric_cursor.h"

/* Of the type encode_records_fn, encode_records_fn, encode_metrics_fn. */
void console_traces_encode(const struct encoder *encoder, const struct limits *limits,
                           const uint8_t *const *records, uint32_t count, struct buf *out);
void console_logs_encode(const struct encoder *encoder, const struct limits *limits,
                         const uint8_t *const *records, uint32_t count, struct buf *out);
uint32_t console_metrics_encode(const struct encoder *encoder, const struct meter *meter,
                                struct metric_cursor *cursor, size_t enough, struct buf *out);

/* The resource as the head of each block has it. */
void console_resource(const uint8_t *set, struct buf *out);

#endif
