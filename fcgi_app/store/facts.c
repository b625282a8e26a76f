/* What can be said of the file from outside: by stat, so that it is never opened twice. */
#include "store/store.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

enum { WAL_RESET_DEFECT_SINCE = 3007000, WAL_RESET_DEFECT_FIXED = 3051003 };

static const char *engine_note(int version)
{
    if (version >= WAL_RESET_DEFECT_SINCE && version < WAL_RESET_DEFECT_FIXED)
        return "its WAL-reset defect (fixed in 3.51.3) cannot strike: one writer at a time, "
               "under the lock";
    return "no known defect of it concerns the board";
}

static int64_t file_size(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 ? (int64_t)file.st_size : -1;
}

void store_facts_read(const char *path, struct store_facts *out)
{
    char wal_path[PATH_MAX];
    int length = snprintf(wal_path, sizeof wal_path, "%s-wal", path);

    out->file_bytes = file_size(path);
    out->wal_bytes = length > 0 && length < PATH_MAX ? file_size(wal_path) : -1;
    out->engine_version = sqlite3_libversion();
    out->engine_note = engine_note(sqlite3_libversion_number());
}
