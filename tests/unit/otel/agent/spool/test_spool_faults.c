/* What may be wrong with a spool's file: each is survived, counted, and over when it is repaired.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "spool_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>

#define WAIT_NS (6 * CLOCK_NS_PER_S) /* longer than a fault is left alone */

/* --- a disk that fails: SQLite's own seam under its writes ---------------------------------------
 */

typedef ssize_t (*pwrite_fn)(int fd, const void *bytes, size_t size, off_t offset);

static pwrite_fn real_pwrite;
static int write_errno; /* 0: writes go through */
static unsigned writes_failed;

static ssize_t failing_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (write_errno == 0)
        return real_pwrite(fd, bytes, size, offset);
    writes_failed++;
    errno = write_errno;
    return -1;
}

static int setup_disk(void **state)
{
    static const char *const names[] = { "pwrite", "pwrite64" };
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    write_errno = 0;
    writes_failed = 0;
    for (size_t i = 0; i < 2; i++) {
        sqlite3_syscall_ptr real = vfs->xGetSystemCall(vfs, names[i]);
        if (real == NULL || real == (sqlite3_syscall_ptr)failing_pwrite)
            continue;
        real_pwrite = (pwrite_fn)real;
        assert_int_equal(vfs->xSetSystemCall(vfs, names[i], (sqlite3_syscall_ptr)failing_pwrite),
                         SQLITE_OK);
    }
    return spool_sample_setup(state);
}

static int teardown_disk(void **state)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    write_errno = 0;
    (void)vfs->xSetSystemCall(vfs, NULL, NULL);
    return spool_sample_teardown(state);
}

static void put_until_refused(int error)
{
    uint64_t number = 1000;

    write_errno = error;
    while (spool_sample_put(SPOOL_TRACES_OTLP, number, 100)) {
        number += 100;
        assert_true(number < 100000);
    }
    assert_true(writes_failed > 0);
}

static void test_a_full_disk_keeps_what_is_there_and_takes_more_when_there_is_room(void **state)
{
    uint64_t first = 0, before;
    bool is_doubtful;

    (void)state;
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1, 100));
    put_until_refused(ENOSPC);
    before = spool_sample_waits(SPOOL_TRACES_OTLP);
    assert_false(spool_is_usable(spool));
    assert_int_equal(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_UNREADABLE), 0);
    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 100);
    assert_int_equal(first, 1); /* sending goes on, though nothing can be written */
    spool_taken(spool, SPOOL_TRACES_OTLP);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), before - 100);

    write_errno = 0;
    fake_clock_advance(WAIT_NS);
    spool_step(spool, clock_monotonic_ns());
    assert_true(spool_is_usable(spool));
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 200000, 10));
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), before - 100 + 10);
    assert_int_equal(spool_bytes(spool), 0);
}

static void test_what_was_sent_and_could_not_be_deleted_is_not_sent_again(void **state)
{
    uint64_t first = 0;
    bool is_doubtful;

    (void)state;
    for (uint64_t i = 0; i < 5; i++)
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 100 * i, 100));
    write_errno = ENOSPC;
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 100);
        assert_int_equal(first, 100 * i);
        spool_taken(spool, SPOOL_TRACES_OTLP);
    }
    assert_true(writes_failed > 0);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 100);
    write_errno = 0;
    fake_clock_advance(2 * WAIT_NS);
    spool_step(spool, clock_monotonic_ns());
    spool_sample_reopen(64 * SAMPLE_MIB);

    assert_int_equal(spool_counts(spool, SPOOL_TRACES_OTLP).found, 100);
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), 100);
    assert_int_equal(first, 400);
}

static void test_an_error_of_the_disk_is_looked_at_again(void **state)
{
    uint64_t first = 0, waits;

    (void)state;
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 1, 100));
    put_until_refused(EIO);
    waits = spool_sample_waits(SPOOL_TRACES_OTLP);
    assert_false(spool_is_usable(spool));
    write_errno = 0;
    fake_clock_advance(WAIT_NS);
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 200000, 10));

    assert_int_equal(spool_counts(spool, SPOOL_TRACES_OTLP).found, 0);
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), waits + 10);
    assert_int_equal(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_UNREADABLE), 0);
}

/* --- a file that is damaged ----------------------------------------------------------------------
 */

static void overwrite(const char *path, off_t offset, size_t size)
{
    static const char nonsense[65536] = "no database, nor a page of one";
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, nonsense, size, offset), (ssize_t)size);
    assert_int_equal(close(fd), 0);
}

static void assert_moved_aside(void)
{
    char path[160];

    (void)snprintf(path, sizeof path, "%s.corrupt", spool_path);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(access(spool_path, F_OK), 0); /* a new one */
}

static void test_a_file_that_is_no_database_is_moved_aside(void **state)
{
    uint64_t first;

    (void)state;
    spool_destroy(spool);
    overwrite(spool_path, 0, 4096);
    spool_sample_open(SAMPLE_MIB);

    assert_moved_aside();
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 7, 10));
    assert_int_equal(spool_sample_drain(SPOOL_LOGS_OTLP, &first), 10);
    assert_int_equal(first, 7);
}

static void file_copy(const char *from, const char *to)
{
    static char bytes[65536];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
    ssize_t got;

    assert_true(in >= 0 && out >= 0);
    while ((got = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)got), got);
    assert_int_equal(got, 0);
    assert_int_equal(close(in), 0);
    assert_int_equal(close(out), 0);
}

/* It would pass for the log of the file that is moved aside now. */
static void test_an_older_damaged_files_log_is_not_read_again(void **state)
{
    char log[160], older_log[160];

    (void)state;
    (void)snprintf(log, sizeof log, "%s-wal", spool_path);
    (void)snprintf(older_log, sizeof older_log, "%s.corrupt-wal", spool_path);
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 0, 10));
    file_copy(log, older_log);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 10);
    spool_destroy(spool);
    overwrite(spool_path, 0, 4096);
    spool_sample_open(SAMPLE_MIB);

    assert_moved_aside();
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 0);
}

static void test_another_databases_tables_are_moved_aside(void **state)
{
    sqlite3 *db = NULL;

    (void)state;
    spool_destroy(spool);
    (void)unlink(spool_path);
    assert_int_equal(sqlite3_open(spool_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE post (id INTEGER)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    spool_sample_open(SAMPLE_MIB);

    assert_moved_aside();
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 7, 10));
}

static void test_damage_that_is_met_later_costs_what_was_in_the_file_and_is_counted(void **state)
{
    uint64_t first = 0, put = 0, drained;
    struct spool_counts counts;

    (void)state;
    for (; put < 400000; put += 500) /* more than the cache holds */
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, put, 500));
    spool_sample_reopen(64 * SAMPLE_MIB);
    for (off_t page = 8; page < 200; page += 32)
        overwrite(spool_path, 4096 * page, 65536);
    drained = spool_sample_drain(SPOOL_TRACES_OTLP, &first);

    counts = spool_counts(spool, SPOOL_TRACES_OTLP);
    assert_int_equal(counts.found, put);
    assert_true(counts.lost[SPOOL_LOSS_UNREADABLE] > 0);
    assert_int_equal(drained + counts.lost[SPOOL_LOSS_UNREADABLE] + counts.records, put);
    assert_true(spool_sample_put(SPOOL_TRACES_OTLP, put, 500));
}

/* Two lanes with a row in turn; one row is being sent while the other lane meets the damage. */
static void test_a_broken_page_costs_the_rows_near_it_and_no_order(void **state)
{
    enum { ROWS = 300 };
    uint64_t first = 0, drained;
    struct spool_counts spans, logs;
    bool is_doubtful;

    (void)state;
    for (uint64_t i = 0; i < ROWS; i++) {
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 500 * i, 500));
        assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 500 * i, 500));
    }
    spool_sample_reopen(64 * SAMPLE_MIB);
    assert_int_equal(spool_sample_next(SPOOL_TRACES_OTLP, &first, &is_doubtful), 500);
    overwrite(spool_path, 4096 * 100, 4096);
    overwrite(spool_path, 4096 * 150, 4096);
    drained = spool_sample_drain(SPOOL_LOGS_OTLP, &first); /* up to the damage */
    assert_moved_aside();
    drained += spool_sample_drain(SPOOL_LOGS_OTLP, &first);
    logs = spool_counts(spool, SPOOL_LOGS_OTLP);
    spans = spool_counts(spool, SPOOL_TRACES_OTLP);
    assert_in_range(logs.lost[SPOOL_LOSS_UNREADABLE] + spans.lost[SPOOL_LOSS_UNREADABLE], 500,
                    20 * 500);
    assert_int_equal(drained + logs.lost[SPOOL_LOSS_UNREADABLE], 500 * ROWS);
    assert_int_equal(spans.records + spans.lost[SPOOL_LOSS_UNREADABLE], 500 * ROWS);

    spool_taken(spool, SPOOL_TRACES_OTLP); /* it is in the new file, too, and leaves it */
    drained = spool_sample_drain(SPOOL_TRACES_OTLP, &first);
    assert_int_equal(first, 500);
    assert_int_equal(drained, spans.records - 500);
    assert_int_equal(spool_bytes(spool), 0);
}

/* The first row that says so many records now says so many more: where it stands in the file. */
static void count_raise(uint16_t from, uint16_t to)
{
    static uint8_t bytes[65536];
    uint64_t time_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
    uint8_t found[8], told[2] = { (uint8_t)(to >> 8), (uint8_t)to };
    int fd = open(spool_path, O_RDWR);
    const uint8_t *place;

    for (int i = 0; i < 6; i++) /* as SQLite writes the two columns */
        found[i] = (uint8_t)(time_ms >> (40 - 8 * i));
    found[6] = (uint8_t)(from >> 8);
    found[7] = (uint8_t)from;
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, bytes, sizeof bytes, 0), (ssize_t)sizeof bytes);
    place = memmem(bytes, sizeof bytes, found, sizeof found);
    assert_non_null(place);
    assert_int_equal(pwrite(fd, told, sizeof told, place - bytes + 6), (ssize_t)sizeof told);
    assert_int_equal(close(fd), 0);
}

static void test_a_count_that_changes_in_the_file_makes_no_records(void **state)
{
    enum { ROWS = 1000 }; /* more than the cache holds */
    uint64_t first;

    (void)state;
    for (uint64_t i = 0; i < ROWS; i++)
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 500 * i, 500));
    spool_sample_reopen(64 * SAMPLE_MIB);
    count_raise(500, 0x3000);

    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), 500 * ROWS);
    assert_int_equal(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_UNREADABLE), 0x3000 - 500);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 0);
}

/* What is behind it ages all the same. */
static void test_a_row_of_no_time_is_too_old(void **state)
{
    uint64_t first;
    sqlite3 *db = NULL;

    (void)state;
    for (uint64_t i = 0; i < 3; i++)
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, i, 1));
    spool_destroy(spool);
    assert_int_equal(sqlite3_open(spool_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE chunk SET time_ms=-5 WHERE id=1;"
                                  "UPDATE chunk SET time_ms=0 WHERE id=2",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    spool_sample_open(SAMPLE_MIB);
    spool_step(spool, clock_monotonic_ns());

    assert_int_equal(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_AGE), 2);
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), 1);
    assert_int_equal(first, 2);
}

static void test_a_row_that_cannot_be_read_is_dropped_alone(void **state)
{
    uint64_t first = 0;
    sqlite3 *db = NULL;

    (void)state;
    for (uint64_t i = 0; i < 5; i++)
        assert_true(spool_sample_put(SPOOL_TRACES_OTLP, 100 * i, 100));
    spool_destroy(spool);
    assert_int_equal(sqlite3_open(spool_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE chunk SET data=x'0102' WHERE id=2;"
                                  "UPDATE chunk SET data='text' WHERE id=3;"
                                  "UPDATE chunk SET records=-7 WHERE id=4;"
                                  "INSERT INTO chunk (lane, time_ms, records, data)"
                                  " VALUES (77, 0, 5, x'00'), (0, 0, 1000000, zeroblob(9000000))",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    spool_sample_open(64 * SAMPLE_MIB);

    assert_int_equal(spool_counts(spool, SPOOL_TRACES_OTLP).found, 400 + CHUNK_RECORDS_MAX);
    assert_int_equal(spool_sample_drain(SPOOL_TRACES_OTLP, &first), 200);
    assert_int_equal(spool_sample_lost(SPOOL_TRACES_OTLP, SPOOL_LOSS_UNREADABLE),
                     200 + CHUNK_RECORDS_MAX);
    assert_int_equal(spool_sample_waits(SPOOL_TRACES_OTLP), 0);
}

/* --- a file that cannot be had -------------------------------------------------------------------
 */

static void test_a_file_that_another_process_has_is_taken_when_it_lets_go(void **state)
{
    sqlite3 *db = NULL;

    (void)state;
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 7, 10));
    spool_destroy(spool);
    assert_int_equal(sqlite3_open(spool_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE;"
                                  "UPDATE chunk SET lane=lane; COMMIT",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    spool_sample_open(SAMPLE_MIB);
    assert_false(spool_sample_put(SPOOL_LOGS_OTLP, 17, 10));
    assert_int_equal(spool_sample_waits(SPOOL_LOGS_OTLP), 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    fake_clock_advance(WAIT_NS);
    spool_step(spool, clock_monotonic_ns());

    assert_int_equal(spool_counts(spool, SPOOL_LOGS_OTLP).found, 10);
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 17, 10));
}

static void test_nobody_else_gets_the_file(void **state)
{
    struct spool *other = spool_create(&(struct spool_options){
        .folder = spool_folder, .pool = "board", .max_bytes = SAMPLE_MIB, .max_age_ms = 1000 });

    (void)state;
    assert_non_null(other);
    assert_false(spool_is_usable(other));
    spool_destroy(other);
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 1, 10));
}

static void test_a_folder_that_is_read_only_is_used_when_it_no_longer_is(void **state)
{
    uid_t user = geteuid();

    (void)state;
    spool_destroy(spool);
    (void)unlink(spool_path);
    assert_int_equal(chmod(spool_folder, 0500), 0);
    if (user == 0) { /* who may write everywhere */
        assert_int_equal(chown(spool_folder, 65534, 65534), 0);
        assert_int_equal(seteuid(65534), 0);
    }
    spool_sample_open(SAMPLE_MIB);
    assert_false(spool_sample_put(SPOOL_LOGS_OTLP, 1, 10));
    assert_int_equal(chmod(spool_folder, 0700), 0);
    fake_clock_advance(WAIT_NS);
    assert_true(spool_sample_put(SPOOL_LOGS_OTLP, 1, 10));
    assert_int_equal(seteuid(user), 0);
}

static void test_a_link_in_the_files_place_is_not_followed(void **state)
{
    char target[160];

    (void)state;
    spool_destroy(spool);
    (void)snprintf(target, sizeof target, "%s/elsewhere", spool_folder);
    assert_int_equal(rename(spool_path, target), 0);
    assert_int_equal(symlink(target, spool_path), 0);
    spool_sample_open(SAMPLE_MIB);
    assert_false(spool_sample_put(SPOOL_LOGS_OTLP, 1, 10));
    assert_int_equal(unlink(target), 0);
}

static void test_it_survives_every_failed_allocation(void **state)
{
    bool is_put = false;

    (void)state;
    for (long n = 0; !is_put; n++) {
        long live_before = mem_live();

        spool_destroy(spool);
        mem_fail_at(n);
        spool = spool_create(&(struct spool_options){
            .folder = spool_folder, .pool = "board", .max_bytes = SAMPLE_MIB, .max_age_ms = 1000 });
        is_put = spool != NULL && spool_sample_put(SPOOL_LOGS_OTLP, 1, 10);
        mem_fail_at(-1);
        assert_true(n < 20);
        if (spool == NULL)
            assert_true(mem_live() <= live_before);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, spool_sample_setup, spool_sample_teardown)
#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, setup_disk, teardown_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DISK_TEST(test_a_full_disk_keeps_what_is_there_and_takes_more_when_there_is_room),
        DISK_TEST(test_what_was_sent_and_could_not_be_deleted_is_not_sent_again),
        DISK_TEST(test_an_error_of_the_disk_is_looked_at_again),
        TEST(test_a_file_that_is_no_database_is_moved_aside),
        TEST(test_an_older_damaged_files_log_is_not_read_again),
        TEST(test_another_databases_tables_are_moved_aside),
        TEST(test_damage_that_is_met_later_costs_what_was_in_the_file_and_is_counted),
        TEST(test_a_broken_page_costs_the_rows_near_it_and_no_order),
        TEST(test_a_count_that_changes_in_the_file_makes_no_records),
        TEST(test_a_row_of_no_time_is_too_old),
        TEST(test_a_row_that_cannot_be_read_is_dropped_alone),
        TEST(test_a_file_that_another_process_has_is_taken_when_it_lets_go),
        TEST(test_nobody_else_gets_the_file),
        TEST(test_a_folder_that_is_read_only_is_used_when_it_no_longer_is),
        TEST(test_a_link_in_the_files_place_is_not_followed),
        TEST(test_it_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
