/*
 * The random part of a log row: 30 characters of [A-Za-z0-9], each equally likely. The kernel's
 * random bytes are fetched by the hundred, because a system call for each row would be felt.
 */
#ifndef BOARD_STORE_USER_ID_H
#define BOARD_STORE_USER_ID_H

#include "store/store.h"

#include <stddef.h>
#include <sys/types.h>

/* One thread. All zero is empty. */
struct store__random {
    pid_t pid; /* who fetched: a forked child must not hand out the same bytes */
    size_t left;
    uint8_t bytes[1024];
};

/* False when the kernel has no random bytes; `out` is then undefined. No NUL is written. */
bool store__user_id(struct store__random *random, char out[STORE_USER_ID_LENGTH]);

#endif
