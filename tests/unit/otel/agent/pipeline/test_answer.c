#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/pipeline/answer.h"

#include <string.h>

static void test_answers_in_json(void **state)
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

        answer_read(&(struct send_result){ .answer_format = SEND_ANSWER_JSON,
                                           .answer = cases[i].json,
                                           .answer_length = strlen(cases[i].json) },
                    &answer);
        if (answer.rejected != cases[i].rejected || strcmp(answer.message, cases[i].message) != 0)
            fail_msg("%s: %llu, \"%s\"", cases[i].reason, (unsigned long long)answer.rejected,
                     answer.message);
    }
}

#define BYTES(literal) literal, sizeof(literal) - 1

static void test_answers_in_protobuf(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        uint64_t rejected;
        const char *message, *reason;
    } cases[] = {
        { BYTES(""), 0, "", "full success" },
        { BYTES("\x0a\x00"), 0, "", "full success, said at length" },
        { BYTES("\x0a\x0b\x08\x03\x12\x07too old"), 3, "too old", "a partial success" },
        { BYTES("\x0a\x09\x12\x07too old"), 0, "too old", "a warning" },
        { BYTES("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0, "",
          "a number that cannot be" },
        { BYTES("\x08\x03\x12\x0b"
                "bad request"),
          0, "bad request", "google.rpc.Status" },
        { BYTES("\x12\x04"
                "a\n\xc3\xa9"),
          0, "a   ", "what is shown is one line of ASCII" },
        { BYTES("\x0a\x20\x08\x03"), 0, "", "a length beyond the end" },
        { BYTES("\x1a\x02xx\x12\x02no"), 0, "no", "behind a field that is not known" },
        { BYTES("<html>"), 0, "", "no protobuf" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer;

        answer_read(&(struct send_result){ .answer_format = SEND_ANSWER_PROTOBUF,
                                           .answer = cases[i].bytes,
                                           .answer_length = cases[i].length },
                    &answer);
        if (answer.rejected != cases[i].rejected || strcmp(answer.message, cases[i].message) != 0)
            fail_msg("%s: %llu, \"%s\"", cases[i].reason, (unsigned long long)answer.rejected,
                     answer.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers_in_json),
                                        cmocka_unit_test(test_answers_in_protobuf) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
