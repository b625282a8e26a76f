#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/config/yaml_tree.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct yaml_problem problem;

static struct yaml_node *read_text(const char *text)
{
    char path[] = "/tmp/yaml_tree.XXXXXX";
    int file = mkstemp(path);
    struct yaml_node *root;

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    memset(&problem, 0, sizeof problem);
    root = yaml_tree_read(path, &problem);
    unlink(path);
    return root;
}

static void test_plain_values_are_resolved_and_quoted_ones_are_text(void **state)
{
    static const struct {
        const char *text;
        enum yaml_kind kind;
    } CASES[] = {
        { "k: 1", YAML_INT },        { "k: -12", YAML_INT },
        { "k: 1.5", YAML_FLOAT },    { "k: 1e3", YAML_FLOAT },
        { "k: true", YAML_BOOL },    { "k: yes", YAML_STRING },
        { "k: \"1\"", YAML_STRING }, { "k: 'true'", YAML_STRING },
        { "k:", YAML_NULL },         { "k: ~", YAML_NULL },
        { "k: null", YAML_NULL },    { "k: \"\"", YAML_STRING },
        { "k: ${N}", YAML_INT },     { "k: \"${N}\"", YAML_STRING },
        { "k: a${N}", YAML_STRING }, { "k: ${UNSET}", YAML_NULL },
        { "k: {}", YAML_MAPPING },   { "k: [1]", YAML_SEQUENCE },
        { "k: 1.1.1", YAML_STRING }, { "k: e", YAML_STRING },
        { "k: ${M}", YAML_STRING }, /* what a variable holds makes no structure */
    };

    (void)state;
    setenv("N", "7", 1);
    setenv("M", "a: {b: c}", 1);
    unsetenv("UNSET");
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct yaml_node *root = read_text(CASES[i].text);
        assert_non_null(root);
        if (yaml_tree_get(root, "k")->kind != CASES[i].kind)
            fail_msg("%s is %d", CASES[i].text, (int)yaml_tree_get(root, "k")->kind);
        yaml_tree_destroy(root);
    }
}

static void test_what_is_wrong_is_told_with_line_and_column(void **state)
{
    static const struct {
        const char *text;
        unsigned line, column;
    } CASES[] = {
        { "a: 1\nb: ${X:?}\n", 2, 4 }, { "a: 1\na: 2\n", 2, 1 }, { "a: &x [1]\nb: *x\n", 2, 4 },
        { "a: [1\n", 2, 1 },           { "a:\n\t- b\n", 2, 1 },  { "", 0, 0 },
        { "? [a]\n: b\n", 1, 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_null(read_text(CASES[i].text));
        if (problem.line != CASES[i].line || problem.column != CASES[i].column)
            fail_msg("%s: %u:%u %s", CASES[i].text, problem.line, problem.column, problem.text);
        assert_true(problem.text[0] != '\0');
    }
    assert_null(yaml_tree_read("/no/such/file", &problem));
}

static void test_depth_has_a_limit(void **state)
{
    char text[256];
    struct yaml_node *root;

    (void)state;
    for (unsigned depth = YAML_DEPTH_MAX; depth <= YAML_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        root = read_text(text);
        assert_int_equal(root != NULL, depth <= YAML_DEPTH_MAX + 1);
        yaml_tree_destroy(root);
    }
    memset(text, '[', YAML_DEPTH_MAX + 2);
    memset(text + YAML_DEPTH_MAX + 2, ']', YAML_DEPTH_MAX + 2);
    text[2 * (YAML_DEPTH_MAX + 2)] = '\0';
    assert_null(read_text(text));
}

static void test_every_allocation_may_fail(void **state)
{
    long live = mem_live();

    (void)state;
    for (long n = 1;; n++) {
        struct yaml_node *root;

        mem_fail_at(n);
        root = read_text("a: {b: [1, 2, {c: d}], e: f}\n");
        mem_fail_at(0);
        if (root) {
            yaml_tree_destroy(root);
            break;
        }
        assert_int_equal(mem_live(), live);
    }
    assert_int_equal(mem_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_values_are_resolved_and_quoted_ones_are_text),
        cmocka_unit_test(test_what_is_wrong_is_told_with_line_and_column),
        cmocka_unit_test(test_depth_has_a_limit),
        cmocka_unit_test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
