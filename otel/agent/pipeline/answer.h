/*
 * What a receiver says in the body of its answer: a partial success, or the message of an error.
 * The body is untrusted; what has not that shape says nothing.
 *
 * Specification: OTLP "Partial Success", "Failures" (google.rpc.Status).
 */
#ifndef OTEL_AGENT_ANSWER_H
#define OTEL_AGENT_ANSWER_H

#include "agent/send/sink.h"

enum { ANSWER_MESSAGE_BYTES = 160 };

struct answer {
    uint64_t rejected;                  /* spans, log records or data points */
    char message[ANSWER_MESSAGE_BYTES]; /* printable; empty: none */
};

/* The answer of a transfer, in whichever format it came. */
void answer_read(const struct send_result *result, struct answer *out);

#endif
