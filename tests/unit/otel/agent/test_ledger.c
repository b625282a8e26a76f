/* The books' file: who continues it, and what is no such file. */
#include "agent/ledger.h"
#include "agent/pool/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../fakes/fake_segment.h"

struct place {
    char folder[64];
    char segment[80];
    char books[96];
    struct segment *mapped;
};

static struct place place_make(void)
{
    struct place place = { .folder = "/tmp/ledger.XXXXXX" };

    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.segment, sizeof place.segment, "%s/segment", place.folder);
    (void)snprintf(place.books, sizeof place.books, "%s.books", place.segment);
    place.mapped = fake_segment_create();
    return place;
}

static void place_remove(struct place *place)
{
    (void)unlink(place->books);
    assert_int_equal(rmdir(place->folder), 0);
    fake_segment_destroy(place->mapped);
}

/* A launcher that was given `count` spans, and was killed. */
static void leave(struct place *place, bool is_continued, unsigned count)
{
    struct ledger ledger = { 0 };

    assert_true(ledger_open(&ledger, place->segment, place->mapped, is_continued));
    for (unsigned i = 0; i < count; i++)
        books_receive(ledger.books, 0, BOOKS_SPANS);
    ledger_close(&ledger, false);
}

static uint64_t killed(struct place *place, bool is_continued)
{
    struct ledger ledger = { 0 };
    uint64_t count;

    assert_true(ledger_open(&ledger, place->segment, place->mapped, is_continued));
    count = books_loss(ledger.books, BOOKS_SPANS, BOOKS_LAUNCHER_KILLED);
    ledger_close(&ledger, false);
    return count;
}

static void test_the_next_launcher_knows_what_the_killed_one_held(void **state)
{
    struct place place = place_make();

    (void)state;
    leave(&place, false, 5);
    assert_int_equal(killed(&place, true), 5);
    leave(&place, true, 2);
    assert_int_equal(killed(&place, true), 7);
    place_remove(&place);
}

static void test_a_fresh_pool_has_fresh_books(void **state)
{
    struct place place = place_make();

    (void)state;
    leave(&place, false, 5);
    assert_int_equal(killed(&place, false), 0);
    place_remove(&place);
}

static void test_books_of_another_segment_or_of_nonsense_are_not_continued(void **state)
{
    struct place place = place_make();
    FILE *file;

    (void)state;
    leave(&place, false, 5);
    place.mapped->header.created_ns++;
    assert_int_equal(killed(&place, true), 0);
    file = fopen(place.books, "w");
    assert_non_null(file);
    assert_true(fputs("no books", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(killed(&place, true), 0);
    place_remove(&place);
}

static void test_the_file_goes_with_the_pool(void **state)
{
    struct place place = place_make();
    struct ledger ledger = { 0 };

    (void)state;
    assert_true(ledger_open(&ledger, place.segment, place.mapped, false));
    assert_int_equal(access(place.books, F_OK), 0);
    ledger_close(&ledger, true);
    assert_int_not_equal(access(place.books, F_OK), 0);
    place_remove(&place);
}

static void test_without_a_file_the_books_are_memory(void **state)
{
    struct place place = place_make();
    struct ledger ledger = { 0 };

    (void)state;
    assert_true(ledger_open(&ledger, "/nonexistent/segment", place.mapped, true));
    books_receive(ledger.books, 0, BOOKS_SPANS);
    ledger_close(&ledger, true);
    place_remove(&place);
}

static void test_the_program_is_named_for_the_next_launcher(void **state)
{
    struct place place = place_make();
    struct ledger ledger = { 0 };
    struct ledger_program program;

    (void)state;
    assert_int_equal(ledger_program_read(place.segment, place.mapped).pid, 0);
    assert_true(ledger_open(&ledger, place.segment, place.mapped, false));
    ledger_name_program(&ledger, (int32_t)getpid());
    ledger_close(&ledger, false);

    program = ledger_program_read(place.segment, place.mapped);
    assert_int_equal(program.pid, getpid());
    assert_int_equal(program.start_ticks, process_start_ticks((int32_t)getpid()));
    place.mapped->header.created_ns++;
    assert_int_equal(ledger_program_read(place.segment, place.mapped).pid, 0);
    place_remove(&place);
}

/* Root's launcher may have a pool of another user, who finds the folder open. */
static void test_a_file_that_others_may_have_written_is_not_believed_and_replaced(void **state)
{
    struct place place = place_make();
    struct ledger ledger = { 0 };
    struct stat facts;
    char link_path[128];

    (void)state;
    (void)snprintf(link_path, sizeof link_path, "%s.link", place.books);
    for (int i = 0; i < 3; i++) {
        assert_true(ledger_open(&ledger, place.segment, place.mapped, false));
        ledger_name_program(&ledger, (int32_t)getpid());
        books_receive(ledger.books, 0, BOOKS_SPANS);
        ledger_close(&ledger, false);
        assert_int_equal(ledger_program_read(place.segment, place.mapped).pid, getpid());
        if (i == 0)
            assert_int_equal(chmod(place.books, 0620), 0);
        else if (i == 1)
            assert_int_equal(link(place.books, link_path), 0);
        else
            assert_int_equal(rename(place.books, link_path) | symlink(link_path, place.books), 0);

        assert_int_equal(ledger_program_read(place.segment, place.mapped).pid, 0);
        assert_int_equal(killed(&place, true), 0);
        assert_int_equal(lstat(place.books, &facts), 0);
        assert_int_equal(facts.st_mode, S_IFREG | 0600);
        if (i > 0)
            assert_int_equal(unlink(link_path), 0);
    }
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_launcher_knows_what_the_killed_one_held),
        cmocka_unit_test(test_a_fresh_pool_has_fresh_books),
        cmocka_unit_test(test_books_of_another_segment_or_of_nonsense_are_not_continued),
        cmocka_unit_test(test_the_file_goes_with_the_pool),
        cmocka_unit_test(test_the_program_is_named_for_the_next_launcher),
        cmocka_unit_test(test_a_file_that_others_may_have_written_is_not_believed_and_replaced),
        cmocka_unit_test(test_without_a_file_the_books_are_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
