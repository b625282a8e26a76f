#include "agent/pool/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434 /* the same number on every architecture; glibc 2.36 has no wrapper */
#endif

enum { PROCESS_PATH_BYTES = 64, PROCESS_CHILDREN_BYTES = 8192 };

long process_file_read(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = 0;

    if (fd < 0)
        return -1;
    while (length + 1 < size && (got = read(fd, out + length, size - 1 - length)) > 0)
        length += (size_t)got;
    (void)close(fd); /* read only: nothing can be lost */
    out[length] = '\0';
    return got < 0 ? -1 : (long)length;
}

bool process_stat_read(int32_t pid, struct process_stat *out)
{
    char path[PROCESS_PATH_BYTES];
    char text[1024];
    const char *fields;
    uint64_t resident_pages;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/stat", pid);
    if (pid <= 0 || process_file_read(path, text, sizeof text) <= 0)
        return false;
    fields = strrchr(text, ')'); /* the name may hold anything, brackets too */
    if (!fields ||
        sscanf(fields, /* proc(5): fields 3, 4, 14, 15, 20, 22, 23, 24 */
               ") %c %" SCNd32 " %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64
               " %*s %*s %*s %*s %" SCNu64 " %*s %" SCNu64 " %" SCNu64 " %" SCNu64,
               &out->state, &out->parent_pid, &out->user_ticks, &out->system_ticks, &out->threads,
               &out->start_ticks, &out->virtual_bytes, &resident_pages) != 8)
        return false;
    out->resident_bytes = resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}

bool process_has_ended(int32_t pid)
{
    struct process_stat stat;

    if (process_stat_read(pid, &stat))
        return stat.state == 'Z' || stat.state == 'X';
    return pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH);
}

uint64_t process_start_ticks(int32_t pid)
{
    struct process_stat stat;

    if (!process_stat_read(pid, &stat) || stat.state == 'Z' || stat.state == 'X')
        return 0;
    return stat.start_ticks;
}

/* Where the kernel lists no children: everybody whose parent it is. */
static size_t children_by_scan(int32_t pid, int32_t *out, size_t capacity)
{
    DIR *folder = opendir("/proc");
    struct dirent *entry;
    size_t count = 0;

    while (folder && count < capacity && (entry = readdir(folder))) {
        struct process_stat stat;
        int32_t candidate = (int32_t)strtol(entry->d_name, NULL, 10);

        if (candidate > 0 && process_stat_read(candidate, &stat) && stat.parent_pid == pid)
            out[count++] = candidate;
    }
    if (folder)
        (void)closedir(folder);
    return count;
}

static size_t numbers_read(const char *text, int32_t *out, size_t capacity)
{
    size_t count = 0;
    char *end = NULL;

    for (; count < capacity; text = end) {
        long number = strtol(text, &end, 10);
        if (end == text)
            break;
        if (number > 0)
            out[count++] = (int32_t)number;
    }
    return count;
}

size_t process_children(int32_t pid, int32_t *out, size_t capacity)
{
    char path[PROCESS_PATH_BYTES * 2];
    char text[PROCESS_CHILDREN_BYTES];
    struct dirent *entry;
    size_t count = 0;
    bool is_listed = true;
    DIR *folder;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/task", pid);
    folder = opendir(path);
    if (!folder)
        return 0;
    while (is_listed && (entry = readdir(folder))) { /* a child belongs to the thread that forked */
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/task/%.16s/children", pid,
                       entry->d_name);
        if (process_file_read(path, text, sizeof text) >= 0)
            count += numbers_read(text, out + count, capacity - count);
        else
            is_listed = access("/proc/thread-self/children", R_OK) == 0;
    }
    (void)closedir(folder);
    return is_listed ? count : children_by_scan(pid, out, capacity);
}

int process_pidfd(int32_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by definition */
}
