#include "agent/pool/family.h"

#include "agent/report.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

void family_init(struct family *family, int epoll_fd)
{
    memset(family, 0, sizeof *family);
    family->epoll_fd = epoll_fd;
    family->has_pidfds = true;
    family->wants_refresh = true;
}

void family_release(struct family *family)
{
    for (size_t i = 0; i < family->count; i++)
        if (family->members[i].pidfd >= 0)
            (void)close(family->members[i].pidfd);
    family->count = 0;
}

struct family_member *family_find(struct family *family, int32_t pid)
{
    for (size_t i = 0; i < family->count; i++)
        if (family->members[i].pid == pid)
            return &family->members[i];
    return NULL;
}

static const struct family_member *family_look(const struct family *family, int32_t pid)
{
    for (size_t i = 0; i < family->count; i++)
        if (family->members[i].pid == pid && !family->members[i].is_gone)
            return &family->members[i];
    return NULL;
}

void family_member_update(struct family_member *member, const struct process_stat *stat)
{
    member->parent_pid = stat->parent_pid;
    member->user_ticks = stat->user_ticks;
    member->system_ticks = stat->system_ticks;
}

void family_admit(struct family *family, int32_t pid)
{
    struct family_member *member = &family->members[family->count];
    struct process_stat stat;

    if (family->count == FAMILY_MAX) {
        report_warn("more than %d processes below the program; the rest is not watched",
                    FAMILY_MAX);
        return;
    }
    *member = (struct family_member){ .pid = pid, .pidfd = process_pidfd(pid) };
    /* Read after the pidfd is open: whoever has the number now is whom the pidfd means. */
    if (!process_stat_read(pid, &stat) || stat.state == 'Z' || stat.state == 'X') {
        family->wants_refresh |= !process_has_ended(pid);
        if (member->pidfd >= 0)
            (void)close(member->pidfd);
        return;
    }
    member->start_ticks = stat.start_ticks;
    family_member_update(member, &stat);
    if (member->pidfd >= 0) {
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = (uint64_t)pid };
        (void)epoll_ctl(family->epoll_fd, EPOLL_CTL_ADD, member->pidfd, &event); /* else: refresh */
    } else {
        family->has_pidfds = false;
    }
    family->count++;
}

static void member_look(struct family_member *member)
{
    struct process_stat stat;
    bool is_read = process_stat_read(member->pid, &stat);
    bool is_another = is_read && stat.start_ticks != member->start_ticks;

    if (is_read && !is_another) /* a zombie still tells what it has used */
        family_member_update(member, &stat);
    if (is_another ||
        (is_read ? stat.state == 'Z' || stat.state == 'X' : process_has_ended(member->pid)))
        member->is_gone = true;
}

/* Children of `pid` that are not known yet become members; how many children live. */
static size_t children_add(struct family *family, int32_t pid)
{
    int32_t children[FAMILY_MAX];
    size_t count = process_children(pid, children, FAMILY_MAX);
    size_t live = 0;

    for (size_t i = 0; i < count; i++) {
        if (!family_find(family, children[i]))
            family_admit(family, children[i]);
        live += family_look(family, children[i]) != NULL;
    }
    return live;
}

bool family_refresh(struct family *family)
{
    size_t count_before = family->count;

    family->wants_refresh = false;
    family->refreshes++;
    for (size_t i = 0; i < family->count; i++)
        if (!family->members[i].is_gone)
            member_look(&family->members[i]);
    if (family->program_pid > 0 && !family_find(family, family->program_pid))
        family_admit(family, family->program_pid);
    (void)children_add(family, (int32_t)getpid());
    for (size_t i = 0; i < family->count; i++) { /* the list grows while it is walked */
        struct family_member *member = &family->members[i];
        if (!member->is_gone) {
            member->has_children = children_add(family, member->pid) > 0;
            member->had_children |= member->has_children;
        }
    }
    for (size_t i = 0; i < family->count; i++)
        if (!family->members[i].is_gone)
            family->members[i].is_worker = family_is_worker(family, &family->members[i]);
    return family->count > count_before;
}

void family_mark_gone(struct family *family, int32_t pid)
{
    struct family_member *member = family_find(family, pid);

    family->wants_refresh = true;
    if (!member || member->is_gone)
        return;
    member_look(member);
    member->is_gone = true;
    if (member->pidfd >= 0) { /* it stays readable: out of the epoll set with it */
        (void)close(member->pidfd);
        member->pidfd = -1;
    }
}

void family_forget(struct family *family, int32_t pid)
{
    struct family_member *member = family_find(family, pid);

    if (!member)
        return;
    if (member->pidfd >= 0)
        (void)close(member->pidfd);
    family->gone_user_ticks += member->user_ticks;
    family->gone_system_ticks += member->system_ticks;
    *member = family->members[--family->count];
}

void family_mark_server(struct family *family, int32_t pid)
{
    struct family_member *member = family_find(family, pid);

    if (!member)
        return;
    member->has_served = true;
    member->is_worker = true;
}

bool family_is_worker(const struct family *family, const struct family_member *member)
{
    const struct family_member *above = member;

    if (member->is_gone)
        return false;
    if (member->has_served)
        return true;
    if (member->has_children || (member->had_children && member->pid == family->program_pid))
        return false;
    for (int depth = 0; depth < FAMILY_MAX; depth++) { /* /proc is read at different moments */
        above = family_look(family, above->parent_pid);
        if (!above)
            return true;
        if (above->has_served)
            return false;
    }
    return true;
}

size_t family_live_count(const struct family *family)
{
    size_t count = 0;

    for (size_t i = 0; i < family->count; i++)
        count += !family->members[i].is_gone;
    return count;
}

size_t family_worker_count(const struct family *family)
{
    size_t count = 0;

    for (size_t i = 0; i < family->count; i++)
        count += family_is_worker(family, &family->members[i]);
    return count;
}

int32_t family_head(const struct family *family)
{
    const struct family_member *head = NULL;

    for (size_t i = 0; i < family->count; i++) {
        const struct family_member *member = &family->members[i];
        if (!member->is_gone && !family_look(family, member->parent_pid) &&
            (!head || member->start_ticks < head->start_ticks))
            head = member;
    }
    return head ? head->pid : 0;
}

void family_kill_all(struct family *family)
{
    for (size_t i = 0; i < family->count; i++) {
        if (family->members[i].is_gone)
            continue;
        family->members[i].is_cut = true;
        (void)kill(family->members[i].pid, SIGKILL); /* ESRCH: it was faster */
    }
}
