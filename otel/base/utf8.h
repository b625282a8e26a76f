/*
 * UTF-8, as Unicode's table 3-7 has it: no overlong forms, no surrogates, nothing beyond
 * U+10FFFF.
 */
#ifndef OTEL_BASE_UTF8_H
#define OTEL_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/*
 * Reads one character of a text that is not empty and returns its length in bytes. What is not
 * UTF-8 is UTF8_REPLACEMENT, one for each maximal subpart (Unicode 3.9, "U+FFFD Substitution of
 * Maximal Subparts"; Python's errors="replace").
 */
size_t utf8_next(const char *text, size_t length, uint32_t *code_point);

/* Length of the longest start of the text that is at most `limit` bytes and cuts no character. */
size_t utf8_fit(const char *text, size_t length, size_t limit);

#endif
