/*
 * The store when the system fails under it: each file operation and each allocation once, alone.
 * A shim in front of SQLite's file system and one in front of its allocator count the calls and
 * fail the n-th. Whatever happens, no row is lost or doubled, and the next call is good.
 */
#include "board_file.h"
#include "new_calls.h"
#include "vfs_shim.h"

#include <fcntl.h>
#include <sys/resource.h>

static struct {
    enum vfs_operation operation;
    int code;       /* what SQLite is told */
    long countdown; /* the call that fails; 0: none */
    bool has_struck;
} fault;

static void fault_set(enum vfs_operation operation, int code, long countdown)
{
    fault.operation = operation;
    fault.code = code;
    fault.countdown = countdown;
    fault.has_struck = false;
}

static int fault_strike(enum vfs_operation operation)
{
    if (fault.countdown == 0 || fault.operation != operation || --fault.countdown > 0)
        return SQLITE_OK;
    fault.has_struck = true;
    return fault.code;
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
    enum vfs_operation operation;
    int code;
    enum store_status expected; /* one of the two; an operation may also go on without */
    enum store_status also;
} FAULTS[] = {
    { "a read fails", VFS_READ, SQLITE_IOERR_READ, STORE_ERR_IO, STORE_ERR_IO },
    { "a write fails", VFS_WRITE, SQLITE_IOERR_WRITE, STORE_ERR_IO, STORE_ERR_IO },
    { "the disk is full", VFS_WRITE, SQLITE_FULL, STORE_ERR_FULL, STORE_ERR_FULL },
    { "a sync fails", VFS_SYNC, SQLITE_IOERR_FSYNC, STORE_ERR_IO, STORE_ERR_IO },
    { "-shm cannot grow", VFS_SHM, SQLITE_IOERR_SHMSIZE, STORE_ERR_FULL, STORE_ERR_FULL },
    { "a file cannot be opened", VFS_OPEN, SQLITE_CANTOPEN, STORE_ERR_UNAVAILABLE,
      STORE_ERR_UNAVAILABLE },
    { "a page is damaged", VFS_READ, SQLITE_CORRUPT, STORE_ERR_CORRUPT, STORE_ERR_CORRUPT },
    { "others have it", VFS_READ, SQLITE_BUSY, STORE_ERR_BUSY, STORE_ERR_BUSY },
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

/* Every further one is refused; gives the limit that was. */
static struct rlimit descriptors_take_away(void)
{
    int next = open("/dev/null", O_RDONLY);
    struct rlimit before, none;

    assert_true(next >= 0);
    assert_int_equal(close(next), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

static void test_no_descriptor_is_told_apart_from_a_file_that_is_bad(void **state)
{
    struct board_file file = board_file_make();
    struct store_reader *reader = store_reader_create(file.path);
    struct store_writer *writer = store_writer_create(file.path);
    int64_t seen = 0, count = 0;
    struct rlimit before;

    (void)state;
    before = descriptors_take_away();
    assert_int_equal(store_posts_each(reader, -1, count_post, &seen, &count), STORE_ERR_NOMEM);
    assert_int_equal(store_calls_append(writer, new_calls(0, 1), 1), STORE_ERR_NOMEM);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

    assert_int_equal(store_posts_each(reader, -1, count_post, &seen, &count), STORE_OK);
    assert_int_equal(store_calls_append(writer, new_calls(0, 1), 1), STORE_OK);
    store_reader_destroy(reader);
    store_writer_destroy(writer);
    board_file_remove(&file);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_writer_loses_and_doubles_nothing_when_the_disk_fails),
        cmocka_unit_test(test_reader_is_good_again_after_the_disk_failed),
        cmocka_unit_test(test_reader_survives_every_allocation_failure),
        cmocka_unit_test(test_writer_survives_every_allocation_failure),
        cmocka_unit_test(test_no_descriptor_is_told_apart_from_a_file_that_is_bad),
    };

    shim_memory_install();
    vfs_shim_install();
    vfs_watcher.before = fault_strike;
    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
