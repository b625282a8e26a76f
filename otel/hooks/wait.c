/*
 * Notes who died and how, in whatever process reaps: the launcher is not the parent of the
 * workers (multiwatch is), and a status can be read only once.
 */
#include "hooks/hook.h"

#include "record/hook_entry.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

HOOK_REAL(wait, NULL)
HOOK_REAL(waitpid, NULL)
HOOK_REAL(waitid, NULL)
HOOK_REAL(wait3, NULL)
HOOK_REAL(wait4, NULL)

/* Stopped and continued children are still there. */
static void note(pid_t pid, const int *status)
{
    if (pid > 0 && (WIFEXITED(*status) || WIFSIGNALED(*status)))
        record_death(pid, *status);
}

HOOK_EXPORT pid_t wait(int *status)
{
    int own_status = 0;
    int *used = status ? status : &own_status;
    pid_t pid = real_wait()(used);

    note(pid, used);
    return pid;
}

HOOK_EXPORT pid_t waitpid(pid_t wanted, int *status, int options)
{
    int own_status = 0;
    int *used = status ? status : &own_status;
    pid_t pid = real_waitpid()(wanted, used, options);

    note(pid, used);
    return pid;
}

HOOK_EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
    int own_status = 0;
    int *used = status ? status : &own_status;
    pid_t pid = real_wait3()(used, options, usage);

    note(pid, used);
    return pid;
}

HOOK_EXPORT pid_t wait4(pid_t wanted, int *status, int options, struct rusage *usage)
{
    int own_status = 0;
    int *used = status ? status : &own_status;
    pid_t pid = real_wait4()(wanted, used, options, usage);

    note(pid, used);
    return pid;
}

/* The status word of wait(2), as <bits/waitstatus.h> lays it out. */
static int status_word(const siginfo_t *info)
{
    enum { CORE_DUMPED = 0x80 };

    switch (info->si_code) {
    case CLD_EXITED:
        return (info->si_status & 0xff) << 8;
    case CLD_KILLED:
        return info->si_status;
    case CLD_DUMPED:
        return info->si_status | CORE_DUMPED;
    default:
        return __W_CONTINUED;
    }
}

HOOK_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    siginfo_t own_info = { 0 };
    siginfo_t *used = info ? info : &own_info;
    int result = real_waitid()(type, id, used, options);

    /* WNOWAIT leaves the child to be waited for again; si_pid 0 is WNOHANG's "nobody". */
    if (result == 0 && used->si_pid > 0 && (options & WEXITED) && !(options & WNOWAIT))
        note(used->si_pid, &(int){ status_word(used) });
    return result;
}
