/*
 * Does the installed libfcgi behave as the hand-off needs it? Looked at once, at start, over a
 * socket pair: two requests on one kept connection, then one that must be refused.
 */
#include "http/link.h"
#include "http/server.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TEST_TIMEOUT_MS = 1000, ANSWER_BYTES = 256 };

/* BEGIN_REQUEST (responder, keep), PARAMS, end of PARAMS, end of STDIN. OTEL_SUPPRESS: what a
 * process asks itself is not a request of the service. */
static const char REQUEST[] = "\1\1\0\1\0\10\0\0"
                              "\0\1\1\0\0\0\0\0"
                              "\1\4\0\1\0\66\0\0"
                              "\16\3REQUEST_METHODGET"
                              "\14\5DOCUMENT_URI/test"
                              "\15\1OTEL_SUPPRESS1"
                              "\1\4\0\1\0\0\0\0"
                              "\1\5\0\1\0\0\0\0";

/* FCGI_GET_VALUES, empty. */
static const char MANAGEMENT[] = "\1\11\0\0\0\0\0\0";

static bool text_send(int fd, const char *bytes, size_t length)
{
    return write(fd, bytes, length) == (ssize_t)length;
}

static bool request_is_ours(struct http_link *link)
{
    struct http_request *request = &link->exchange.request;

    return request_read(request, (const char *const *)link->fcgi.envp) == HTTP_OK &&
           request->method == HTTP_METHOD_GET && strcmp(request->path, "/test") == 0 &&
           link->fcgi.requestId == 1;
}

/* One request and its answer; the descriptor must be kept, in libfcgi's eyes too. */
static bool round_trip(struct http_link *link, int front_fd)
{
    char answer[ANSWER_BYTES];
    bool is_good;

    if (!text_send(front_fd, REQUEST, sizeof REQUEST - 1) || !link_receive(link))
        return false;
    is_good = request_is_ours(link) && link->keeps;
    link->exchange.response.status = HTTP_OK;
    link_answer_begin(link, false);
    is_good = link_send(link, true) == LINK_SENT && is_good;
    link_request_end(link);
    return is_good && link->fcgi.ipcFd == link->fd && read(front_fd, answer, sizeof answer) > 32 &&
           memcmp(answer, "\1\6\0\1", 4) == 0;
}

/* Refused before libfcgi sees it: nothing is answered. */
static bool management_is_refused(struct http_link *link, int front_fd)
{
    char answer[ANSWER_BYTES];

    return text_send(front_fd, MANAGEMENT, sizeof MANAGEMENT - 1) && !link_receive(link) &&
           link->guard.stage == GUARD_REFUSED &&
           recv(front_fd, answer, sizeof answer, MSG_DONTWAIT) < 0;
}

bool server_self_test(void)
{
    struct timeval timeout = { .tv_sec = TEST_TIMEOUT_MS / 1000 };
    struct http_link *link = NULL;
    int pair[2] = { -1, -1 };
    bool is_good = false;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    link = link_create(NULL, ANSWER_BYTES, TEST_TIMEOUT_MS);
    if (link) {
        link->fd = pair[1];
        is_good = round_trip(link, pair[0]) && round_trip(link, pair[0]) &&
                  management_is_refused(link, pair[0]);
    }
    link_destroy(link);
    close(pair[0]);
    close(pair[1]);
    return is_good;
}
