/*
 * Compares what an encoder wrote with a file of tests/vectors/otlp, byte for byte. NAME.json ends
 * with a newline, which is no part of the request; NAME.hex is bytes in hex, where what follows a
 * "#" says what they mean. Tests run in the root of the tree.
 *
 * A new vector: build the test with CFLAGS=-DGOLDEN_WRITE, run it, and read the file that it
 * wrote against the specification before it becomes the law (tests/vectors/otlp/comment writes
 * the comments of a NAME.hex).
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { GOLDEN_BYTES = 1 << 18 };

/* Reads a vector into `text`, NUL behind it. */
static inline void golden_read(const char *name, const char *ending, char text[GOLDEN_BYTES])
{
    char path[256];
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "tests/vectors/otlp/%s%s", name, ending);
    file = fopen(path, "r");
    if (file == NULL)
        fail_msg("%s is not there", path);
    length = fread(text, 1, GOLDEN_BYTES - 1, file);
    fclose(file);
    text[length] = '\0';
}

static inline void golden_write(const char *name, const char *ending, const char *text)
{
#ifdef GOLDEN_WRITE
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "tests/vectors/otlp/%s%s", name, ending);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
#else
    (void)name;
    (void)ending;
    (void)text;
#endif
}

static inline void assert_golden(const struct buf *actual, const char *name)
{
    static char expected[GOLDEN_BYTES], written[GOLDEN_BYTES];

    assert_false(actual->has_failed);
    assert_true(actual->length + 2 < sizeof written);
    memcpy(written, actual->data, actual->length);
    memcpy(written + actual->length, "\n", 2);
    golden_write(name, ".json", written);
    golden_read(name, ".json", expected);
    assert_string_equal(written, expected);
}

/* Of a text with its own ends of lines; `name` has its ending. */
static inline void assert_golden_text(const struct buf *actual, const char *name)
{
    static char expected[GOLDEN_BYTES], written[GOLDEN_BYTES];

    assert_false(actual->has_failed);
    assert_true(actual->length < sizeof written);
    memcpy(written, actual->data, actual->length);
    written[actual->length] = '\0';
    golden_write(name, "", written);
    golden_read(name, "", expected);
    assert_string_equal(written, expected);
}

/* Leaves the hex digits. */
static inline void golden_strip(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '#')
            at += strcspn(at, "\n") - 1;
        else if (strchr("0123456789abcdef", *at) != NULL)
            *to++ = *at;
    }
    *to = '\0';
}

static inline void assert_golden_hex(const struct buf *actual, const char *name)
{
    static char expected[GOLDEN_BYTES], written[GOLDEN_BYTES];

    assert_false(actual->has_failed);
    assert_true(2 * actual->length + 1 < sizeof written);
    for (size_t i = 0; i < actual->length; i++)
        snprintf(written + 2 * i, 3, "%02x", (uint8_t)actual->data[i]);
    golden_write(name, ".hex", written);
    golden_read(name, ".hex", expected);
    golden_strip(expected);
    assert_string_equal(written, expected);
}

#endif
