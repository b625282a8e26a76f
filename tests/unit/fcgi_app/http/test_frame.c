/* Framing of answers: the bytes on the wire, sent in steps of any size. */
#include "http/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Takes a frame apart by sending at most `step` bytes at a time; returns the length. */
static size_t frame_send(struct http_frame frame, size_t step, uint8_t *out)
{
    struct http_frame_window window;
    size_t length = 0;

    for (frame_window(&frame, &window); window.count > 0; frame_window(&frame, &window)) {
        size_t left = step;

        for (int i = 0; i < window.count && left > 0; i++) {
            size_t taken = window.iov[i].iov_len < left ? window.iov[i].iov_len : left;

            memcpy(out + length, window.iov[i].iov_base, taken);
            length += taken;
            left -= taken;
        }
        frame.sent += step - left;
    }
    return length;
}

/* A reader of its own: checks the headers and collects STDOUT. Returns the bytes it walked. */
static size_t frame_read(const uint8_t *bytes, size_t length, uint8_t *content,
                         size_t *content_length, bool *has_end)
{
    size_t at = 0;

    *content_length = 0;
    *has_end = false;
    while (at + 8 <= length && !*has_end) {
        size_t size = (size_t)bytes[at + 4] << 8 | bytes[at + 5];

        assert_int_equal(bytes[at], 1);
        assert_int_equal(bytes[at + 2] << 8 | bytes[at + 3], 0x1234);
        assert_int_equal(bytes[at + 6], 0);
        assert_true(at + 8 + size <= length);
        if (bytes[at + 1] == 6) {
            memcpy(content + *content_length, bytes + at + 8, size);
            *content_length += size;
        } else {
            assert_int_equal(bytes[at + 1], 3);
            *has_end = true;
        }
        at += 8 + size;
    }
    return at;
}

static const size_t LENGTHS[] = { 0, 1, 65534, 65535, 65536, 131070, 131071, 3 * 1024 * 1024 };
static const size_t HEADS[] = { 0, 1, 200 };
static const size_t STEPS[] = { SIZE_MAX, 65536, 4096, 7 };

static void frame_check(const char *head, size_t head_length, const char *body, size_t body_length,
                        size_t step)
{
    size_t room = (head_length + body_length) * 2 + 1024;
    uint8_t *wire = malloc(room);
    uint8_t *content = malloc(room);
    struct http_frame frame = { .head = head,
                                .head_length = head_length,
                                .body = body,
                                .body_length = body_length,
                                .request_id = 0x1234,
                                .has_end = true };
    size_t content_length;
    size_t length = frame_send(frame, step, wire);
    bool has_end;

    assert_int_equal(frame_read(wire, length, content, &content_length, &has_end), length);
    assert_true(has_end);
    assert_int_equal(content_length, head_length + body_length);
    assert_memory_equal(content, head, head_length);
    assert_memory_equal(content + head_length, body, body_length);
    free(content);
    free(wire);
}

static void test_frame_carries_head_and_body_whatever_is_sent_at_a_time(void **state)
{
    static char head[256];
    char *body = malloc(LENGTHS[7]);

    (void)state;
    memset(head, 'h', sizeof head);
    for (size_t i = 0; i < LENGTHS[7]; i++)
        body[i] = (char)(i * 31);
    for (size_t l = 0; l < sizeof LENGTHS / sizeof LENGTHS[0]; l++) {
        for (size_t h = 0; h < sizeof HEADS / sizeof HEADS[0]; h++) {
            for (size_t s = 0; s < sizeof STEPS / sizeof STEPS[0]; s++)
                frame_check(head, HEADS[h], body, LENGTHS[l], STEPS[s]);
        }
    }
    free(body);
}

static void test_frame_of_a_small_answer_is_these_bytes(void **state)
{
    static const uint8_t EXPECTED[] = "\1\6\0\1\0\4\0\0"
                                      "h\nab"
                                      "\1\6\0\1\0\0\0\0"
                                      "\1\3\0\1\0\10\0\0"
                                      "\0\0\0\0\0\0\0\0";
    struct http_frame frame = { .head = "h\n",
                                .head_length = 2,
                                .body = "ab",
                                .body_length = 2,
                                .request_id = 1,
                                .has_end = true };
    uint8_t wire[128];

    (void)state;
    assert_int_equal(frame_send(frame, SIZE_MAX, wire), sizeof EXPECTED - 1);
    assert_memory_equal(wire, EXPECTED, sizeof EXPECTED - 1);
}

static void test_frame_of_head_alone_has_no_body(void **state)
{
    struct http_frame frame = { .head = "Status: 200 OK\r\n\r\n",
                                .head_length = 18,
                                .body = "must not be sent",
                                .request_id = 1,
                                .has_end = true };
    uint8_t wire[128];

    (void)state;
    assert_int_equal(frame_send(frame, SIZE_MAX, wire), 8 + 18 + 8 + 16);
}

static void test_frame_marks_by_one_empty_record_behind_the_end(void **state)
{
    static const uint8_t MARK[] = { 1, 11, 0, 0, 0, 0, 0, 0 };
    struct http_frame frame = { .head = "h", .head_length = 1, .request_id = 1, .has_end = true };
    uint8_t plain[128];
    uint8_t marked[128];
    size_t length = frame_send(frame, SIZE_MAX, plain);

    (void)state;
    frame.is_marked = true;

    assert_int_equal(frame_send(frame, SIZE_MAX, marked), length + sizeof MARK);
    assert_memory_equal(marked, plain, length);
    assert_memory_equal(marked + length, MARK, sizeof MARK);
}

static void test_frame_of_a_step_has_no_end(void **state)
{
    struct http_frame frame = { .body = "abc", .body_length = 3, .request_id = 1 };
    uint8_t wire[128];

    (void)state;
    assert_int_equal(frame_send(frame, SIZE_MAX, wire), 8 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_carries_head_and_body_whatever_is_sent_at_a_time),
        cmocka_unit_test(test_frame_of_a_small_answer_is_these_bytes),
        cmocka_unit_test(test_frame_of_head_alone_has_no_body),
        cmocka_unit_test(test_frame_marks_by_one_empty_record_behind_the_end),
        cmocka_unit_test(test_frame_of_a_step_has_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
