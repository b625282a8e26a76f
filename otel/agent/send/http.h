/*
 * OTLP over HTTP/1.1: one curl multi handle for the whole launcher, one sink per destination,
 * each with one easy handle and so one request at a time, on a connection that is kept.
 *
 * Bounds: the request by its caller (64 MiB before compression), the answer at 4 MiB, of which
 * the first SEND_ANSWER_BYTES are kept; every attempt by its time-out.
 *
 * Specification: protocol/exporter.md; OTLP "OTLP/HTTP".
 */
#ifndef OTEL_AGENT_SEND_HTTP_H
#define OTEL_AGENT_SEND_HTTP_H

#include "agent/send/sink.h"

#include <poll.h>

enum { HTTP_ANSWER_MAX = 4 * 1024 * 1024 };

struct http;

struct http *http_create(void);       /* NULL when there is no memory */
void http_destroy(struct http *http); /* after its sinks */

struct http_options {
    const char *url;
    const char *headers;     /* header_list.h; wins over what is set here */
    const char *certificate; /* PEM of the trusted authorities; "": the system's */
    const char *content_type;
    const char *user_agent;
    bool has_gzip;
};

/*
 * NULL when there is no memory or curl refuses the address. *bad_headers: members of `headers`
 * that have been left out.
 */
struct sink *http_sink_create(struct http *http, const struct http_options *options,
                              unsigned *bad_headers);

/* Moves every transfer as far as it goes without waiting. True when one has ended, whose sink has
 * a result to take. */
bool http_step(struct http *http);

/* Transfers under way. */
int http_running(const struct http *http);

/* When http_step wants to be called though no descriptor is ready, in ms; -1: never. */
long http_timeout_ms(const struct http *http);

/* As poll(2), also for what curl waits for; with nothing under way it is poll(2). */
int http_wait(struct http *http, struct pollfd *fds, unsigned fd_count, int timeout_ms);

#endif
