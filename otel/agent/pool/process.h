/*
 * What /proc says about processes. Reads only; a process may end between two looks, so every
 * answer can be "there is none".
 */
#ifndef OTEL_AGENT_PROCESS_H
#define OTEL_AGENT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_stat {
    char state; /* Z and X: it has ended */
    int32_t parent_pid;
    uint64_t user_ticks;
    uint64_t system_ticks;
    uint64_t threads;
    uint64_t start_ticks; /* tells a process from a later one with its number */
    uint64_t virtual_bytes;
    uint64_t resident_bytes;
};

bool process_stat_read(int32_t pid, struct process_stat *out);

/* True when it is certain that no such process lives, but for a zombie. A look at /proc that fails,
 * for want of a descriptor or of memory, is no death. */
bool process_has_ended(int32_t pid);

/* Start of a process that lives; 0 when there is none, or only its zombie. */
uint64_t process_start_ticks(int32_t pid);

/* Its children, at most `capacity` of them. */
size_t process_children(int32_t pid, int32_t *out, size_t capacity);

/* A descriptor that becomes readable when the process ends; -1 where the kernel has none. */
int process_pidfd(int32_t pid);

/* A whole small file of /proc as text; its length, or -1. */
long process_file_read(const char *path, char *out, size_t size);

#endif
