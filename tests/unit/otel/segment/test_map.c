#include "segment/map.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static char path[96];

static int folder_make(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_map.XXXXXX");
    (void)snprintf(path, sizeof path, "%s/segment", mkdtemp(folder) ? folder : "");
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    (void)unlink(path); /* some tests make none */
    return rmdir(folder);
}

static void test_segment_that_is_made_can_be_mapped_by_others(void **state)
{
    struct segment *made = segment_create(path, "board");
    struct segment *mapped = segment_map(path, SEGMENT_READ_WRITE);
    struct stat facts;

    (void)state;
    assert_non_null(made);
    assert_non_null(mapped);
    assert_string_equal(mapped->header.pool, "board");
    made->header.config.records_logs = true;
    assert_true(mapped->header.config.records_logs);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0660);
    assert_int_equal(facts.st_size, sizeof(struct segment));
    segment_unmap(mapped);
    segment_unmap(made);
}

static void test_segment_takes_no_room_for_rings_that_nobody_uses(void **state)
{
    struct segment *made = segment_create(path, "board");
    struct stat facts;

    (void)state;
    assert_int_equal(stat(path, &facts), 0);
    assert_true((size_t)facts.st_blocks * 512 < sizeof(struct segment) / 4);
    assert_true(segment_slot_populate(&made->slots[0]));
    segment_unmap(made);
}

static void test_segment_replaces_an_older_one_and_leaves_it_to_its_users(void **state)
{
    struct segment *older = segment_create(path, "older");
    struct segment *newer = segment_create(path, "newer");

    (void)state;
    assert_string_equal(older->header.pool, "older");
    assert_string_equal(newer->header.pool, "newer");
    segment_unmap(older);
    segment_unmap(newer);
}

static void file_write(const void *bytes, size_t length, size_t file_size)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(ftruncate(fd, (off_t)file_size), 0);
    assert_int_equal(close(fd), 0);
}

static void test_file_that_is_no_segment_is_refused(void **state)
{
    struct segment_header header = { .magic = SEGMENT_MAGIC, .version = SEGMENT_VERSION };

    (void)state;
    assert_null(segment_map(path, SEGMENT_READ_WRITE));
    assert_int_equal(errno, ENOENT);

    file_write("short", 5, 5);
    assert_null(segment_map(path, SEGMENT_READ_WRITE));
    assert_int_equal(errno, EINVAL);

    file_write("no magic", 8, sizeof(struct segment));
    assert_null(segment_map(path, SEGMENT_READ_WRITE));
    assert_int_equal(errno, EINVAL);

    header.header_bytes = sizeof(struct segment) + 1;
    file_write(&header, sizeof header, sizeof(struct segment));
    assert_null(segment_map(path, SEGMENT_READ_WRITE));
    assert_int_equal(errno, EPROTO);

    header.header_bytes = sizeof(struct segment);
    file_write(&header, sizeof header, sizeof(struct segment) - 1);
    assert_null(segment_map(path, SEGMENT_READ_WRITE));
    assert_int_equal(errno, EPROTO);

    assert_null(segment_map(folder, SEGMENT_READ_ONLY));
    assert_int_equal(errno, EINVAL);
}

static void test_segment_in_a_folder_that_is_not_there_leaves_nothing(void **state)
{
    char nowhere[128];

    (void)state;
    (void)snprintf(nowhere, sizeof nowhere, "%s/none/segment", folder);
    assert_null(segment_create(nowhere, "board"));
    assert_int_equal(errno, ENOENT);
}

static void test_segment_has_one_consumer_at_a_time(void **state)
{
    struct segment *made = segment_create(path, "board");
    int first = segment_lock(path);

    (void)state;
    assert_true(first >= 0);
    assert_int_equal(segment_lock(path), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_int_equal(close(first), 0);
    first = segment_lock(path);
    assert_true(first >= 0);
    assert_int_equal(close(first), 0);
    segment_unmap(made);
}

#define MAP_TEST(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MAP_TEST(test_segment_that_is_made_can_be_mapped_by_others),
        MAP_TEST(test_segment_takes_no_room_for_rings_that_nobody_uses),
        MAP_TEST(test_segment_replaces_an_older_one_and_leaves_it_to_its_users),
        MAP_TEST(test_file_that_is_no_segment_is_refused),
        MAP_TEST(test_segment_in_a_folder_that_is_not_there_leaves_nothing),
        MAP_TEST(test_segment_has_one_consumer_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
