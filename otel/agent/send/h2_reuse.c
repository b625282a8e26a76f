#include "agent/send/h2_reuse.h"

#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_HEAD = 9, FRAME_GOAWAY = 7, PEEK_BYTES = 1024 };

bool h2_reuse_is_needed(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >> 8 == 0x0758;
}

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct h2_reuse *reuse = user;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)purpose;
    if (fd >= 0 && reuse->socket_count < H2_REUSE_SOCKETS_MAX)
        reuse->sockets[reuse->socket_count++] = fd;
    return fd;
}

static int on_close(void *user, curl_socket_t fd)
{
    struct h2_reuse *reuse = user;

    for (unsigned i = 0; i < reuse->socket_count; i++) {
        if (reuse->sockets[i] != fd)
            continue;
        reuse->sockets[i] = reuse->sockets[--reuse->socket_count];
        break;
    }
    return close(fd);
}

void h2_reuse_watch(struct h2_reuse *reuse, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, reuse);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, reuse);
}

/* False when the peer has closed it, or says GOAWAY in what waits to be read. */
static bool is_alive(int fd)
{
    uint8_t bytes[PEEK_BYTES];
    ssize_t length = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);

    for (ssize_t at = 0; at + FRAME_HEAD <= length;) {
        if (bytes[at + 3] == FRAME_GOAWAY)
            return false;
        at += FRAME_HEAD + ((ssize_t)bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2]);
    }
    return length != 0;
}

/* True when curl will take one of the connections that are there. */
static bool will_reuse(const struct h2_reuse *reuse)
{
    for (unsigned i = 0; i < reuse->socket_count; i++) {
        if (!is_alive(reuse->sockets[i]))
            return false;
    }
    return reuse->socket_count > reuse->running;
}

void h2_reuse_begin(struct h2_reuse *reuse, CURL *easy)
{
    bool is_reused = will_reuse(reuse);

    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     is_reused ? (long)CURL_HTTP_VERSION_2_0
                               : (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, is_reused ? 0L : 1L);
    reuse->running++;
}

void h2_reuse_end(struct h2_reuse *reuse)
{
    reuse->running--;
}
