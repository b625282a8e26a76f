/*
 * Making and mapping the file. All but the rings is given real pages at once, because a page
 * that tmpfs cannot give later would be a SIGBUS in the middle of a request; a ring gets its
 * pages when its slot is claimed (segment_slot_populate).
 */
#include "segment/map.h"
#include "base/clock.h"
#include "segment/check.h"
#include "segment/method.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEGMENT_MODE 0660

/* fallocate as errno; a file system that cannot do it keeps the holes. */
static int pages_reserve(int fd, size_t offset, size_t size)
{
    int error = posix_fallocate(fd, (off_t)offset, (off_t)size);

    return error == EOPNOTSUPP || error == EINVAL ? 0 : error;
}

static int file_reserve(int fd)
{
    int error = 0;

    if (ftruncate(fd, sizeof(struct segment)) != 0)
        return errno;
    error = pages_reserve(fd, 0, offsetof(struct segment, slots));
    for (size_t i = 0; i < SEGMENT_SLOT_COUNT && !error; i++)
        error = pages_reserve(fd, offsetof(struct segment, slots) + i * sizeof(struct segment_slot),
                              offsetof(struct segment_slot, ring));
    if (!error)
        error = pages_reserve(fd, offsetof(struct segment, requests),
                              sizeof(struct segment) - offsetof(struct segment, requests));
    return error;
}

static struct segment *file_map(int fd, int protection)
{
    void *memory = mmap(NULL, sizeof(struct segment), protection, MAP_SHARED, fd, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void header_write(struct segment_header *header, const char *pool)
{
    size_t length = strnlen(pool, sizeof header->pool - 1);

    header->magic = SEGMENT_MAGIC;
    header->version = SEGMENT_VERSION;
    header->header_bytes = sizeof(struct segment);
    header->created_ns = clock_wall_ns();
    memcpy(header->pool, pool, length);
    (void)segment_methods_set(&header->config, SEGMENT_METHODS_DEFAULT);
}

struct segment *segment_create(const char *path, const char *pool)
{
    struct segment *segment = NULL;
    struct segment *result = NULL;
    char fresh_path[PATH_MAX];
    int fd = -1;
    int error = 0;

    if ((size_t)snprintf(fresh_path, sizeof fresh_path, "%s.XXXXXX", path) >= sizeof fresh_path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    fd = mkostemp(fresh_path, O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fchmod(fd, SEGMENT_MODE) != 0) {
        error = errno;
        goto done;
    }
    error = file_reserve(fd);
    if (error)
        goto done;
    segment = file_map(fd, PROT_READ | PROT_WRITE);
    if (!segment) {
        error = errno;
        goto done;
    }
    header_write(&segment->header, pool);
    if (rename(fresh_path, path) != 0) {
        error = errno;
        goto done;
    }
    result = segment;

done:
    if (!result) {
        segment_unmap(segment);
        (void)unlink(fresh_path); /* nothing more can be done about a file that stays */
    }
    (void)close(fd); /* the mapping holds the file */
    if (error)
        errno = error;
    return result;
}

/* EINVAL: no segment at all; EPROTO: one of another format. */
static int segment_judge(const struct segment *segment, const struct stat *facts)
{
    if (segment->header.magic != SEGMENT_MAGIC)
        return EINVAL;
    return segment_header_check(&segment->header, (uint64_t)facts->st_size) ? 0 : EPROTO;
}

struct segment *segment_map(const char *path, enum segment_access access)
{
    int protection = access == SEGMENT_READ_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
    int fd = open(path, (access == SEGMENT_READ_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    struct segment *segment = NULL;
    struct segment *result = NULL;
    struct stat facts;
    int error = 0;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &facts) != 0) {
        error = errno;
        goto done;
    }
    /* A file that ends within the header cannot be looked at: touching it would be a SIGBUS. */
    if (!S_ISREG(facts.st_mode) || facts.st_size < (off_t)sizeof(struct segment_header)) {
        error = EINVAL;
        goto done;
    }
    segment = file_map(fd, protection);
    if (!segment) {
        error = errno;
        goto done;
    }
    error = segment_judge(segment, &facts);
    if (!error)
        result = segment;

done:
    if (!result)
        segment_unmap(segment);
    (void)close(fd); /* the mapping holds the file */
    if (error)
        errno = error;
    return result;
}

void segment_unmap(struct segment *segment)
{
    if (segment)
        (void)munmap(segment, sizeof *segment); /* fails for a wrong address only */
}

/* By pwrite: a reader's mapping stays one that cannot change anything. */
void segment_note_reader(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    uint64_t now_ns = clock_monotonic_ns();

    if (fd < 0)
        return;
    (void)!pwrite(fd, &now_ns, sizeof now_ns,
                  offsetof(struct segment, header) + offsetof(struct segment_header, reader_ns));
    (void)close(fd);
}

bool segment_slot_populate(struct segment_slot *slot)
{
#ifdef MADV_POPULATE_WRITE
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = (uintptr_t)slot & ~(page - 1);
    int saved_errno = errno;
    bool has_pages =
        madvise((void *)start, (uintptr_t)(slot + 1) - start, MADV_POPULATE_WRITE) == 0 ||
        errno == EINVAL; /* Linux before 5.14 */

    errno = saved_errno;
    return has_pages;
#else
    (void)slot;
    return true;
#endif
}

int segment_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;

        (void)close(fd);
        errno = error;
        fd = -1;
    }
    return fd;
}
