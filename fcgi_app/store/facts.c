/* What can be said of the file from outside: by stat, so that it is never opened twice. */
#include "store/store.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

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
}
