/*
 * malloc with a counter and a fuse. The two counters are the calling thread's own, so that
 * they cost no atomic and a test sees only what it did itself.
 */
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local long blocks_live;
static _Thread_local long calls_until_failure = -1;

/* True when this is the call that a test wants to fail. */
static bool fuse_blows(void)
{
    if (calls_until_failure < 0)
        return false;
    return calls_until_failure-- == 0;
}

void *mem_alloc(size_t size)
{
    void *memory = fuse_blows() ? NULL : malloc(size ? size : 1);

    if (memory)
        blocks_live++;
    return memory;
}

void *mem_zalloc(size_t count, size_t size)
{
    void *memory = NULL;

    if (size && count > SIZE_MAX / size)
        return NULL;
    memory = mem_alloc(count * size);
    if (memory)
        memset(memory, 0, count * size);
    return memory;
}

void *mem_realloc(void *memory, size_t size)
{
    void *moved = fuse_blows() ? NULL : realloc(memory, size ? size : 1);

    if (moved && !memory)
        blocks_live++;
    return moved;
}

void mem_free(void *memory)
{
    if (memory)
        blocks_live--;
    free(memory);
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_alloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void mem_fail_at(long n)
{
    calls_until_failure = n;
}

long mem_live(void)
{
    return blocks_live;
}
