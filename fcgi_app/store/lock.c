/*
 * flock has no time limit of its own, and a signal to end it would belong to the whole process:
 * so it is tried without blocking, with short sleeps.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RETRY_US = 100 };

static enum store_status status_of_errno(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
        return STORE_ERR_READ_ONLY;
    case ENOSPC:
    case EDQUOT:
        return STORE_ERR_FULL;
    case EIO:
        return STORE_ERR_IO;
    case ENOMEM:
        return STORE_ERR_NOMEM;
    default:
        return STORE_ERR_UNAVAILABLE; /* no such folder, no descriptor left, … */
    }
}

static bool lock_path(const struct store__lock *lock, char out[PATH_MAX])
{
    int length = snprintf(out, PATH_MAX, "%s.lock", lock->path);

    return length > 0 && length < PATH_MAX;
}

/* Makes the file with the owner and mode of the database, as SQLite does with -wal and -shm:
 * made by root once, it must not shut the workers out. */
static int lock_file_make(const struct store__lock *lock, const char *path)
{
    struct stat database;
    bool has_database = stat(lock->path, &database) == 0;
    mode_t mode = has_database ? database.st_mode & 0666 : 0644;
    int descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

    if (descriptor >= 0 && has_database && geteuid() == 0) {
        /* Best effort: where it fails, the file is as good as anybody's first. */
        (void)!fchown(descriptor, database.st_uid, database.st_gid);
        (void)!fchmod(descriptor, mode);
    }
    return descriptor;
}

static enum store_status lock_open(struct store__lock *lock)
{
    char path[PATH_MAX];
    int descriptor;

    if (lock->pid == getpid())
        return STORE_OK;
    store__lock_close(lock); /* a forked copy: closing it leaves the parent's lock as it is */
    if (!lock_path(lock, path))
        return STORE_ERR_UNAVAILABLE;
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0 && errno == ENOENT)
        descriptor = lock_file_make(lock, path);
    if (descriptor < 0)
        return status_of_errno(errno);
    lock->descriptor = descriptor;
    lock->pid = getpid();
    return STORE_OK;
}

/* False when the file was removed or replaced meanwhile: then others lock another one. */
static bool lock_is_of_path(const struct store__lock *lock)
{
    char path[PATH_MAX];
    struct stat held, named;

    return lock_path(lock, path) && fstat(lock->descriptor, &held) == 0 &&
           stat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

enum store_status store__lock_take(struct store__lock *lock, const struct store__deadline *deadline)
{
    enum store_status status = lock_open(lock);

    while (status == STORE_OK) {
        if (flock(lock->descriptor, LOCK_EX | LOCK_NB) == 0) {
            if (lock_is_of_path(lock))
                break;
            store__lock_close(lock);
            status = lock_open(lock);
        } else if (errno != EWOULDBLOCK && errno != EINTR) {
            status = status_of_errno(errno);
        } else if (!store__deadline_sleep(deadline, RETRY_US)) {
            status = STORE_ERR_BUSY;
        }
    }
    return status;
}

void store__lock_give(struct store__lock *lock)
{
    (void)flock(lock->descriptor, LOCK_UN); /* fails only for a descriptor that is none */
}

void store__lock_close(struct store__lock *lock)
{
    if (lock->pid != 0)
        (void)close(lock->descriptor); /* read-only: nothing can be lost by it */
    lock->pid = 0;
    lock->descriptor = -1;
}
