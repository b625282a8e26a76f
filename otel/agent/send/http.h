/*
 * Requests by libcurl, for the sinks that speak HTTP: one multi handle for the whole launcher,
 * and posts, each with one easy handle and so one request at a time, on a connection that is
 * kept. What a body is and what an answer means is the sinks' (http_sink.h, grpc_sink.h).
 *
 * Bounds: the request by its caller (64 MiB before compression), the answer at 4 MiB, of which
 * the first SEND_ANSWER_BYTES are kept; every attempt by its time-out.
 */
#ifndef OTEL_AGENT_SEND_HTTP_H
#define OTEL_AGENT_SEND_HTTP_H

#include "agent/send/packer.h"
#include "agent/send/sink.h"

#include <poll.h>

enum {
    HTTP_ANSWER_MAX = 4 * 1024 * 1024,
    HTTP_PACKED_MAX = 96 * 1024 * 1024, /* the largest body, if packing makes it no smaller */
    HTTP_PACKED_KEPT = 1024 * 1024,     /* of a body's memory, between two requests */
};

struct http;

struct http *http_create(void);       /* NULL when there is no memory */
void http_destroy(struct http *http); /* after its posts */

/* Moves every transfer as far as it goes without waiting. True when one has ended, whose sink has
 * a result to take. */
bool http_step(struct http *http);

/* Transfers under way. */
int http_running(const struct http *http);

/* When http_step wants to be called though no descriptor is ready, in ms; -1: never. */
long http_timeout_ms(const struct http *http);

/* As poll(2), also for what curl waits for; with nothing under way it is poll(2). */
int http_wait(struct http *http, struct pollfd *fds, unsigned fd_count, int timeout_ms);

/* What the user can set of a receiver. Texts are never NULL and "" for not set. */
struct http_options {
    const char *url;
    const char *headers;            /* header_list.h; win over the protocol's own */
    const char *certificate;        /* PEM of the trusted authorities; "": the system's */
    const char *client_certificate; /* PEM chain, with its key: mutual TLS */
    const char *client_key;
    const char *content_type; /* of OTLP/HTTP; gRPC has its own */
    const char *user_agent;
    enum pack_format compression;
    uint32_t timeout_ms; /* of each attempt, where the protocol tells the receiver; 0: none */
};

struct http_post;

struct http_post_options {
    const struct http_options *receiver;
    const char *const *headers; /* the protocol's, NULL behind the last: "Name: value", or "Name:"
                                   for one of curl's own that shall not go out */
    bool is_http2;              /* alone: prior knowledge for http, ALPN for https */
    void (*take_header)(void *user, const char *name, size_t name_length, const char *value,
                        size_t value_length); /* of the answer, also of its trailers */
    void *user;
};

/*
 * NULL when there is no memory or curl refuses the address. *bad_headers: members of the user's
 * headers that have been left out.
 */
struct http_post *http_post_create(struct http *http, const struct http_post_options *options,
                                   unsigned *bad_headers);
void http_post_destroy(struct http_post *post);

const char *http_post_url(const struct http_post *post);
const char *http_post_host(const struct http_post *post);
uint16_t http_post_port(const struct http_post *post);

/* The body stays where it is until the answer is taken. NULL: there was no memory for it. */
void http_post_start(struct http_post *post, const char *body, size_t length, uint32_t timeout_ms);
void http_post_abort(struct http_post *post);

struct http_answer {
    int code;           /* CURLcode: 0 when the transfer went well */
    const char *reason; /* more than the code says; NULL: nothing */
    long status;        /* 0: none came */
    bool is_http_1;     /* it came by HTTP/1.0 or 1.1 */
    bool is_too_large;
    bool is_whole; /* the body is all of the answer's */
    const char *body;
    size_t length;
};

/* True once, when what was started has ended. The answer is valid until the next start. */
bool http_post_take(struct http_post *post, struct http_answer *out);

#endif
