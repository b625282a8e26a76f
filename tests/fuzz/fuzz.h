/*
 * What the fuzz targets share: an input that is taken apart piece by piece, and a check that
 * stops the run where a parser breaks its own promise.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's entry point: called for each input, always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_PROMISE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* The next number; 0 once there is nothing left. */
static inline uint64_t fuzz_number(struct fuzz_input *input, size_t bytes)
{
    uint64_t number = 0;

    bytes = bytes < input->left ? bytes : input->left;
    memcpy(&number, input->at, bytes);
    input->at += bytes;
    input->left -= bytes;
    return number;
}

/* Up to `limit` bytes, ended by NUL, in a place of their own: a read past the end is seen. */
static inline char *fuzz_text(struct fuzz_input *input, size_t limit)
{
    size_t length = limit < input->left ? limit : input->left;
    char *text = malloc(length + 1);

    if (text == NULL)
        abort();
    memcpy(text, input->at, length);
    text[length] = '\0';
    input->at += length;
    input->left -= length;
    return text;
}

/* The same without a NUL behind it: for parsers that are told the length. */
static inline char *fuzz_bytes(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size ? size : 1);

    if (bytes == NULL)
        abort();
    memcpy(bytes, data, size);
    return bytes;
}

#endif
