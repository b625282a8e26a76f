/* A command line that may be written to, as argv may: secrets in it are overwritten. */
#ifndef TESTS_ARGUMENTS_H
#define TESTS_ARGUMENTS_H

#include <assert.h>
#include <string.h>

enum { ARGUMENTS_COUNT_MAX = 32, ARGUMENTS_TEXT_BYTES = 8192 };

struct arguments {
    int count;
    size_t used;
    char *list[ARGUMENTS_COUNT_MAX + 1]; /* NULL at the end */
    char text[ARGUMENTS_TEXT_BYTES];
};

static inline void arguments_add(struct arguments *arguments, const char *argument)
{
    size_t size = strlen(argument) + 1;

    assert(arguments->count < ARGUMENTS_COUNT_MAX &&
           arguments->used + size <= sizeof arguments->text);
    arguments->list[arguments->count++] = memcpy(arguments->text + arguments->used, argument, size);
    arguments->used += size;
}

#endif
