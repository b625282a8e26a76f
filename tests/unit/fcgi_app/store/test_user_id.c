/* Random characters: the right ones, all of them, and never the same twice. */
#include "store/user_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ID_COUNT = 20000 };

static int id_compare(const void *a, const void *b)
{
    return memcmp(a, b, STORE_USER_ID_LENGTH);
}

static void test_user_id_uses_every_letter_equally(void **state)
{
    struct store__random random = { 0 };
    long seen[256] = { 0 };
    long letters = 0;
    char id[STORE_USER_ID_LENGTH];

    (void)state;
    for (int i = 0; i < ID_COUNT; i++) {
        assert_true(store__user_id(&random, id));
        for (int k = 0; k < STORE_USER_ID_LENGTH; k++)
            seen[(unsigned char)id[k]]++;
    }

    /* 600,000 over 62 is 9,677 each, give or take 98: 10 times that never happens by chance. */
    for (int c = 0; c < 256; c++) {
        if (!isalnum(c)) {
            assert_int_equal(seen[c], 0);
            continue;
        }
        letters++;
        assert_in_range((unsigned long)seen[c], 8700, 10700);
    }
    assert_int_equal(letters, 62);
}

static void test_user_id_does_not_repeat(void **state)
{
    struct store__random random = { 0 };
    char(*ids)[STORE_USER_ID_LENGTH] = malloc(ID_COUNT * sizeof *ids);

    (void)state;
    assert_non_null(ids);
    for (int i = 0; i < ID_COUNT; i++)
        assert_true(store__user_id(&random, ids[i]));

    qsort(ids, ID_COUNT, sizeof *ids, id_compare);
    for (int i = 1; i < ID_COUNT; i++)
        assert_int_not_equal(memcmp(ids[i - 1], ids[i], sizeof *ids), 0);
    free(ids);
}

static void test_user_id_differs_on_both_sides_of_a_fork(void **state)
{
    struct store__random random = { 0 };
    char parents[STORE_USER_ID_LENGTH];
    char childs[STORE_USER_ID_LENGTH];
    int pipe_fd[2];
    int status;
    pid_t pid;

    (void)state;
    assert_true(store__user_id(&random, parents)); /* the pool is filled before the fork */
    assert_int_equal(pipe(pipe_fd), 0);
    pid = fork();
    if (pid == 0) {
        bool is_made = store__user_id(&random, childs);
        _exit(is_made && write(pipe_fd[1], childs, sizeof childs) == sizeof childs ? 0 : 1);
    }
    assert_true(store__user_id(&random, parents));

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(pipe_fd[0], childs, sizeof childs), sizeof childs);
    assert_int_not_equal(memcmp(parents, childs, sizeof childs), 0);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_user_id_uses_every_letter_equally),
        cmocka_unit_test(test_user_id_does_not_repeat),
        cmocka_unit_test(test_user_id_differs_on_both_sides_of_a_fork),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
