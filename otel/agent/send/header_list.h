/*
 * The headers that a user adds to each request: "key=value,key=value", values percent-encoded.
 * Each is checked, so that no setting can smuggle a second header or request in.
 *
 * Specification: OTLP exporter "Specifying headers via environment variables".
 */
#ifndef OTEL_AGENT_SEND_HEADER_LIST_H
#define OTEL_AGENT_SEND_HEADER_LIST_H

#include <stdbool.h>

/* Takes one header, "Name: value" (RFC 9110). */
typedef void (*header_list_fn)(void *user, const char *line);

/* Calls take for each member and returns how many were no header and have been left out. is_grpc:
 * the values of keys that end in -bin may be any bytes, and are taken in base64. */
unsigned header_list_parse(const char *list, bool is_grpc, header_list_fn take, void *user);

#endif
