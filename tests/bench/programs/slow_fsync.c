/*
 * Preloaded: every fsync and fdatasync takes SLOW_FSYNC_MS (5) longer, as on an ordinary disk.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#define EXPORTED __attribute__((visibility("default")))
EXPORTED int fsync(int fd);
EXPORTED int fdatasync(int fd);

typedef int (*sync_fn)(int fd);

static int slowly(const char *name, int fd)
{
    const char *text = getenv("SLOW_FSYNC_MS");
    struct timespec pause = { .tv_nsec = (text ? strtol(text, NULL, 10) : 5) * 1000000L };
    sync_fn real = NULL;

    *(void **)&real = dlsym(RTLD_NEXT, name); /* dlsym(3): the form that ISO C allows */
    nanosleep(&pause, NULL);
    return real(fd);
}

int fsync(int fd)
{
    return slowly("fsync", fd);
}

int fdatasync(int fd)
{
    return slowly("fdatasync", fd);
}
