/*
 * Using an HTTP/2 connection without TLS again, in spite of libcurl 7.88: told that the server
 * knows HTTP/2, it puts a second HTTP/2 over the first on a connection that it takes again, and
 * fails (curl issue 10634, mended in 8.0). Told nothing of the kind it goes on well, but begins a
 * new connection with HTTP/1.1. So who begins a request must know which of the two curl will do:
 * here the sockets of each receiver are counted, and looked at.
 */
#ifndef OTEL_AGENT_SEND_H2_REUSE_H
#define OTEL_AGENT_SEND_H2_REUSE_H

#include <curl/curl.h>
#include <stdbool.h>

enum { H2_REUSE_NAME_BYTES = 280, H2_REUSE_SOCKETS_MAX = 6 };

/* A receiver, for all posts that go there; lives until the multi handle is gone. */
struct h2_reuse {
    char name[H2_REUSE_NAME_BYTES]; /* host:port */
    unsigned running;               /* requests */
    int sockets[H2_REUSE_SOCKETS_MAX];
    unsigned socket_count;
};

/* True for a libcurl that needs this. */
bool h2_reuse_is_needed(void);

/* Lets a handle's sockets be counted. */
void h2_reuse_watch(struct h2_reuse *reuse, CURL *easy);

/* Before and after each request of a handle that is watched. */
void h2_reuse_begin(struct h2_reuse *reuse, CURL *easy);
void h2_reuse_end(struct h2_reuse *reuse);

#endif
