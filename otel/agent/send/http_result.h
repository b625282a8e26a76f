/*
 * What the end of a transfer means for the body that was sent, and the line that tells it: what
 * happened, where, and what to do.
 */
#ifndef OTEL_AGENT_SEND_HTTP_RESULT_H
#define OTEL_AGENT_SEND_HTTP_RESULT_H

#include "agent/send/sink.h"

#include <curl/curl.h>

/* No status came. reason: more than the code says, or NULL. */
void http_result_of_curl(struct send_result *out, CURLcode code, const char *url,
                         const char *reason);

void http_result_of_status(struct send_result *out, long status, const char *url);

/*
 * Whatever the status was: OTLP's specification has a client treat an answer beyond its limit as an
 * error that is not tried again ("OTLP/HTTP Response"). What the receiver took is not known then.
 */
void http_result_too_large(struct send_result *out, size_t limit_bytes, const char *url);

#endif
