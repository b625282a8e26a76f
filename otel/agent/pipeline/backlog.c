#include "agent/pipeline/backlog.h"

#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TCP_LISTEN_STATE = 10, /* the kernel's TCP_LISTEN, whose header clashes with the C library's */
    ANSWER_BYTES = 8192,
    ANSWERS_MAX = 64, /* of a dump: a machine listens on so many ports */
};

struct backlog_answer {
    bool is_found;
    uint32_t now;
    uint32_t limit;
};

void backlog_init(struct backlog *backlog)
{
    backlog->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    backlog->inode = 0;
}

void backlog_release(struct backlog *backlog)
{
    if (backlog->fd >= 0)
        (void)close(backlog->fd);
    backlog->fd = -1;
}

/* /proc/PID/fd/0 leads to "socket:[12345]". */
static uint32_t listener_inode(int32_t pid)
{
    char path[64];
    char target[64];
    ssize_t length;
    static const char LEAD[] = "socket:[";

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/fd/0", pid);
    length = readlink(path, target, sizeof target - 1);
    if (length <= (ssize_t)sizeof LEAD || memcmp(target, LEAD, sizeof LEAD - 1) != 0)
        return 0;
    target[length] = '\0';
    return (uint32_t)strtoul(target + sizeof LEAD - 1, NULL, 10);
}

static bool ask(const struct backlog *backlog, const void *request, size_t size)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

    return sendto(backlog->fd, request, size, 0, (const struct sockaddr *)&kernel, sizeof kernel) ==
           (ssize_t)size;
}

static void unix_read(const struct nlmsghdr *message, struct backlog_answer *out)
{
    const struct unix_diag_msg *diag = NLMSG_DATA(message);
    size_t at = NLMSG_LENGTH(sizeof *diag);

    while (at + sizeof(struct rtattr) <= message->nlmsg_len) {
        const char *bytes = (const char *)message + at;
        struct unix_diag_rqlen lengths;
        struct rtattr attribute;

        memcpy(&attribute, bytes, sizeof attribute);
        if (attribute.rta_len < sizeof attribute)
            return;
        if (attribute.rta_type == UNIX_DIAG_RQLEN && diag->udiag_state == TCP_LISTEN_STATE &&
            attribute.rta_len >= RTA_LENGTH(sizeof lengths)) {
            memcpy(&lengths, bytes + RTA_LENGTH(0), sizeof lengths);
            *out = (struct backlog_answer){ true, lengths.udiag_rqueue, lengths.udiag_wqueue };
        }
        at += RTA_ALIGN(attribute.rta_len);
    }
}

static void inet_read(const struct nlmsghdr *message, uint32_t inode, struct backlog_answer *out)
{
    const struct inet_diag_msg *diag = NLMSG_DATA(message);

    if (diag->idiag_inode == inode)
        *out = (struct backlog_answer){ true, diag->idiag_rqueue, diag->idiag_wqueue };
}

/* The kernel answers within the call that asked: what is not here will not come. */
static struct backlog_answer answers_read(const struct backlog *backlog, int family)
{
    struct backlog_answer answer = { .is_found = false };
    _Alignas(struct nlmsghdr) char bytes[ANSWER_BYTES];
    bool is_over = false;

    for (int i = 0; i < ANSWERS_MAX && !is_over; i++) {
        ssize_t length = recv(backlog->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        size_t at = 0;

        if (length <= 0)
            break;
        while (at + sizeof(struct nlmsghdr) <= (size_t)length) {
            const struct nlmsghdr *message = (const void *)(bytes + at);

            if (message->nlmsg_len < sizeof *message || message->nlmsg_len > (size_t)length - at)
                break;
            is_over |= message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR;
            if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY && family == AF_UNIX)
                unix_read(message, &answer);
            else if (message->nlmsg_type == SOCK_DIAG_BY_FAMILY)
                inet_read(message, backlog->inode, &answer);
            at += NLMSG_ALIGN(message->nlmsg_len);
        }
        is_over |= family == AF_UNIX; /* one question, one answer */
    }
    return answer;
}

static struct backlog_answer unix_ask(const struct backlog *backlog)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req body;
    } request = {
        .header = { .nlmsg_len = sizeof request,
                    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                    .nlmsg_flags = NLM_F_REQUEST },
        .body = { .sdiag_family = AF_UNIX,
                  .udiag_states = 1u << TCP_LISTEN_STATE,
                  .udiag_ino = backlog->inode,
                  .udiag_show = UDIAG_SHOW_RQLEN,
                  .udiag_cookie = { UINT32_MAX, UINT32_MAX } },
    };

    if (!ask(backlog, &request, sizeof request))
        return (struct backlog_answer){ .is_found = false };
    return answers_read(backlog, AF_UNIX);
}

static struct backlog_answer inet_ask(const struct backlog *backlog, uint8_t family)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 body;
    } request = {
        .header = { .nlmsg_len = sizeof request,
                    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
        .body = { .sdiag_family = family,
                  .sdiag_protocol = IPPROTO_TCP,
                  .idiag_states = 1u << TCP_LISTEN_STATE },
    };

    if (!ask(backlog, &request, sizeof request))
        return (struct backlog_answer){ .is_found = false };
    return answers_read(backlog, family);
}

bool backlog_read(struct backlog *backlog, int32_t worker_pid, uint32_t *now, uint32_t *limit)
{
    struct backlog_answer answer;

    if (backlog->fd < 0)
        return false;
    if (backlog->inode == 0)
        backlog->inode = listener_inode(worker_pid);
    if (backlog->inode == 0)
        return false;
    answer = unix_ask(backlog);
    if (!answer.is_found)
        answer = inet_ask(backlog, AF_INET);
    if (!answer.is_found)
        answer = inet_ask(backlog, AF_INET6);
    if (!answer.is_found) {
        backlog->inode = 0; /* another socket by now? */
        return false;
    }
    *now = answer.now;
    *limit = answer.limit;
    return true;
}
