/*
 * OTLP/gRPC: a protobuf body as one unary call over HTTP/2, in gRPC's own frame, packed inside
 * it; what became of it comes in the trailers.
 *
 * Specification: gRPC "PROTOCOL-HTTP2"; OTLP "OTLP/gRPC".
 */
#ifndef OTEL_AGENT_SEND_GRPC_SINK_H
#define OTEL_AGENT_SEND_GRPC_SINK_H

#include "agent/send/http.h"

/* The url's path names the method. NULL and *bad_headers: as http_post_create; NULL also when
 * this libcurl knows no HTTP/2. */
struct sink *grpc_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers);

#endif
