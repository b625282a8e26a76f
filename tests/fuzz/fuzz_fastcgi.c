/*
 * A connection's bytes through the guard into the real libfcgi and the reader of requests, over a
 * socket pair, as a front would send them: request after request until the connection ends.
 */
#include "fuzz.h"
#include "http/link.h"
#include "http/request.h"

#include <sys/socket.h>
#include <unistd.h>

enum { INPUT_BYTES = 16 * 1024, ANSWER_BYTES = 256, TIMEOUT_MS = 1000 };

static void drain(int fd)
{
    char bytes[4096];

    while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        ;
}

static void serve(struct http_link *link, int front)
{
    while (link_receive(link)) {
        struct http_request *request = &link->exchange.request;

        FUZZ_PROMISE(link->guard.stage == GUARD_COMPLETE);
        if (request_read(request, (const char *const *)link->fcgi.envp) == HTTP_OK)
            (void)request_prefers_html(request);
        link->exchange.response.status = HTTP_OK;
        link_answer_begin(link, false);
        (void)link_send(link, true);
        link_request_end(link);
        drain(front);
        if (!link->keeps)
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct timeval timeout = { .tv_sec = 1 };
    struct http_link *link = FCGX_Init() == 0 ? link_create(NULL, ANSWER_BYTES, TIMEOUT_MS) : NULL;
    int pair[2];

    if (!link || size > INPUT_BYTES || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        link_destroy(link);
        return -1;
    }
    for (int i = 0; i < 2; i++)
        (void)setsockopt(pair[i], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    FUZZ_PROMISE(send(pair[0], data, size, 0) == (ssize_t)size);
    (void)shutdown(pair[0], SHUT_WR);
    link->fd = pair[1];
    serve(link, pair[0]);
    link_destroy(link);
    (void)close(pair[0]);
    (void)close(pair[1]);
    return 0;
}
