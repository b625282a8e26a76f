/*
 * Whether and when to try again: the protocol's table of statuses, exponential back-off with
 * jitter, Retry-After.
 *
 * Specification: OTLP "Failures", "OTLP/HTTP Throttling"; RFC 9110 10.2.3.
 */
#ifndef OTEL_AGENT_SEND_RETRY_H
#define OTEL_AGENT_SEND_RETRY_H

#include "agent/send/sink.h"

/* What an HTTP status means for the body that was sent. */
enum send_verdict retry_verdict(long http_status);

/* The state of one receiver, over all its bodies: a body that is given up does not make the
 * receiver any healthier. */
struct retry {
    uint32_t failures;      /* in a row */
    uint64_t wait_ns;       /* the last back-off, from which the next grows */
    uint64_t not_before_ns; /* monotonic; 0: at once */
    uint64_t random[4];
};

void retry_init(struct retry *retry);
void retry_succeed(struct retry *retry);

/*
 * Sets when the next attempt is due: 1 s, then 1.5 to 2 times as long each time, up to 30 s, or
 * 5 s where nothing listens (such an attempt burdens nobody, and what comes back shall be found
 * soon); never before what the receiver asked for, up to 10 minutes.
 */
void retry_fail(struct retry *retry, const struct send_result *result, uint64_t now_ns);

/* Retry-After as seconds or as a date, from now on in ns; false when it is neither. A date that
 * has passed is 0. */
bool retry_after_parse(const char *text, size_t length, uint64_t wall_now_ns, uint64_t *out_ns);

#endif
