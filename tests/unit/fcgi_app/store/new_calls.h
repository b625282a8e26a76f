/* Rows for the writer's tests. */
#ifndef TESTS_NEW_CALLS_H
#define TESTS_NEW_CALLS_H

#include "store/store.h"

#include <string.h>

enum { NEW_CALLS_MAX = 1024 };

/* Parameters count up from `first`. The array is static: one use at a time. */
static inline const struct store_new_call *new_calls(int64_t first, size_t count)
{
    static struct store_new_call rows[NEW_CALLS_MAX];

    memset(rows, 0, sizeof rows);
    for (size_t i = 0; i < count && i < NEW_CALLS_MAX; i++) {
        rows[i].user_ip = (struct store_text){ "127.0.0.1", 9 };
        rows[i].call_url = (struct store_text){ "/board/100", 10 };
        rows[i].parameter = first + (int64_t)i;
        rows[i].start_us = 1717243200000000;
        rows[i].end_us = 1717243200000123;
    }
    return rows;
}

#endif
