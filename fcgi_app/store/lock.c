/*
 * flock has no time limit of its own, and a signal to end it would belong to the whole process:
 * so it is tried without blocking, with short sleeps.
 *
 * Alone that is unfair: who has just given the lock back is awake and takes it again, for a second
 * on end. So whoever wants the lock first takes its place in the queue, a byte of the same file,
 * and only the one who has that place tries for the lock.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RETRY_MIN_US = 50, RETRY_MAX_US = 1000 };

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
    case EMFILE:
    case ENFILE:
        return STORE_ERR_NOMEM;
    default:
        return STORE_ERR_UNAVAILABLE; /* no such folder, … */
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
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);

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
    descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
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

/* F_WRLCK takes the place in the queue, F_UNLCK leaves it. False with EAGAIN: it is taken. */
static bool queue_place(const struct store__lock *lock, short type)
{
    struct flock place = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

    return fcntl(lock->descriptor, F_OFD_SETLK, &place) == 0;
}

/* One try; EWOULDBLOCK in errno when another has the place or the lock. */
static bool lock_try(struct store__lock *lock)
{
    if (!lock->is_first) {
        lock->is_first = queue_place(lock, F_WRLCK);
        if (!lock->is_first)
            return false;
    }
    return flock(lock->descriptor, LOCK_EX | LOCK_NB) == 0;
}

static void queue_leave(struct store__lock *lock)
{
    if (lock->is_first)
        (void)queue_place(lock, F_UNLCK); /* fails only for a descriptor that is none */
    lock->is_first = false;
}

enum store_status store__lock_take(struct store__lock *lock, const struct store__deadline *deadline)
{
    enum store_status status = lock_open(lock);
    int64_t sleep_us = RETRY_MIN_US;

    while (status == STORE_OK) {
        if (lock_try(lock)) {
            if (lock_is_of_path(lock))
                break;
            store__lock_close(lock);
            status = lock_open(lock);
        } else if (errno != EWOULDBLOCK && errno != EACCES && errno != EINTR) {
            status = status_of_errno(errno);
        } else if (!store__deadline_sleep(deadline, sleep_us)) {
            status = STORE_ERR_BUSY;
        } else if (sleep_us < RETRY_MAX_US) {
            sleep_us += (sleep_us + 7) / 8;
        }
    }
    queue_leave(lock);
    return status;
}

void store__lock_give(struct store__lock *lock)
{
    (void)flock(lock->descriptor, LOCK_UN); /* fails only for a descriptor that is none */
}

void store__lock_close(struct store__lock *lock)
{
    if (lock->pid != 0)
        (void)close(lock->descriptor); /* nothing was written: nothing can be lost */
    lock->pid = 0;
    lock->descriptor = -1;
    lock->is_first = false;
}
