/* What a view wrote, compared as text. */
#ifndef TESTS_WRITTEN_H
#define TESTS_WRITTEN_H

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define TEXT(literal) ((struct store_text){ (literal), sizeof(literal) - 1 })
#define NO_TEXT ((struct store_text){ NULL, 0 })

/* Compares and clears. */
static inline void assert_written(struct buf *buf, const char *expected)
{
    assert_false(buf->has_failed);
    buf_add(buf, "", 1);
    assert_string_equal(buf->data, expected);
    buf_clear(buf);
}

#endif
