/*
 * One table of words and one translation. What decides is what a caller can do about it: BUSY and
 * UNAVAILABLE are worth another try later, the others want a person.
 */
#include "store/status.h"

#include <sqlite3.h>

/* clang-format off */
#define STATUS_WORDS(X) \
    X(STORE_OK, "ok") \
    X(STORE_ERR_BUSY, "busy") \
    X(STORE_ERR_UNAVAILABLE, "unavailable") \
    X(STORE_ERR_FULL, "full") \
    X(STORE_ERR_IO, "io") \
    X(STORE_ERR_CORRUPT, "corrupt") \
    X(STORE_ERR_READ_ONLY, "read_only") \
    X(STORE_ERR_NOMEM, "no_memory") \
    X(STORE_ERR_OTHER, "other")
/* clang-format on */

const char *store_status_text(enum store_status status)
{
    switch (status) {
#define X(value, word)                                                                             \
    case value:                                                                                    \
        return word;
        STATUS_WORDS(X)
#undef X
    }
    return "other";
}

/* Where the extended code says more than its group; STORE_OK: it does not. */
static enum store_status status_of_extended(int code)
{
    switch (code) {
    case SQLITE_IOERR_NOMEM:
        return STORE_ERR_NOMEM;
    case SQLITE_IOERR_SHMSIZE: /* -shm could not grow: that is a full disk */
        return STORE_ERR_FULL;
    case SQLITE_IOERR_CORRUPTFS:
        return STORE_ERR_CORRUPT;
    case SQLITE_READONLY_RECOVERY: /* a reader met a log that only a writer can put right, */
    case SQLITE_READONLY_CANTLOCK: /* or files that the writer has not made yet */
    case SQLITE_READONLY_CANTINIT:
    case SQLITE_READONLY_ROLLBACK:
    case SQLITE_READONLY_DBMOVED:
        return STORE_ERR_UNAVAILABLE;
    default:
        return STORE_OK;
    }
}

enum store_status store__status(int code)
{
    enum store_status extended = status_of_extended(code);

    if (extended != STORE_OK)
        return extended;
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return STORE_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* readers kept racing for the log's header */
        return STORE_ERR_BUSY;
    case SQLITE_CANTOPEN:
    case SQLITE_NOTADB:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return STORE_ERR_UNAVAILABLE;
    case SQLITE_FULL:
        return STORE_ERR_FULL;
    case SQLITE_IOERR:
        return STORE_ERR_IO;
    case SQLITE_CORRUPT:
        return STORE_ERR_CORRUPT;
    case SQLITE_READONLY:
        return STORE_ERR_READ_ONLY;
    case SQLITE_NOMEM:
        return STORE_ERR_NOMEM;
    default:
        return STORE_ERR_OTHER;
    }
}
