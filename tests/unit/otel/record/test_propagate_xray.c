#include "record/propagate_xray.h"

#include "propagation.h"

#define ROOT "Root=1-0af76519-16cd43dd8448eb211c80319c"
#define WITH_PARENT ROOT ";Parent=" SPAN

static void test_tracing_header_follows_its_rules(void **state)
{
    static const struct parent_case CASES[] = {
        { "sampled", WITH_PARENT ";Sampled=1", REMOTE_SAMPLED, TRACE, SPAN },
        { "not sampled", WITH_PARENT ";Sampled=0", REMOTE_NOT_SAMPLED, TRACE, SPAN },
        { "the caller asks for a decision", WITH_PARENT ";Sampled=?", REMOTE_DEFERRED, TRACE,
          SPAN },
        { "no state: deferred", WITH_PARENT, REMOTE_DEFERRED, TRACE, SPAN },
        { "another order", "Sampled=1;Parent=" SPAN ";" ROOT, REMOTE_SAMPLED, TRACE, SPAN },
        { "fields of others", "Self=1-2-3;" WITH_PARENT ";Lineage=a:1|b:2;Sampled=1",
          REMOTE_SAMPLED, TRACE, SPAN },
        { "spaces around the semicolons", " " ROOT " ; Parent=" SPAN " ; Sampled=1 ",
          REMOTE_SAMPLED, TRACE, SPAN },
        { "empty fields", ";" WITH_PARENT ";;Sampled=1;", REMOTE_SAMPLED, TRACE, SPAN },
        { "capitals are digits", "Root=1-0AF76519-16CD43DD8448EB211C80319C;Parent=" SPAN,
          REMOTE_DEFERRED, TRACE, SPAN },
        { "empty", "", REFUSED, NULL, NULL },
        { "root alone, as load balancers send it", ROOT, REFUSED, NULL, NULL },
        { "parent alone", "Parent=" SPAN ";Sampled=1", REFUSED, NULL, NULL },
        { "root of another version", "Root=2-0af76519-16cd43dd8448eb211c80319c;Parent=" SPAN,
          REFUSED, NULL, NULL },
        { "root too short", "Root=1-0af76519-16cd43dd8448eb211c80319;Parent=" SPAN, REFUSED, NULL,
          NULL },
        { "root too long", "Root=1-0af76519-16cd43dd8448eb211c80319c0;Parent=" SPAN, REFUSED, NULL,
          NULL },
        { "root without dashes", "Root=1-0af765190-6cd43dd8448eb211c80319c;Parent=" SPAN, REFUSED,
          NULL, NULL },
        { "root not hex", "Root=1-0af7651x-16cd43dd8448eb211c80319c;Parent=" SPAN, REFUSED, NULL,
          NULL },
        { "root of zeros", "Root=1-00000000-000000000000000000000000;Parent=" SPAN, REFUSED, NULL,
          NULL },
        { "root without value", "Root;Parent=" SPAN, REFUSED, NULL, NULL },
        { "two roots", ROOT ";" WITH_PARENT, REFUSED, NULL, NULL },
        { "two parents", WITH_PARENT ";Parent=" SPAN, REFUSED, NULL, NULL },
        { "two states", WITH_PARENT ";Sampled=0;Sampled=1", REFUSED, NULL, NULL },
        { "parent too short", ROOT ";Parent=b7ad", REFUSED, NULL, NULL },
        { "parent of zeros", ROOT ";Parent=0000000000000000", REFUSED, NULL, NULL },
        { "parent not hex", ROOT ";Parent=b7ad6b716920333x", REFUSED, NULL, NULL },
        { "state not known", WITH_PARENT ";Sampled=2", REFUSED, NULL, NULL },
        { "state empty", WITH_PARENT ";Sampled=", REFUSED, NULL, NULL },
        { "names in lower case", "root=1-0af76519-16cd43dd8448eb211c80319c;parent=" SPAN, REFUSED,
          NULL, NULL },
        { "two of them, joined", WITH_PARENT ", " WITH_PARENT, REFUSED, NULL, NULL },
    };

    (void)state;
    parents_check(xray_parse, CASES, sizeof CASES / sizeof CASES[0]);
}

static void test_hostile_text_is_refused_or_right(void **state)
{
    (void)state;
    parents_survive(xray_parse, WITH_PARENT ";Sampled=1", 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tracing_header_follows_its_rules),
        cmocka_unit_test(test_hostile_text_is_refused_or_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
