/*
 * Compares what an encoder wrote with a file of tests/vectors/otlp, byte for byte. The files end
 * with a newline, which is no part of the request. Tests run in the root of the tree.
 *
 * A new vector: build the test with CFLAGS=-DGOLDEN_WRITE, run it, and read the file that it
 * wrote against the specification before it becomes the law.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

static inline void assert_golden(const struct buf *actual, const char *name)
{
    static char expected[1 << 18], written[1 << 18];
    char path[256];
    size_t length = 0;
    FILE *file;

    assert_false(actual->has_failed);
    assert_true(actual->length + 2 < sizeof written);
    memcpy(written, actual->data, actual->length);
    memcpy(written + actual->length, "\n", 2);
    snprintf(path, sizeof path, "tests/vectors/otlp/%s", name);
#ifdef GOLDEN_WRITE
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(written, file);
    fclose(file);
#endif
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(expected, 1, sizeof expected - 1, file);
    fclose(file);
    expected[length] = '\0';
    assert_string_equal(written, expected);
}

#endif
