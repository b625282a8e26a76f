/* Making the file: the tables that are missing, and posts to begin with. */
#ifndef BOARD_STORE_SEED_H
#define BOARD_STORE_SEED_H

#include "store/store.h"

#define STORE_SEED_ROWS_MAX 1000000

typedef void (*store_seed_fn)(void *user, int64_t done);

/*
 * Makes the file and the tables where they are missing and, where there is no post yet, `rows` of
 * them: titles of 20 and contents of 300 random letters and digits. All of it or nothing, in one
 * transaction under the write lock. *made: how many; 0 where there were posts before.
 * `progress` is called now and then; NULL is legal.
 */
enum store_status store_seed(const char *path, int64_t rows, store_seed_fn progress, void *user,
                             int64_t *made);

/* STORE_OK when the file holds together, STORE_ERR_CORRUPT when it does not. Reads all of it. */
enum store_status store_check(const char *path);

#endif
