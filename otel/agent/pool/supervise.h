/*
 * The life of the program: started with a restored signal mask, signals passed on, every orphan
 * reaped, its status handed on. The launcher is subreaper, so a program that makes itself a
 * daemon stays below it and is kept for as long as a descendant lives.
 */
#ifndef OTEL_AGENT_SUPERVISE_H
#define OTEL_AGENT_SUPERVISE_H

#include "agent/pool/family.h"

#include <signal.h>

enum supervise_state {
    SUPERVISE_RUNNING = 0,
    SUPERVISE_STOPPING, /* told to stop; SIGKILL after the limit */
    SUPERVISE_KILLING,
    SUPERVISE_OVER, /* nobody lives */
};

struct supervise {
    enum supervise_state state;
    int signal_fd;
    sigset_t original_mask;
    int32_t program_pid; /* whose status counts: the program, or the daemon it left */
    bool is_child;       /* false: adopted, its status cannot be read */
    bool has_ended;
    bool was_told;    /* somebody wanted the end */
    uint64_t told_ns; /* when first */
    int status;       /* as wait(2) gives it, once it has ended and is_child */
    uint64_t deadline_ns;
};

/* What the signals that came ask of the launcher; what they ask of the program is done. */
struct supervise_wishes {
    bool wants_roll;
    bool has_deaths; /* SIGCHLD: supervise_reap is due */
};

/* Subreaper, signal mask, signalfd. False, reported, on failure. */
bool supervise_init(struct supervise *supervise);
void supervise_release(struct supervise *supervise);

/*
 * Starts the program; 0, or the status to end with when it could not be started (reported):
 * 127 there is none, 126 it cannot be executed.
 */
int supervise_start(struct supervise *supervise, char *const *program, char *const *environment);

/* Goes on with a program that an earlier launcher started. */
void supervise_adopt(struct supervise *supervise, int32_t program_pid);

struct supervise_wishes supervise_read_signals(struct supervise *supervise, struct family *family,
                                               uint64_t now_ns);

/* Asks program and orphans to end; repeated calls pass the signal on again. */
void supervise_stop(struct supervise *supervise, struct family *family, int signal_number,
                    uint64_t now_ns);

/* One ended child; 0 when there is none left to reap. */
int32_t supervise_reap(struct supervise *supervise, struct family *family, int *status);

/* Moves on by time and by who lives. Call after family_refresh. */
void supervise_step(struct supervise *supervise, struct family *family, uint64_t now_ns);

/* The launcher's own: the program's, or 128 + signal. */
int supervise_exit_status(const struct supervise *supervise);

#endif
