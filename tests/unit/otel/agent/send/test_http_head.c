#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../../fakes/random_input.h"
#include "agent/send/http_head.h"

#include <string.h>

enum { MUTATIONS = 20000 };

static unsigned parse(const char *text, struct http_head *out)
{
    size_t length = http_head_length(text, strlen(text));

    assert_int_equal(length, strlen(text));
    return http_head_parse(text, length, out);
}

static void test_requests_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        unsigned status;
        bool wants_close;
        const char *path, *accept;
    } CASES[] = {
        { "GET /metrics HTTP/1.1\r\n\r\n", 0, false, "/metrics", "" },
        { "HEAD /metrics?a=b?c HTTP/1.1\r\nHost: x\r\n\r\n", 0, false, "/metrics", "" },
        { "GET / HTTP/1.0\r\n\r\n", 0, true, "/", "" },
        { "GET / HTTP/1.1\r\naccept:a/b \r\nACCEPT: c/d\r\n\r\n", 0, false, "/", "a/b,c/d" },
        { "GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n", 0, true, "/", "" },
        { "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 0, false, "/", "" },
        { "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 0, true, "/", "" },
        { "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 0, true, "/", "" },
        { "POST / HTTP/1.1\r\n\r\n", 405, true, NULL, NULL },
        { "get / HTTP/1.1\r\n\r\n", 405, true, NULL, NULL },
        { "GET / HTTP/2.0\r\n\r\n", 505, true, NULL, NULL },
        { "GET / FTP/1.1\r\n\r\n", 400, true, NULL, NULL },
        { "GET /\r\n\r\n", 400, true, NULL, NULL },
        { "GET http://x/ HTTP/1.1\r\n\r\n", 400, true, NULL, NULL },
        { "GET  / HTTP/1.1\r\n\r\n", 400, true, NULL, NULL },
        { "\r\n\r\n", 400, true, NULL, NULL },
        { "GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, true, NULL, NULL },
        { "GET / HTTP/1.1\r\nName : x\r\n\r\n", 400, true, NULL, NULL },
        { "GET / HTTP/1.1\r\nA: b\r\n folded: c\r\n\r\n", 400, true, NULL, NULL },
        { "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", 400, true, NULL, NULL },
        { "GET / HTTP/1.1\r\nA: \x01\r\n\r\n", 400, true, NULL, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct http_head head;
        unsigned status = parse(CASES[i].text, &head);

        if (status != CASES[i].status || head.wants_close != CASES[i].wants_close)
            fail_msg("%u: %s", status, CASES[i].text);
        if (status == 0) {
            assert_string_equal(head.path, CASES[i].path);
            assert_string_equal(head.accept, CASES[i].accept);
        }
    }
}

static void test_paths_and_wishes_have_a_limit(void **state)
{
    static const char END[] = " HTTP/1.1\r\n\r\n";
    char text[4096] = "GET /";
    struct http_head head;

    (void)state;
    memset(text + 5, 'a', HTTP_HEAD_TEXT_BYTES - 2);
    memcpy(text + 5 + HTTP_HEAD_TEXT_BYTES - 2, END, sizeof END);
    assert_int_equal(parse(text, &head), 0);
    memset(text + 5, 'a', HTTP_HEAD_TEXT_BYTES - 1);
    memcpy(text + 5 + HTTP_HEAD_TEXT_BYTES - 1, END, sizeof END);
    assert_int_equal(parse(text, &head), 400);
}

static void test_a_head_ends_with_an_empty_line(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\n\r\nGET";

    (void)state;
    assert_int_equal(http_head_length(text, sizeof text - 1), sizeof text - 4);
    for (size_t length = 0; length < sizeof text - 4; length++)
        assert_int_equal(http_head_length(text, length), 0);
}

static void test_spoilt_heads_are_read_or_refused(void **state)
{
    static const char GOOD[] = "GET /metrics?a=b HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n"
                               "Accept: */*;q=0.5\r\nConnection: close\r\n\r\n";
    uint64_t random[4] = { 1, 2, 3, 4 };

    (void)state;
    for (int i = 0; i < random_times(MUTATIONS); i++) {
        size_t length;
        char *bytes = random_mutation(random, GOOD, sizeof GOOD - 1, &length);
        size_t head_length = http_head_length(bytes, length);
        struct http_head head;

        assert_true(head_length <= length);
        if (head_length > 0) {
            unsigned status = http_head_parse(bytes, head_length, &head);

            assert_true(status == 0 || status == 400 || status == 405 || status == 505);
            if (status == 0) {
                assert_int_equal(head.path[0], '/');
                assert_non_null(memchr(head.accept, '\0', sizeof head.accept));
            }
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_read_or_refused),
        cmocka_unit_test(test_paths_and_wishes_have_a_limit),
        cmocka_unit_test(test_a_head_ends_with_an_empty_line),
        cmocka_unit_test(test_spoilt_heads_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
