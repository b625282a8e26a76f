/*
 * A shim in front of SQLite's file system, for tests: it asks before each operation whether to fail
 * it, and tells what was written. Shared memory passes through: a power loss forgets it anyway.
 */
#ifndef TESTS_VFS_SHIM_H
#define TESTS_VFS_SHIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

enum vfs_operation { VFS_READ, VFS_WRITE, VFS_SYNC, VFS_SHM, VFS_OPEN };

/* Any may be NULL. `flags` are those with which the file was opened: SQLITE_OPEN_MAIN_DB, …_WAL. */
struct vfs_watcher {
    int (*before)(enum vfs_operation operation); /* what SQLite is told; SQLITE_OK: go on */
    void (*wrote)(int flags, const void *bytes, int size, int64_t offset);
    void (*truncated)(int flags, int64_t size);
    void (*synced)(int flags);
    void (*asked)(char **pragma); /* name and value, before SQLite acts on it; may be changed */
};

struct shim_file { /* followed by the real one */
    sqlite3_file base;
    sqlite3_file *real;
    int flags;
};

static sqlite3_vfs *real_vfs;
static struct vfs_watcher vfs_watcher;

static inline int shim_before(enum vfs_operation operation)
{
    return vfs_watcher.before ? vfs_watcher.before(operation) : SQLITE_OK;
}

static inline sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static inline int shim_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static inline int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    int code = shim_before(VFS_READ);

    if (code != SQLITE_OK)
        return code;
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static inline int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    int code = shim_before(VFS_WRITE);

    if (code == SQLITE_OK)
        code = real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
    if (code == SQLITE_OK && vfs_watcher.wrote)
        vfs_watcher.wrote(((struct shim_file *)file)->flags, bytes, size, offset);
    return code;
}

static inline int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (vfs_watcher.truncated)
        vfs_watcher.truncated(((struct shim_file *)file)->flags, size);
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static inline int shim_sync(sqlite3_file *file, int flags)
{
    int code = shim_before(VFS_SYNC);

    if (code == SQLITE_OK)
        code = real_of(file)->pMethods->xSync(real_of(file), flags);
    if (code == SQLITE_OK && vfs_watcher.synced)
        vfs_watcher.synced(((struct shim_file *)file)->flags);
    return code;
}

static inline int shim_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static inline int shim_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static inline int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static inline int shim_is_reserved(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static inline int shim_control(sqlite3_file *file, int operation, void *argument)
{
    if (operation == SQLITE_FCNTL_PRAGMA && vfs_watcher.asked)
        vfs_watcher.asked((char **)argument + 1);
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static inline int shim_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static inline int shim_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static inline int shim_shm_map(sqlite3_file *file, int page, int size, int extend,
                               void volatile **out)
{
    int code = shim_before(VFS_SHM);

    if (code != SQLITE_OK)
        return code;
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static inline int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static inline void shim_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static inline int shim_shm_unmap(sqlite3_file *file, int is_delete)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), is_delete);
}

static const sqlite3_io_methods SHIM_METHODS = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_file_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_is_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector_size,
    .xDeviceCharacteristics = shim_characteristics,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static inline int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                            int *out_flags)
{
    struct shim_file *shim = (struct shim_file *)file;
    int code = shim_before(VFS_OPEN);

    (void)vfs;
    shim->base.pMethods = NULL;
    shim->real = (sqlite3_file *)(shim + 1);
    shim->flags = flags;
    if (code != SQLITE_OK)
        return code;
    code = real_vfs->xOpen(real_vfs, path, shim->real, flags, out_flags);
    if (code == SQLITE_OK)
        shim->base.pMethods = &SHIM_METHODS;
    return code;
}

/* From here on every new connection goes through it. */
static inline void vfs_shim_install(void)
{
    static sqlite3_vfs shim;

    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "shim";
    shim.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim.xOpen = shim_open;
    assert_int_equal(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

#endif
