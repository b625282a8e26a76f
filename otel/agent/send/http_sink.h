/*
 * OTLP/HTTP: a body in JSON or protobuf by HTTP/1.1, packed as Content-Encoding says.
 *
 * Specification: protocol/exporter.md; OTLP "OTLP/HTTP".
 */
#ifndef OTEL_AGENT_SEND_HTTP_SINK_H
#define OTEL_AGENT_SEND_HTTP_SINK_H

#include "agent/send/http.h"

/* NULL and *bad_headers: as http_post_create. */
struct sink *http_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers);

#endif
