/*
 * The launcher's descendants: who they are, who of them lives, who of them works. Found in /proc
 * from the program and from the launcher itself (orphans come to it), never from the segment,
 * which a worker can scribble over. A member stays one until it has ended, also when its parent
 * is gone; each has a pidfd in the launcher's epoll set.
 */
#ifndef OTEL_AGENT_FAMILY_H
#define OTEL_AGENT_FAMILY_H

#include "agent/pool/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAMILY_MAX = 256 };

struct family_member {
    int32_t pid;
    int32_t parent_pid;
    uint64_t start_ticks;
    uint64_t user_ticks; /* CPU time used, as of the last look */
    uint64_t system_ticks;
    int pidfd;         /* -1: the kernel has none */
    bool is_gone;      /* has ended; stays here until it is harvested */
    bool has_children; /* now */
    bool had_children; /* ever */
    bool has_served;   /* a request or a span of its own was seen */
    bool is_told;      /* somebody asked it to leave */
    bool is_asked;     /* we did, as it has nobody above it */
    bool is_worker;    /* as of the last refresh while it lived */
    bool is_cut;       /* killed by us because it did not leave in time */
    uint64_t gone_ns;  /* monotonic; when its end was seen by harvest */
};

struct family {
    struct family_member members[FAMILY_MAX];
    size_t count;
    int epoll_fd;             /* borrowed; events carry the pid */
    int32_t program_pid;      /* of the program as it was started or adopted */
    uint64_t refreshes;       /* how often /proc was looked at */
    uint64_t gone_user_ticks; /* used by those who were forgotten */
    uint64_t gone_system_ticks;
    bool wants_refresh; /* somebody unknown was seen, or somebody ended */
    bool has_pidfds;
};

void family_init(struct family *family, int epoll_fd);
void family_release(struct family *family);

/* Looks at /proc: new descendants come in, ended ones are marked. True when somebody came. */
bool family_refresh(struct family *family);

struct family_member *family_find(struct family *family, int32_t pid);

/* Somebody who is no descendant becomes a member; nothing when it has ended already. */
void family_admit(struct family *family, int32_t pid);

/* Its pidfd says so, or it was reaped. */
void family_mark_gone(struct family *family, int32_t pid);

/* It has been harvested; its CPU time stays in the sums. */
void family_forget(struct family *family, int32_t pid);

/* A request, span or measurement of its own was seen. Nothing when it is no member. */
void family_mark_server(struct family *family, int32_t pid);

/*
 * A worker answers requests: it has served, or it is a leaf below nobody who has. The manager
 * of a pool has children, and a line that it writes to stderr makes it none; the script that a
 * worker starts has a parent that serves.
 */
bool family_is_worker(const struct family *family, const struct family_member *member);

/* Takes over what a fresh look at the process says. */
void family_member_update(struct family_member *member, const struct process_stat *stat);

size_t family_live_count(const struct family *family);
size_t family_worker_count(const struct family *family);

/* The eldest member whose parent is no member: the head of what a daemon left. 0: none lives. */
int32_t family_head(const struct family *family);

/* Whoever lives is cut off. */
void family_kill_all(struct family *family);

#endif
