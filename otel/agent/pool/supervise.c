#include "agent/pool/supervise.h"

#include "agent/pool/process.h"
#include "agent/report.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SUPERVISE_STOP_S = 10, /* from the wish to stop to SIGKILL */
    SUPERVISE_KILL_S = 2,  /* from SIGKILL to giving up on what cannot die */
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_SIGNAL_BASE = 128,
};

bool supervise_init(struct supervise *supervise)
{
    static const int SIGNALS[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD };
    sigset_t read_by_us;
    sigset_t blocked;

    memset(supervise, 0, sizeof *supervise);
    (void)sigemptyset(&read_by_us);
    for (size_t i = 0; i < sizeof SIGNALS / sizeof SIGNALS[0]; i++)
        (void)sigaddset(&read_by_us, SIGNALS[i]);
    blocked = read_by_us;
    (void)sigaddset(&blocked, SIGPIPE); /* blocked, not ignored: ignoring would be inherited */
    supervise->signal_fd = signalfd(-1, &read_by_us, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervise->signal_fd < 0 ||
        sigprocmask(SIG_BLOCK, &blocked, &supervise->original_mask) < 0) {
        report_error("signals cannot be read: %s", strerror(errno));
        return false;
    }
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        report_warn("orphans will not come to this launcher: %s", strerror(errno));
    return true;
}

void supervise_release(struct supervise *supervise)
{
    if (supervise->signal_fd >= 0)
        (void)close(supervise->signal_fd);
    supervise->signal_fd = -1;
}

/* In the child: becomes the program, or tells the parent why not. */
static _Noreturn void program_become(const struct supervise *supervise, char *const *program,
                                     char *const *environment, int report_fd)
{
    int error;

    (void)sigprocmask(SIG_SETMASK, &supervise->original_mask, NULL);
    (void)execvpe(program[0], program, environment);
    error = errno;
    if (write(report_fd, &error, sizeof error) < 0)
        _exit(EXIT_NOT_EXECUTABLE);
    _exit(EXIT_NOT_FOUND);
}

int supervise_start(struct supervise *supervise, char *const *program, char *const *environment)
{
    int pipe_fds[2] = { -1, -1 };
    int error = 0;
    ssize_t got;
    pid_t pid;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        report_error("%s cannot be started: %s", program[0], strerror(errno));
        if (pipe_fds[0] >= 0) {
            (void)close(pipe_fds[0]);
            (void)close(pipe_fds[1]);
        }
        return EXIT_NOT_EXECUTABLE;
    }
    if (pid == 0)
        program_become(supervise, program, environment, pipe_fds[1]);
    (void)close(pipe_fds[1]);
    do /* ends with the exec: the other end is close-on-exec */
        got = read(pipe_fds[0], &error, sizeof error);
    while (got < 0 && errno == EINTR);
    (void)close(pipe_fds[0]);
    if (got == (ssize_t)sizeof error) {
        report_error("%s cannot be started: %s", program[0], strerror(error));
        (void)waitpid(pid, NULL, 0);
        return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    }
    supervise->program_pid = pid;
    supervise->is_child = true;
    return 0;
}

void supervise_adopt(struct supervise *supervise, int32_t program_pid)
{
    supervise->program_pid = program_pid;
    supervise->is_child = false;
}

void supervise_stop(struct supervise *supervise, struct family *family, int signal_number,
                    uint64_t now_ns)
{
    if (supervise->state == SUPERVISE_RUNNING) {
        supervise->state = SUPERVISE_STOPPING;
        supervise->deadline_ns = now_ns + SUPERVISE_STOP_S * CLOCK_NS_PER_S;
    }
    if (!supervise->was_told)
        supervise->told_ns = now_ns;
    supervise->was_told = true;
    for (size_t i = 0; i < family->count; i++) /* by us or by who is above it */
        family->members[i].is_told = true;
    if (!supervise->has_ended)
        (void)kill(supervise->program_pid, signal_number); /* ESRCH: just about to be noticed */
    family->wants_refresh = true;
}

struct supervise_wishes supervise_read_signals(struct supervise *supervise, struct family *family,
                                               uint64_t now_ns)
{
    struct supervise_wishes wishes = { 0 };
    struct signalfd_siginfo info;

    while (read(supervise->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        switch (info.ssi_signo) {
        case SIGCHLD:
            wishes.has_deaths = true;
            break;
        case SIGHUP:
            wishes.wants_roll = true;
            break;
        case SIGUSR1:
        case SIGUSR2:
            if (!supervise->has_ended)
                (void)kill(supervise->program_pid, (int)info.ssi_signo);
            break;
        default: /* SIGTERM, SIGINT, SIGQUIT */
            supervise_stop(supervise, family, (int)info.ssi_signo, now_ns);
        }
    }
    return wishes;
}

int32_t supervise_reap(struct supervise *supervise, struct family *family, int *status)
{
    pid_t pid = waitpid(-1, status, WNOHANG);

    if (pid <= 0)
        return 0;
    family_mark_gone(family, pid);
    if (pid == supervise->program_pid) {
        supervise->has_ended = true;
        supervise->status = *status;
    }
    return pid;
}

/* Whom nobody above passes a signal on to is told by us, once. */
static void orphans_tell(struct family *family, int32_t program_pid)
{
    for (size_t i = 0; i < family->count; i++) {
        struct family_member *member = &family->members[i];
        struct family_member *parent = family_find(family, member->parent_pid);

        if (member->is_gone || member->is_asked || member->pid == program_pid ||
            (parent && !parent->is_gone))
            continue;
        member->is_told = true;
        member->is_asked = true;
        (void)kill(member->pid, SIGTERM); /* ESRCH: it was faster */
    }
}

/* The program has ended and others live. */
static void program_survived(struct supervise *supervise, struct family *family, uint64_t now_ns)
{
    bool is_daemon = !supervise->is_child || supervise->status == 0;
    int32_t head = family_head(family);

    if (is_daemon && head > 0) {
        report_debug("the program left process %d behind, which goes on", head);
        supervise->program_pid = head;
        supervise->has_ended = false;
        family->program_pid = head;
        return;
    }
    report_warn("the program died; ending the %zu processes that it left",
                family_live_count(family));
    supervise_stop(supervise, family, SIGTERM, now_ns);
    supervise->was_told = false;
}

/* By what /proc said after the last death, and by the kernel as far as children are ours. */
static bool nobody_lives(const struct family *family)
{
    siginfo_t info;

    return !family->wants_refresh && family_live_count(family) == 0 &&
           waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

void supervise_step(struct supervise *supervise, struct family *family, uint64_t now_ns)
{
    struct family_member *program = family_find(family, supervise->program_pid);

    if (!supervise->is_child && (!program || program->is_gone))
        supervise->has_ended = true;
    if (supervise->has_ended && nobody_lives(family)) {
        supervise->state = SUPERVISE_OVER;
        return;
    }
    switch (supervise->state) {
    case SUPERVISE_RUNNING:
        if (supervise->has_ended && !family->wants_refresh && family_live_count(family) > 0)
            program_survived(supervise, family, now_ns);
        break;
    case SUPERVISE_STOPPING:
        if (supervise->has_ended)
            orphans_tell(family, supervise->program_pid);
        if (now_ns < supervise->deadline_ns)
            break;
        report_warn("%zu processes did not end within %d s and are killed",
                    family_live_count(family), SUPERVISE_STOP_S);
        supervise->state = SUPERVISE_KILLING;
        supervise->deadline_ns = now_ns + SUPERVISE_KILL_S * CLOCK_NS_PER_S;
        family_kill_all(family);
        break;
    case SUPERVISE_KILLING:
        family_kill_all(family); /* also whoever was born meanwhile */
        if (now_ns < supervise->deadline_ns)
            break;
        report_error("%zu processes cannot be killed", family_live_count(family));
        supervise->state = SUPERVISE_OVER;
        break;
    case SUPERVISE_OVER:
        break;
    }
}

int supervise_exit_status(const struct supervise *supervise)
{
    if (!supervise->is_child) { /* nobody but its parent learns it */
        if (!supervise->was_told)
            report_error("the adopted program ended by itself; its status is not known");
        return supervise->was_told ? 0 : 1;
    }
    if (WIFSIGNALED(supervise->status))
        return EXIT_SIGNAL_BASE + WTERMSIG(supervise->status);
    return WEXITSTATUS(supervise->status);
}
