/*
 * Input by chance for what reads it: a good text, spoilt. Each is in memory of exactly its size, so
 * that a sanitizer sees a byte too many.
 */
#ifndef TESTS_RANDOM_INPUT_H
#define TESTS_RANDOM_INPUT_H

#include "base/random.h"

#include <stdlib.h>
#include <string.h>

/* TEST_TIMES=50 makes a test with chance in it go on 50 times as long. */
static inline int random_times(int times)
{
    const char *text = getenv("TEST_TIMES");
    long more = text ? strtol(text, NULL, 10) : 1;

    return times * (int)(more > 0 ? more : 1);
}

/* Up to four bytes changed, then cut, lengthened by a piece of itself, or left as long as it was.
 * The caller frees it. */
static inline char *random_mutation(uint64_t random[4], const char *good, size_t length,
                                    size_t *out_length)
{
    size_t from = length ? (size_t)random_next(random) % length : 0;
    size_t piece = length ? (size_t)random_next(random) % (length - from + 1) : 0;
    char *text = malloc(length + piece + 1);
    char *exact;

    if (text == NULL)
        abort();
    memcpy(text, good, length);
    *out_length = length;
    switch (random_next(random) % 4) {
    case 0:
        *out_length = from;
        break;
    case 1:
        memcpy(text + length, good + from, piece);
        *out_length += piece;
        break;
    default:
        break;
    }
    for (uint64_t changes = random_next(random) % 5; changes > 0 && *out_length > 0; changes--)
        text[random_next(random) % *out_length] = (char)random_next(random);
    exact = malloc(*out_length ? *out_length : 1);
    if (exact == NULL)
        abort();
    memcpy(exact, text, *out_length);
    free(text);
    return exact;
}

#endif
