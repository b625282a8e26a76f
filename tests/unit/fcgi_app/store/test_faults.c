/*
 * The store when the system fails under it: each file operation and each allocation once, alone.
 * A shim in front of SQLite's file system and one in front of its allocator count the calls and
 * fail the n-th. Whatever happens, no row is lost or doubled, and the next call is good.
 */
#include "board_file.h"
#include "new_calls.h"

enum fault_operation { FAULT_READ, FAULT_WRITE, FAULT_SYNC, FAULT_SHM, FAULT_OPEN, FAULT_COUNT };

static struct {
    enum fault_operation operation;
    int code;       /* what SQLite is told */
    long countdown; /* the call that fails; 0: none */
    bool has_struck;
} fault;

static void fault_set(enum fault_operation operation, int code, long countdown)
{
    fault.operation = operation;
    fault.code = code;
    fault.countdown = countdown;
    fault.has_struck = false;
}

static bool fault_strikes(enum fault_operation operation)
{
    if (fault.countdown == 0 || fault.operation != operation || --fault.countdown > 0)
        return false;
    fault.has_struck = true;
    return true;
}

/* --- the file system: a file of ours is followed by the real one ------------------------------ */

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static int shim_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int shim_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    if (fault_strikes(FAULT_READ))
        return fault.code;
    return real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static int shim_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    if (fault_strikes(FAULT_WRITE))
        return fault.code;
    return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int shim_sync(sqlite3_file *file, int flags)
{
    if (fault_strikes(FAULT_SYNC))
        return fault.code;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int shim_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int shim_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int shim_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int shim_is_reserved(sqlite3_file *file, int *is_reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int shim_control(sqlite3_file *file, int operation, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int shim_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int shim_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    if (fault_strikes(FAULT_SHM))
        return fault.code;
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shim_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shim_shm_unmap(sqlite3_file *file, int is_delete)
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

static int shim_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *out_flags)
{
    struct shim_file *shim = (struct shim_file *)file;
    int code;

    (void)vfs;
    shim->base.pMethods = NULL;
    shim->real = (sqlite3_file *)(shim + 1);
    if (fault_strikes(FAULT_OPEN))
        return fault.code;
    code = real_vfs->xOpen(real_vfs, path, shim->real, flags, out_flags);
    if (code == SQLITE_OK)
        shim->base.pMethods = &SHIM_METHODS;
    return code;
}

static void shim_vfs_install(void)
{
    static sqlite3_vfs shim;

    real_vfs = sqlite3_vfs_find(NULL);
    shim = *real_vfs;
    shim.zName = "fault";
    shim.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim.xOpen = shim_open;
    assert_int_equal(sqlite3_vfs_register(&shim, 1), SQLITE_OK);
}

/* --- the allocator ------------------------------------------------------------------------------
 */

static sqlite3_mem_methods real_memory;
static long memory_countdown; /* the call that fails; 0: none */
static bool memory_has_struck;

static bool memory_strikes(void)
{
    if (memory_countdown == 0 || --memory_countdown > 0)
        return false;
    memory_has_struck = true;
    return true;
}

static void *shim_malloc(int size)
{
    return memory_strikes() ? NULL : real_memory.xMalloc(size);
}

static void *shim_realloc(void *memory, int size)
{
    return memory_strikes() ? NULL : real_memory.xRealloc(memory, size);
}

static void shim_memory_install(void)
{
    sqlite3_mem_methods shim;

    assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory), SQLITE_OK);
    shim = real_memory;
    shim.xMalloc = shim_malloc;
    shim.xRealloc = shim_realloc;
    assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &shim), SQLITE_OK);
}

/* --- tests --------------------------------------------------------------------------------------
 */

static bool count_post(void *user, const struct store_post *post)
{
    (void)post;
    ++*(int64_t *)user;
    return true;
}

static const struct {
    const char *reason;
    enum fault_operation operation;
    int code;
    enum store_status expected; /* one of the two; an operation may also go on without */
    enum store_status also;
} FAULTS[] = {
    { "a read fails", FAULT_READ, SQLITE_IOERR_READ, STORE_ERR_IO, STORE_ERR_IO },
    { "a write fails", FAULT_WRITE, SQLITE_IOERR_WRITE, STORE_ERR_IO, STORE_ERR_IO },
    { "the disk is full", FAULT_WRITE, SQLITE_FULL, STORE_ERR_FULL, STORE_ERR_FULL },
    { "a sync fails", FAULT_SYNC, SQLITE_IOERR_FSYNC, STORE_ERR_IO, STORE_ERR_IO },
    { "-shm cannot grow", FAULT_SHM, SQLITE_IOERR_SHMSIZE, STORE_ERR_FULL, STORE_ERR_FULL },
    { "a file cannot be opened", FAULT_OPEN, SQLITE_CANTOPEN, STORE_ERR_UNAVAILABLE,
      STORE_ERR_UNAVAILABLE },
    { "a page is damaged", FAULT_READ, SQLITE_CORRUPT, STORE_ERR_CORRUPT, STORE_ERR_CORRUPT },
    { "others have it", FAULT_READ, SQLITE_BUSY, STORE_ERR_BUSY, STORE_ERR_BUSY },
};

/* The n-th operation fails, for every n that there is, in the first use and in a later one. */
static void test_writer_loses_and_doubles_nothing_when_the_disk_fails(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof FAULTS / sizeof FAULTS[0]; f++) {
        struct board_file file = board_file_make();
        int64_t rows = 0;
        int struck = 0;

        for (long n = 1; n < 200; n++) {
            struct store_writer *writer = store_writer_create(file.path);
            enum store_status status;

            if (n % 2 == 0) { /* on a connection that is open already */
                assert_int_equal(store_calls_append(writer, new_calls(0, 2), 2), STORE_OK);
                rows += 2;
            }
            fault_set(FAULTS[f].operation, FAULTS[f].code, (n + 1) / 2);
            status = store_calls_append(writer, new_calls(0, 3), 3);
            fault.countdown = 0;
            struck += fault.has_struck;
            if (status != STORE_OK && status != FAULTS[f].expected)
                fail_msg("%s at %ld: %s", FAULTS[f].reason, n, store_status_text(status));
            rows += status == STORE_OK ? 3 : 0;
            assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), rows);
            assert_int_equal(store_calls_append(writer, new_calls(0, 1), 1), STORE_OK);
            rows++;
            store_writer_destroy(writer);
        }
        print_message("%s: %d points\n", FAULTS[f].reason, struck);
        assert_true(struck > 0);
        assert_int_equal(store_check(file.path), STORE_OK);
        board_file_remove(&file);
    }
}

static void test_reader_is_good_again_after_the_disk_failed(void **state)
{
    struct board_file file = board_file_make();

    (void)state;
    board_file_posts(&file, 500);
    for (size_t f = 0; f < sizeof FAULTS / sizeof FAULTS[0]; f++) {
        for (long n = 1; n < 60; n++) {
            struct store_reader *reader = store_reader_create(file.path);
            int64_t seen = 0, count = 0;
            enum store_status status;

            fault_set(FAULTS[f].operation, FAULTS[f].code, n);
            status = store_posts_each(reader, -1, count_post, &seen, &count);
            fault.countdown = 0;
            if (status != STORE_OK && status != FAULTS[f].expected)
                fail_msg("%s at %ld: %s", FAULTS[f].reason, n, store_status_text(status));
            if (status == STORE_OK)
                assert_int_equal(count, 500);
            assert_int_equal(count, seen);
            assert_int_equal(store_posts_each(reader, -1, count_post, &seen, &count), STORE_OK);
            assert_int_equal(count, 500);
            store_reader_destroy(reader);
        }
    }
    board_file_remove(&file);
}

static void test_reader_survives_every_allocation_failure(void **state)
{
    struct board_file file = board_file_make();
    int64_t before = sqlite3_memory_used();
    long n = 0;

    (void)state;
    board_file_posts(&file, 20);
    do {
        struct store_reader *reader;
        int64_t seen = 0, count = 0;
        enum store_status status = STORE_ERR_NOMEM;

        memory_has_struck = false;
        memory_countdown = ++n;
        reader = store_reader_create(file.path);
        if (reader)
            status = store_posts_each(reader, -1, count_post, &seen, &count);
        memory_countdown = 0;
        if (status == STORE_OK)
            assert_int_equal(count, 20);
        else
            assert_int_equal(status, STORE_ERR_NOMEM);
        if (reader)
            assert_int_equal(store_posts_each(reader, -1, count_post, &seen, &count), STORE_OK);
        assert_int_equal(count, reader ? 20 : 0);
        store_reader_destroy(reader);
        assert_int_equal(sqlite3_memory_used(), before);
    } while (memory_has_struck);
    print_message("%ld allocations\n", n - 1);
    assert_true(n > 20);

    board_file_remove(&file);
}

static void test_writer_survives_every_allocation_failure(void **state)
{
    struct board_file file = board_file_make();
    int64_t before = sqlite3_memory_used();
    int64_t rows = 0;
    long n = 0;

    (void)state;
    do {
        struct store_writer *writer;
        enum store_status status = STORE_ERR_NOMEM;

        memory_has_struck = false;
        memory_countdown = ++n;
        writer = store_writer_create(file.path);
        if (writer)
            status = store_calls_append(writer, new_calls(0, 5), 5);
        memory_countdown = 0;
        if (status == STORE_OK)
            rows += 5;
        else
            assert_int_equal(status, STORE_ERR_NOMEM);
        assert_int_equal(board_file_number(&file, "SELECT count(*) FROM log_api"), rows);
        if (writer) {
            assert_int_equal(store_calls_append(writer, new_calls(0, 1), 1), STORE_OK);
            rows++;
        }
        store_writer_destroy(writer);
        assert_int_equal(sqlite3_memory_used(), before);
    } while (memory_has_struck);
    print_message("%ld allocations\n", n - 1);
    assert_true(n > 20);

    board_file_remove(&file);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_writer_loses_and_doubles_nothing_when_the_disk_fails),
        cmocka_unit_test(test_reader_is_good_again_after_the_disk_failed),
        cmocka_unit_test(test_reader_survives_every_allocation_failure),
        cmocka_unit_test(test_writer_survives_every_allocation_failure),
    };

    shim_memory_install();
    shim_vfs_install();
    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
