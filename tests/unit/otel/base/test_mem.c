#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_mem_zalloc_refuses_a_product_that_overflows(void **state)
{
    (void)state;
    assert_null(mem_zalloc(SIZE_MAX / 2, 3));
}

static void test_mem_zalloc_clears(void **state)
{
    unsigned char zeros[64] = { 0 };
    unsigned char *memory = mem_zalloc(8, 8);

    (void)state;
    assert_non_null(memory);
    assert_memory_equal(memory, zeros, sizeof zeros);
    mem_free(memory);
}

static void test_mem_fails_the_nth_call_once(void **state)
{
    char *first = NULL;
    char *third = NULL;

    (void)state;
    mem_fail_at(1);
    first = mem_strdup("a");
    assert_non_null(first);
    assert_null(mem_alloc(1));
    third = mem_alloc(1);
    assert_non_null(third);
    mem_free(first);
    mem_free(third);
}

static void test_mem_realloc_that_fails_leaves_the_block(void **state)
{
    char *memory = mem_strdup("kept");

    (void)state;
    assert_non_null(memory);
    mem_fail_at(0);
    assert_null(mem_realloc(memory, 100));
    assert_string_equal(memory, "kept");
    mem_free(memory);
}

static void test_mem_live_counts_what_is_not_freed(void **state)
{
    long before = mem_live();
    void *memory = mem_realloc(NULL, 10);

    (void)state;
    assert_int_equal(mem_live(), before + 1);
    mem_free(memory);
    mem_free(NULL);
    assert_int_equal(mem_live(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mem_zalloc_refuses_a_product_that_overflows),
        cmocka_unit_test(test_mem_zalloc_clears),
        cmocka_unit_test(test_mem_fails_the_nth_call_once),
        cmocka_unit_test(test_mem_realloc_that_fails_leaves_the_block),
        cmocka_unit_test(test_mem_live_counts_what_is_not_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
