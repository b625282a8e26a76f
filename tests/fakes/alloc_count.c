#include "alloc_count.h"

#include <stddef.h>

static _Thread_local long calls;

long alloc_count(void)
{
    return calls;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

bool alloc_count_works(void)
{
    return false;
}

#else

/* glibc's own, behind the names that a program may take over. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *memalign(size_t alignment, size_t size);

bool alloc_count_works(void)
{
    return true;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    calls++;
    return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
    calls++;
    return __libc_realloc(memory, size);
}

__attribute__((visibility("default"))) void *memalign(size_t alignment, size_t size)
{
    calls++;
    return __libc_memalign(alignment, size);
}

#endif
