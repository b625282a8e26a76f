/* Errors in both forms, and text that is safe inside HTML. */
#include "view/problem.h"

#include "store/store.h"
#include "written.h"

static const struct problem NASTY = { 404, "Not <Found>", "No \"such\" & <page>",
                                      "0af7651916cd43dd8448eb211c80319c" };

static void test_problem_json_has_the_members_of_rfc_9457(void **state)
{
    struct problem problem = NASTY;
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    problem_json_write(&out, &problem);
    assert_written(&out, "{\"type\":\"about:blank\",\"title\":\"Not <Found>\",\"status\":404,"
                         "\"detail\":\"No \\\"such\\\" & <page>\","
                         "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\"}\n");
    problem.trace_id = "";
    problem_json_write(&out, &problem);
    assert_written(&out, "{\"type\":\"about:blank\",\"title\":\"Not <Found>\",\"status\":404,"
                         "\"detail\":\"No \\\"such\\\" & <page>\"}\n");
    buf_release(&out);
}

static void test_problem_html_is_escaped_and_shows_the_trace(void **state)
{
    struct problem problem = NASTY;
    struct buf out;

    (void)state;
    buf_init(&out, 4000);
    problem_html_write(&out, &problem);
    buf_add(&out, "", 1);
    assert_memory_equal(out.data, "<!doctype html>", 15);
    assert_non_null(strstr(out.data, "<title>404 Not &lt;Found&gt;</title>"));
    assert_non_null(strstr(out.data, "<p>No &quot;such&quot; &amp; &lt;page&gt;</p>"));
    assert_non_null(strstr(out.data, "<code>0af7651916cd43dd8448eb211c80319c</code>"));
    buf_clear(&out);
    problem.trace_id = "";
    problem_html_write(&out, &problem);
    buf_add(&out, "", 1);
    assert_null(strstr(out.data, "<code>"));
    buf_release(&out);
}

static void test_html_escape_leaves_nothing_active(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 1000);
    html_escape(&out, "", 0);
    assert_written(&out, "");
    html_escape(&out, "plain", 5);
    assert_written(&out, "plain");
    html_escape(&out, "<a href=\"x\" b='&'>", 18);
    assert_written(&out, "&lt;a href=&quot;x&quot; b=&#39;&amp;&#39;&gt;");
    html_escape(&out, "cut<here", 3);
    assert_written(&out, "cut");
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_problem_json_has_the_members_of_rfc_9457),
        cmocka_unit_test(test_problem_html_is_escaped_and_shows_the_trace),
        cmocka_unit_test(test_html_escape_leaves_nothing_active),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
