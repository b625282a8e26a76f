/*
 * The server of one process: N handler threads on one shared one-shot epoll, in front of libfcgi.
 *
 * A kept connection waits in the epoll; a readable one is handed to libfcgi by descriptor, so
 * that no thread ever belongs to a connection (the plain accept loop is half as fast and starves
 * clients). Where the self-test fails, or when asked, the plain accept loop serves instead.
 */
#ifndef BOARD_HTTP_SERVER_H
#define BOARD_HTTP_SERVER_H

#include "http/exchange.h"

#include <stdint.h>

enum { HTTP_THREADS_MAX = 16 };

struct http_server_options {
    const char *name; /* begins a line on stderr */
    int listen_fd;
    bool uses_accept_loop;
    unsigned thread_count;
    unsigned connection_count_max; /* further ones wait in the socket's backlog */
    unsigned read_timeout_ms;      /* for one whole request */
    unsigned send_timeout_ms;      /* while the reader takes nothing */
    size_t body_bytes_max;

    /* Called for each handler thread before it starts and after it ended. What create returns
     * (NULL: no memory, the server does not start) is the `thread` of its requests. */
    void *(*thread_create)(void *user);
    void (*thread_destroy)(void *thread);
    /* `status` is not HTTP_OK for a request that could not be read whole. */
    enum handler_end (*serve)(struct http_exchange *exchange, enum http_status status,
                              void *thread);
    void *user;
};

struct http_server;

/* Starts libfcgi: once, before anything else here, and after the program has its signals set. */
bool server_prepare(void);

/*
 * True when the installed libfcgi takes connections handed over by descriptor and reads through
 * our own OS_Read: a whole request, the connection kept, a second request, and a refused
 * FCGI_GET_VALUES, over a socket pair. To be called once, before any thread exists.
 */
bool server_self_test(void);

/* Starts the threads. NULL with errno. The options are copied. */
struct http_server *server_start(const struct http_server_options *options);

/* To be called now and then (twice a second): closes those who stopped reading. */
void server_tick(struct http_server *server);

/*
 * Takes no new connection, goes on serving those there are, and marks each answer so that the
 * front closes. Waits until none is left, or for `timeout_ms`. Returns the number of requests
 * that are still under way: the caller ends the process, and so they end as what they are, open.
 */
unsigned server_drain(struct http_server *server, unsigned timeout_ms);

/* Ends the threads, after server_drain. False when one of them does not end within a second. */
bool server_stop(struct http_server *server);

/* After server_stop, and after whoever finished parked exchanges has ended. */
void server_destroy(struct http_server *server);

#endif
