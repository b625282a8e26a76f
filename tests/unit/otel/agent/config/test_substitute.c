#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/config/substitute.h"

#include <stdlib.h>
#include <string.h>

static void test_references_are_replaced_once_from_left_to_right(void **state)
{
    static const struct {
        const char *reason, *text, *expected; /* NULL: bad syntax */
    } CASES[] = {
        { "a variable", "${NAME}", "value" },
        { "with its prefix", "${env:NAME}", "value" },
        { "between text", "a${NAME}b${NAME}c", "avaluebvaluec" },
        { "unset", "[${UNSET}]", "[]" },
        { "unset, with a default", "${UNSET:-de fault}", "de fault" },
        { "empty, with a default", "${EMPTY:-x}", "x" },
        { "set, with a default", "${NAME:-x}", "value" },
        { "an empty default", "${UNSET:-}", "" },
        { "a default with colon and dash", "${UNSET:-a:-b}", "a:-b" },
        { "a dollar", "$$", "$" },
        { "not a reference", "$${NAME}", "${NAME}" },
        { "a dollar and a reference", "$$${NAME}", "$value" },
        { "two dollars", "$$$${NAME}", "$${NAME}" },
        { "what it holds is not looked through", "${REFERENCE}", "${NAME}" },
        { "a lone dollar", "a $ b$", "a $ b$" },
        { "no braces", "$NAME", "$NAME" },
        { "an error's form", "${NAME:?e}", NULL },
        { "a digit first", "${1X}", NULL },
        { "nothing in it", "${}", NULL },
        { "not closed", "${NAME", NULL },
        { "another prefix", "${file:NAME}", NULL },
    };
    size_t at;

    (void)state;
    setenv("NAME", "value", 1);
    setenv("EMPTY", "", 1);
    setenv("REFERENCE", "${NAME}", 1);
    unsetenv("UNSET");
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf out;
        bool is_good;

        buf_init(&out, 1000);
        is_good = substitute(CASES[i].text, strlen(CASES[i].text), &out, &at);
        buf_add(&out, "", 1);
        if (is_good != (CASES[i].expected != NULL) ||
            (is_good && strcmp(out.data, CASES[i].expected) != 0))
            fail_msg("%s: %s", CASES[i].reason, out.data);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_are_replaced_once_from_left_to_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
