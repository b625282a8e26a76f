/*
 * Preloaded: the disk below board.db and what lies beside it fails for as long as a test says so.
 * The file that DISK_FILE names is four numbers of 32 bits: what is wrong (below), the errno that
 * goes with it, how often it struck, and, once there is one, the pid of the last process it struck.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

enum wrong { WRONG_NOTHING, WRONG_READ, WRONG_WRITE, WRONG_SYNC, WRONG_OPEN, WRONG_PAGES };

struct disk {
    _Atomic int wrong;
    _Atomic int error;
    _Atomic unsigned struck;
    _Atomic int pid;
};

static struct disk no_disk;
static struct disk *disk = &no_disk;

static bool is_ours(const char *path)
{
    const char *name = strrchr(path, '/');

    return name != NULL && strncmp(name, "/board.db", 9) == 0 &&
           strcmp(name, "/board.db.lock") != 0;
}

/* Pages are spoilt in the file itself, not in its log: a checkpoint would copy those, and the
 * damage would outlive the test. */
static bool is_main(const char *path)
{
    const char *name = strrchr(path, '/');

    return name != NULL && strcmp(name, "/board.db") == 0;
}

static bool is_open_on_ours(int fd, bool (*is_one)(const char *path))
{
    char link[40], path[512];
    ssize_t length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    return is_one(path);
}

static bool strikes(int fd, enum wrong wrong)
{
    int before = errno;
    bool does = (int)wrong == atomic_load(&disk->wrong) &&
                is_open_on_ours(fd, wrong == WRONG_PAGES ? is_main : is_ours);

    errno = before;
    if (!does)
        return false;
    atomic_fetch_add(&disk->struck, 1);
    atomic_store(&disk->pid, getpid());
    if (wrong != WRONG_PAGES)
        errno = atomic_load(&disk->error);
    return true;
}

#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static ssize_t read_at(ssize_t (*real)(int, void *, size_t, off_t), int fd, void *bytes,
                       size_t size, off_t offset)
{
    ssize_t length;

    if (strikes(fd, WRONG_READ))
        return -1;
    length = real(fd, bytes, size, offset);
    /* A page that holds none: SQLite sees that it is no b-tree. Not the first, which says what the
     * file is. */
    if (length == PAGE_BYTES && offset > 0 && strikes(fd, WRONG_PAGES))
        memset(bytes, 0xa5, (size_t)length);
    return length;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    return read_at(REAL(pread), fd, bytes, size, offset);
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t offset)
{
    return read_at(REAL(pread64), fd, bytes, size, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return strikes(fd, WRONG_WRITE) ? -1 : REAL(pwrite)(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    return strikes(fd, WRONG_WRITE) ? -1 : REAL(pwrite64)(fd, bytes, size, offset);
}

int fsync(int fd)
{
    return strikes(fd, WRONG_SYNC) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return strikes(fd, WRONG_SYNC) ? -1 : REAL(fdatasync)(fd);
}

/* Who may not write the file is refused when it is opened for that. */
static bool is_refused(const char *path, int flags)
{
    if (atomic_load(&disk->wrong) != WRONG_OPEN || (flags & O_ACCMODE) == O_RDONLY ||
        !is_main(path))
        return false;
    atomic_fetch_add(&disk->struck, 1);
    atomic_store(&disk->pid, getpid());
    errno = atomic_load(&disk->error);
    return true;
}

#define MODE_OF(flags, mode)                                                                       \
    do {                                                                                           \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;                            \
        va_end(more);                                                                              \
    } while (0)

int open(const char *path, int flags, ...)
{
    int mode;

    MODE_OF(flags, mode);
    return is_refused(path, flags) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    int mode;

    MODE_OF(flags, mode);
    return is_refused(path, flags) ? -1 : REAL(open64)(path, flags, mode);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("DISK_FILE");
    int fd = path ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    void *shared =
        fd >= 0 ? mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (shared != MAP_FAILED)
        disk = shared;
    if (fd >= 0)
        close(fd);
}
