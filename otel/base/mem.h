/*
 * Allocation with one seam: tests make the n-th call fail. Sizes are checked before they are
 * multiplied. The worker's request path never comes here.
 */
#ifndef OTEL_BASE_MEM_H
#define OTEL_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);                 /* NULL when there is none; not cleared */
void *mem_zalloc(size_t count, size_t size);  /* cleared; NULL also on overflow */
void *mem_realloc(void *memory, size_t size); /* NULL leaves `memory` as it was */
void mem_free(void *memory);
char *mem_strdup(const char *text);

/* For tests: the calling thread's n-th allocation from now on (0: the next) fails, once;
 * negative: none. */
void mem_fail_at(long n);

/* For tests: blocks that the calling thread was given, less those that it freed. */
long mem_live(void);

#endif
