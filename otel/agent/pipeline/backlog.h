/*
 * The queue in front of the workers: connections that nobody has accepted yet, and how many the
 * socket takes. The kernel is asked about the socket that FastCGI workers have as descriptor 0,
 * by socket diagnostics, which reach Unix and TCP sockets alike and disturb nobody.
 */
#ifndef OTEL_AGENT_BACKLOG_H
#define OTEL_AGENT_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

struct backlog {
    int fd;         /* netlink; -1: the kernel has no diagnostics */
    uint32_t inode; /* of the listening socket; 0: not known yet */
};

void backlog_init(struct backlog *backlog);
void backlog_release(struct backlog *backlog);

/* False when it cannot be known; the outputs are untouched then. */
bool backlog_read(struct backlog *backlog, int32_t worker_pid, uint32_t *now, uint32_t *limit);

#endif
