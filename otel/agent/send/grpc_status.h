/*
 * gRPC's status codes: their names, which of them are worth another attempt, and what comes with
 * them in the trailers.
 *
 * Specification: OTLP "OTLP/gRPC Response", "OTLP/gRPC Throttling"; gRPC "PROTOCOL-HTTP2",
 * "http-grpc-status-mapping".
 */
#ifndef OTEL_AGENT_SEND_GRPC_STATUS_H
#define OTEL_AGENT_SEND_GRPC_STATUS_H

#include "agent/send/sink.h"

/* X(NAME, verdict): in the order of their numbers, from 0 on. */
#define GRPC_STATUSES(X)                                                                           \
    X(OK, SEND_TAKEN)                                                                              \
    X(CANCELLED, SEND_RETRY)                                                                       \
    X(UNKNOWN, SEND_REFUSED)                                                                       \
    X(INVALID_ARGUMENT, SEND_REFUSED)                                                              \
    X(DEADLINE_EXCEEDED, SEND_RETRY)                                                               \
    X(NOT_FOUND, SEND_REFUSED)                                                                     \
    X(ALREADY_EXISTS, SEND_REFUSED)                                                                \
    X(PERMISSION_DENIED, SEND_REFUSED)                                                             \
    X(RESOURCE_EXHAUSTED, SEND_REFUSED) /* but with RetryInfo: grpc_status_verdict */              \
    X(FAILED_PRECONDITION, SEND_REFUSED)                                                           \
    X(ABORTED, SEND_RETRY)                                                                         \
    X(OUT_OF_RANGE, SEND_RETRY)                                                                    \
    X(UNIMPLEMENTED, SEND_REFUSED)                                                                 \
    X(INTERNAL, SEND_REFUSED)                                                                      \
    X(UNAVAILABLE, SEND_RETRY)                                                                     \
    X(DATA_LOSS, SEND_RETRY)                                                                       \
    X(UNAUTHENTICATED, SEND_REFUSED)

#define GRPC_STATUS_ID(name, verdict) GRPC_##name,
enum grpc_status { GRPC_STATUSES(GRPC_STATUS_ID) GRPC_STATUS_COUNT };
#undef GRPC_STATUS_ID

/* The status of a trailer's text; what is no status is UNKNOWN. */
enum grpc_status grpc_status_read(const char *text, size_t length);

/* The status that stands for an answer without one. */
enum grpc_status grpc_status_of_http(long http_status);

const char *grpc_status_name(enum grpc_status status);

enum send_verdict grpc_status_verdict(enum grpc_status status, bool has_retry_info);

/* grpc-message is percent-encoded: the text as one printable line. */
void grpc_message_read(const char *text, size_t length, char *out, size_t out_size);

/* The delay of the RetryInfo in a grpc-status-details-bin (base64 with or without padding of a
 * google.rpc.Status); false when there is none. */
bool grpc_retry_info_read(const char *text, size_t length, uint64_t *delay_ns);

#endif
