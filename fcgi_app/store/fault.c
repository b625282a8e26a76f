/* From a status to what a person can put right. The file is looked at by name alone: opening and
 * closing it would drop the locks that SQLite holds in this process. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool may(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

/* SQLite makes -wal and -shm beside the file, even to read. */
static bool folder_may_be_written(const char *path)
{
    char folder[PATH_MAX];
    int length = snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');

    if (length < 0 || length >= PATH_MAX)
        return false;
    if (slash == NULL)
        return may(".", W_OK | X_OK);
    slash[1] = '\0'; /* with it, so that the root stays one */
    return may(folder, W_OK | X_OK);
}

/* Why a file could not be opened at all, or holds not what it should. */
static enum store_fault fault_of_file(const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0)
        return errno == EACCES ? STORE_FAULT_NOT_READABLE : STORE_FAULT_MISSING;
    if (S_ISREG(file.st_mode) && !may(path, R_OK))
        return STORE_FAULT_NOT_READABLE;
    if (S_ISREG(file.st_mode) && (!may(path, W_OK) || !folder_may_be_written(path)))
        return STORE_FAULT_READ_ONLY;
    return STORE_FAULT_NOT_A_DATABASE;
}

enum store_fault store_fault_find(const char *path, enum store_status status)
{
    switch (status) {
    case STORE_OK:
        return STORE_FAULT_NONE;
    case STORE_ERR_BUSY:
        return STORE_FAULT_LOCKED;
    case STORE_ERR_UNAVAILABLE:
        return fault_of_file(path);
    case STORE_ERR_FULL:
        return STORE_FAULT_FULL;
    case STORE_ERR_IO:
        return STORE_FAULT_IO;
    case STORE_ERR_CORRUPT:
        return STORE_FAULT_CORRUPT;
    case STORE_ERR_READ_ONLY:
        return may(path, R_OK) ? STORE_FAULT_READ_ONLY : fault_of_file(path);
    case STORE_ERR_NOMEM:
        return STORE_FAULT_NO_MEMORY;
    case STORE_ERR_OTHER:
        break;
    }
    return STORE_FAULT_OTHER;
}
