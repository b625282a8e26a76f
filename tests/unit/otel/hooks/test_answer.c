/* The status and the headers of an answer, read off FastCGI records however they are cut. */
#include "hooks/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What was told. */
struct heard {
    int status_code;
    int status_count;
    char headers[512];
    char errors[256];
};

static void append(char *text, size_t size, struct otel_str more)
{
    size_t used = strlen(text);

    assert_true(used + more.length < size);
    memcpy(text + used, more.data, more.length);
    text[used + more.length] = '\0';
}

static void on_status(void *user, int status_code)
{
    struct heard *heard = user;

    heard->status_code = status_code;
    heard->status_count++;
}

static void on_header(void *user, struct otel_str name, struct otel_str value)
{
    struct heard *heard = user;

    append(heard->headers, sizeof(heard->headers), name);
    append(heard->headers, sizeof(heard->headers), OTEL_STR("="));
    append(heard->headers, sizeof(heard->headers), value);
    append(heard->headers, sizeof(heard->headers), OTEL_STR(";"));
}

static void on_error_text(void *user, struct otel_str text)
{
    struct heard *heard = user;

    append(heard->errors, sizeof(heard->errors), text);
}

static const struct answer_events EVENTS = { on_status, on_header, on_error_text };

/* Appends a record of a type with padding to 8 bytes, as libfcgi writes it. */
static size_t record_put(uint8_t *out, uint8_t type, const char *text)
{
    size_t length = strlen(text);
    size_t padding = (8 - length % 8) % 8;
    const uint8_t header[8] = {
        1, type, 0, 1, (uint8_t)(length >> 8), (uint8_t)length, (uint8_t)padding, 0
    };

    memcpy(out, header, 8);
    memcpy(out + 8, text, length);
    memset(out + 8 + length, 0, padding);
    return 8 + length + padding;
}

/* The status told for a whole response; 0: none. */
static int status_of(const char *response)
{
    uint8_t bytes[4096];
    struct answer answer;
    struct heard heard = { 0 };

    answer_init(&answer);
    answer_feed(&answer, bytes, record_put(bytes, 6, response), &EVENTS, &heard);
    return heard.status_code;
}

static void test_status_follows_the_cgi_rules(void **state)
{
    static const struct {
        const char *reason;
        const char *response;
        int status_code;
    } CASES[] = {
        { "said", "Status: 404 Not Found\r\n\r\n", 404 },
        { "said in any case, with bare newlines", "sTaTuS:503\n\nbody", 503 },
        { "not said", "Content-Type: text/plain\r\n\r\nbody", 200 },
        { "a redirect by its header alone", "Location: /there\r\n\r\n", 302 },
        { "said beside a redirect", "Location: /there\r\nStatus: 301 Moved\r\n\r\n", 301 },
        { "not in the body", "A: b\r\n\r\nStatus: 500\r\n\r\n", 200 },
        { "no number", "Status: fine\r\n\r\n", 200 },
        { "too many digits", "Status: 2000\r\n\r\n", 200 },
        { "the header is not over", "Status: 404 Not Found\r\n", 0 },
        { "nothing but the end of a header", "\n", 200 },
        { "nothing", "", 0 },
    };
    (void)state;

    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        int status_code = status_of(CASES[i].response);

        if (status_code != CASES[i].status_code)
            fail_msg("%s: %d", CASES[i].reason, status_code);
    }
}

/* A stream of every kind of record, cut in two at each place, and byte by byte. */
static void test_records_may_be_cut_anywhere(void **state)
{
    uint8_t bytes[1024];
    size_t length = 0;
    (void)state;

    length += record_put(bytes + length, 7, "first er");
    length += record_put(bytes + length, 6, "Content-Type: text/pl");
    length += record_put(bytes + length, 7, "ror\nsecond\n");
    length += record_put(bytes + length, 6, "ain\r\nStatus: 418 Teapot\r\nX: 1\r");
    length += record_put(bytes + length, 6, "\n\r\nbody: no header\r\n\r\n");
    length += record_put(bytes + length, 6, "");
    length += record_put(bytes + length, 3, "end");

    for (size_t cut = 0; cut <= length + 1; cut++) {
        struct answer answer;
        struct heard heard = { 0 };

        answer_init(&answer);
        if (cut <= length) {
            answer_feed(&answer, bytes, cut, &EVENTS, &heard);
            answer_feed(&answer, bytes + cut, length - cut, &EVENTS, &heard);
        } else {
            for (size_t i = 0; i < length; i++)
                answer_feed(&answer, bytes + i, 1, &EVENTS, &heard);
        }

        assert_int_equal(heard.status_code, 418);
        assert_int_equal(heard.status_count, 1);
        assert_string_equal(heard.headers, "Content-Type=text/plain;Status=418 Teapot;X=1;");
        assert_string_equal(heard.errors, "first error\nsecond\n");
    }
}

static void test_bytes_offered_again_are_not_read_twice(void **state)
{
    static const char TEXT[] = "Status: 404 Not Found\r\nX: 1\r\n\r\n";
    uint8_t bytes[128];
    size_t length = record_put(bytes, 6, TEXT);
    struct answer answer;
    struct heard heard = { 0 };
    (void)state;

    answer_init(&answer);
    answer_feed(&answer, bytes, length, &EVENTS, &heard);
    answer_written(&answer, length, 10);
    answer_feed(&answer, bytes + 10, length - 10, &EVENTS, &heard);
    answer_written(&answer, length - 10, 5);
    answer_feed(&answer, bytes + 15, length - 15, &EVENTS, &heard);
    answer_written(&answer, length - 15, (long long)(length - 15));
    answer_feed(&answer, bytes, record_put(bytes, 7, "next"), &EVENTS, &heard);

    assert_int_equal(heard.status_count, 1);
    assert_string_equal(heard.headers, "Status=404 Not Found;X=1;");
    assert_string_equal(heard.errors, "next");
}

static void test_a_failed_write_is_not_offered_again(void **state)
{
    uint8_t bytes[64];
    size_t length = record_put(bytes, 6, "A: 1\r\n");
    struct answer answer;
    struct heard heard = { 0 };
    (void)state;

    answer_init(&answer);
    answer_feed(&answer, bytes, length, &EVENTS, &heard);
    answer_written(&answer, length, -1);
    answer_feed(&answer, bytes, record_put(bytes, 6, "\r\n"), &EVENTS, &heard);

    assert_int_equal(heard.status_code, 200);
}

static void test_a_long_header_is_cut_and_the_next_one_read(void **state)
{
    char text[ANSWER_LINE_BYTES + 64];
    uint8_t bytes[ANSWER_LINE_BYTES + 128];
    struct answer answer;
    struct heard heard = { 0 };
    const struct answer_events no_headers = { on_status, NULL, NULL };
    (void)state;

    memset(text, 'x', sizeof(text));
    memcpy(text, "Long: ", 6);
    memcpy(text + ANSWER_LINE_BYTES + 20, "\r\nStatus: 409\r\n\r\n", 18);
    answer_init(&answer);
    answer_feed(&answer, bytes, record_put(bytes, 6, text), &no_headers, &heard);

    assert_int_equal(heard.status_code, 409);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_follows_the_cgi_rules),
        cmocka_unit_test(test_records_may_be_cut_anywhere),
        cmocka_unit_test(test_bytes_offered_again_are_not_read_twice),
        cmocka_unit_test(test_a_failed_write_is_not_offered_again),
        cmocka_unit_test(test_a_long_header_is_cut_and_the_next_one_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
