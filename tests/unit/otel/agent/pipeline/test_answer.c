#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../../fakes/random_input.h"
#include "agent/pipeline/answer.h"

#include <string.h>

enum { MUTATIONS = 20000 };

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

/* Whatever stands in it: the message is one printable line, and nothing is read past the end. */
static void test_spoilt_answers_stay_one_line(void **state)
{
    static const char JSON[] = "{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":"
                               "\"a\\nb\\u00e9 \xc3\xa9\"},\"code\":3,\"message\":\"bad\"}";
    static const char PROTOBUF[] = "\x0a\x0b\x08\x03\x12\x07too old\x08\x03\x12\x0b"
                                   "bad request\x1a\x02xx";
    static const struct {
        enum send_answer_format format;
        const char *bytes;
        size_t length;
    } goods[] = { { SEND_ANSWER_JSON, JSON, sizeof JSON - 1 },
                  { SEND_ANSWER_PROTOBUF, PROTOBUF, sizeof PROTOBUF - 1 } };
    uint64_t random[4] = { 1, 2, 3, 4 };
    int told = 0;

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        size_t length, which = (size_t)i % 2;
        char *bytes = random_mutation(random, goods[which].bytes, goods[which].length, &length);
        struct answer answer;

        answer_read(&(struct send_result){ .answer_format = goods[which].format,
                                           .answer = bytes,
                                           .answer_length = length },
                    &answer);
        assert_non_null(memchr(answer.message, '\0', sizeof answer.message));
        for (const char *c = answer.message; *c; c++)
            assert_true(*c >= ' ' && *c <= '~');
        assert_true(answer.rejected <= INT64_MAX);
        told += answer.message[0] != '\0';
        free(bytes);
    }
    assert_true(told > MUTATIONS / 10); /* some were still answers */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers_in_json),
                                        cmocka_unit_test(test_answers_in_protobuf),
                                        cmocka_unit_test(test_spoilt_answers_stay_one_line) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
