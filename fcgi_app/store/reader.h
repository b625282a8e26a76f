/* The inside of a reader, for the files that read: posts.c and calls.c. */
#ifndef BOARD_STORE_READER_H
#define BOARD_STORE_READER_H

#include "store/connection.h"

/* How long a read waits. In WAL mode nobody makes it wait but a recovery or an exclusive lock. */
#define STORE__READ_WAIT_MS 500

struct store_reader {
    struct store__connection connection;
    char path[];
};

/* Takes one row of a statement, whose texts are valid until it returns; false: no more. */
typedef bool (*store__row_fn)(sqlite3_stmt *statement, void *user);

/* Runs a statement with these parameters and hands its rows to `row`; *count: how many. */
enum store_status store__reader_each(struct store_reader *reader, enum store__statement which,
                                     const int64_t *parameters, int parameter_count,
                                     store__row_fn row, void *user, int64_t *count);

/* The one number that a statement without parameters gives; NULL, of no row at all, is 0. */
enum store_status store__reader_number(struct store_reader *reader, enum store__statement which,
                                       int64_t *out);

/* A column as text, whatever type the row holds: numbers as their digits, a blob as its bytes. */
struct store_text store__column_text(sqlite3_stmt *statement, int column);

#endif
