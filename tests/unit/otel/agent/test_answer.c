#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/answer.h"

#include <string.h>

static void test_answers(void **state)
{
    static const struct {
        const char *json;
        uint64_t rejected;
        const char *message, *reason;
    } cases[] = {
        { "", 0, "", "an empty body" },
        { "{}", 0, "", "full success" },
        { "{\"partialSuccess\":{}}", 0, "", "full success, as the collector says it" },
        { "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"too old\"}}", 3,
          "too old", "a 64-bit integer is a string" },
        { "{\"partialSuccess\":{\"rejectedLogRecords\":2}}", 2, "", "or a number" },
        { "{\"partialSuccess\":{\"rejectedDataPoints\":1,\"errorMessage\":\"a\\nb\\u00e9\"}}", 1,
          "a b  ", "what is shown is one line of ASCII" },
        { "{\"partialSuccess\":{\"rejectedSpans\":-1}}", 0, "", "a number that cannot be" },
        { "{\"code\":3,\"message\":\"bad request\"}", 0, "bad request", "google.rpc.Status" },
        { "{\"partialSuccess\":[]}", 0, "", "another type" },
        { "[1,2", 0, "", "half a document" },
        { "<html>", 0, "", "no JSON" },
        { "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", 0, "", "too deep" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer;

        answer_read(cases[i].json, strlen(cases[i].json), &answer);
        if (answer.rejected != cases[i].rejected || strcmp(answer.message, cases[i].message) != 0)
            fail_msg("%s: %llu, \"%s\"", cases[i].reason, (unsigned long long)answer.rejected,
                     answer.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
