/*
 * The headers that a user adds to each request: "key=value,key=value", values percent-encoded.
 * Each is checked, so that no setting can smuggle a second header or request in.
 *
 * Specification: OTLP exporter "Specifying headers via environment variables".
 */
#ifndef OTEL_AGENT_SEND_HEADER_LIST_H
#define OTEL_AGENT_SEND_HEADER_LIST_H

/* Takes one header, "Name: value" (RFC 9110). */
typedef void (*header_list_fn)(void *user, const char *line);

/* Calls take for each member and returns how many were no header and have been left out. */
unsigned header_list_parse(const char *list, header_list_fn take, void *user);

#endif
