/*
 * Counts the calling thread's allocations from libc, whoever asks for them. Not under a
 * sanitizer, which has its own malloc: alloc_count_works is false there.
 */
#ifndef TESTS_ALLOC_COUNT_H
#define TESTS_ALLOC_COUNT_H

#include <stdbool.h>

bool alloc_count_works(void);
long alloc_count(void);

#endif
