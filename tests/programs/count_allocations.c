/*
 * Preloaded: counts the calls of malloc and its family in all threads, in the first eight bytes
 * of the file that COUNT_FILE names, where a test reads them at any time.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static _Atomic uint64_t before_start;
static _Atomic uint64_t *calls = &before_start;

void *malloc(size_t size)
{
    atomic_fetch_add(calls, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(calls, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(calls, 1);
    return __libc_realloc(memory, size);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("COUNT_FILE");
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    void *shared = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, sizeof(*calls)) == 0)
        shared = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared != MAP_FAILED)
        calls = shared;
    if (fd >= 0)
        close(fd);
}
