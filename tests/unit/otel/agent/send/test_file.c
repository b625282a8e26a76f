#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_file_XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/traces.json", folder);
    return 0;
}

static int teardown(void **state)
{
    char name[80];

    (void)state;
    unlink(path);
    for (int i = 1; i <= FILE_KEPT + 1; i++) {
        snprintf(name, sizeof name, "%s.%d", path, i);
        unlink(name);
    }
    return rmdir(folder);
}

static const char *content(const char *suffix)
{
    static char text[4096];
    char name[80];
    size_t length;
    FILE *file;

    snprintf(name, sizeof name, "%s%s", path, suffix);
    file = fopen(name, "r");
    if (file == NULL)
        return "(none)";
    length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static enum send_verdict put(struct sink *sink, const char *body)
{
    struct send_result result;

    sink->operations->start(sink, body, strlen(body), 0);
    assert_true(sink->operations->take(sink, &result));
    assert_false(sink->operations->take(sink, &result));
    assert_int_equal(result.verdict == SEND_TAKEN, result.message[0] == '\0');
    return result.verdict;
}

static void test_bodies_are_lines(void **state)
{
    struct sink *sink = file_sink_create(path, FILE_SIZE_MAX);

    (void)state;
    assert_int_equal(put(sink, "{\"a\":1}"), SEND_TAKEN);
    assert_int_equal(put(sink, "{\"b\":2}"), SEND_TAKEN);

    assert_string_equal(content(""), "{\"a\":1}\n{\"b\":2}\n");
    sink->operations->destroy(sink);
}

static void test_file_is_rotated_at_its_limit_and_three_are_kept(void **state)
{
    struct sink *sink = file_sink_create(path, 10);

    (void)state;
    assert_int_equal(put(sink, "aaaa"), SEND_TAKEN);
    assert_int_equal(put(sink, "aaaa"), SEND_TAKEN);
    assert_string_equal(content(".1"), "(none)");
    for (char letter = 'b'; letter <= 'e'; letter++)
        assert_int_equal(put(sink, (char[]){ letter, letter, letter, letter, letter, '\0' }),
                         SEND_TAKEN);

    assert_string_equal(content(""), "eeeee\n");
    assert_string_equal(content(".1"), "ddddd\n");
    assert_string_equal(content(".2"), "ccccc\n");
    assert_string_equal(content(".3"), "bbbbb\n");
    assert_string_equal(content(".4"), "(none)");
    sink->operations->destroy(sink);
}

static void test_line_longer_than_the_limit_has_a_file_of_its_own(void **state)
{
    struct sink *sink = file_sink_create(path, 4);

    (void)state;
    assert_int_equal(put(sink, "0123456789"), SEND_TAKEN);
    assert_int_equal(put(sink, "0123456789"), SEND_TAKEN);

    assert_string_equal(content(""), "0123456789\n");
    assert_string_equal(content(".1"), "0123456789\n");
    sink->operations->destroy(sink);
}

static void test_what_another_launcher_rotated_is_left_alone(void **state)
{
    struct sink *one = file_sink_create(path, 10), *other = file_sink_create(path, 10);

    (void)state;
    assert_int_equal(put(one, "one 1"), SEND_TAKEN);
    assert_int_equal(put(other, "oth 1"), SEND_TAKEN);
    assert_int_equal(put(one, "1"), SEND_TAKEN);
    assert_int_equal(put(one, "2"), SEND_TAKEN);

    assert_string_equal(content(""), "oth 1\n1\n2\n");
    assert_string_equal(content(".1"), "one 1\n");
    one->operations->destroy(one);
    other->operations->destroy(other);
}

static void test_folder_that_is_missing_is_worth_another_attempt(void **state)
{
    struct sink *sink = file_sink_create("/tmp/no-such-folder-here/traces.json", FILE_SIZE_MAX);

    (void)state;
    assert_int_equal(put(sink, "{}"), SEND_RETRY);
    sink->operations->destroy(sink);
}

/* A limit on the file's size cuts a write as a full disk does. */
static void test_torn_line_is_closed_by_the_next(void **state)
{
    struct sink *sink = file_sink_create(path, FILE_SIZE_MAX);
    struct rlimit before, small;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 12;
    assert_int_equal(put(sink, "whole"), SEND_TAKEN);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(put(sink, "0123456789"), SEND_RETRY);
    assert_int_equal(put(sink, "0123456789"), SEND_RETRY);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(put(sink, "0123456789"), SEND_TAKEN);
    assert_int_equal(put(sink, "next"), SEND_TAKEN);

    assert_string_equal(content(""), "whole\n012345\n0123456789\nnext\n");
    sink->operations->destroy(sink);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bodies_are_lines),
        TEST(test_file_is_rotated_at_its_limit_and_three_are_kept),
        TEST(test_line_longer_than_the_limit_has_a_file_of_its_own),
        TEST(test_what_another_launcher_rotated_is_left_alone),
        TEST(test_folder_that_is_missing_is_worth_another_attempt),
        TEST(test_torn_line_is_closed_by_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
