/* Headers that the configuration asks for, and those whose value is not shown. */
#include "otel/request.h"
#include "record/hook_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "recorder.h"

#define KEY UINT64_C(0x5000)
#define PARAM(text) ((char *)(text))

static struct record_room room;
static uint8_t *const record = room.bytes;

static void test_headers_that_are_asked_for_are_captured_under_their_configured_names(void **state)
{
    char *const params[] = { PARAM("REQUEST_METHOD=GET"),
                             PARAM("HTTP_CUSTOM_REQUEST_HEADER=first"),
                             PARAM("HTTP_X_A=dash"),
                             PARAM("HTTP_CUSTOM_REQUEST_HEADER=second"),
                             PARAM("HTTP_CUSTOM_REQUEST_HEADER_2=other"),
                             NULL };
    struct segment *segment = *state;
    struct record_view item;
    uint32_t offset = 0;
    const char *text = NULL;
    uint32_t length = 0;

    record_process_stop();
    (void)snprintf(segment->header.config.request_headers, SEGMENT_HEADERS_BYTES,
                   "custom_request_header, X-A ,,absent");
    (void)snprintf(segment->header.config.response_headers, SEGMENT_HEADERS_BYTES, "x-answer");
    assert_true(record_process_start(segment));
    record_request_begin(KEY, params);
    record_request_response_header(KEY, OTEL_STR("X-Answer"), OTEL_STR("42"));
    record_request_response_header(KEY, OTEL_STR("X-Other"), OTEL_STR("no"));
    record_request_response_header(KEY, OTEL_STR("x-answer"), OTEL_STR("43"));
    record_request_end(KEY);
    assert_true(fake_segment_take_type(segment, RECORD_SPAN, record));

    assert_true(fake_record_find(record, RECORD_ITEM_ATTRIBUTE,
                                 "http.request.header.custom_request_header", &item));
    assert_int_equal(item.type, RECORD_VALUE_STRINGS);
    assert_true(record_string_next(&item, &offset, &text, &length));
    assert_memory_equal(text, "first", length);
    assert_true(record_string_next(&item, &offset, &text, &length));
    assert_memory_equal(text, "second", length);
    assert_false(record_string_next(&item, &offset, &text, &length));
    assert_true(fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "http.request.header.x-a", &item));
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "http.request.header.absent");
    assert_true(
        fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "http.response.header.x-answer", &item));
    assert_int_equal(item.value_length, 12);
    assert_memory_equal(item.value,
                        "\2\0\0\0"
                        "42"
                        "\2\0\0\0"
                        "43",
                        12);
    fake_record_assert_none(record, RECORD_ITEM_ATTRIBUTE, "http.response.header.x-other");
}

static void test_secret_headers_say_that_they_were_there(void **state)
{
    char *const params[] = { PARAM("REQUEST_METHOD=GET"), PARAM("HTTP_COOKIE=secret"),
                             PARAM("HTTP_X_A=shown"), NULL };
    struct segment *segment = *state;
    struct record_view item;

    record_process_stop();
    (void)snprintf(segment->header.config.request_headers, SEGMENT_HEADERS_BYTES, "cookie=,x-a,=");
    (void)snprintf(segment->header.config.response_headers, SEGMENT_HEADERS_BYTES, "set-cookie=");
    assert_true(record_process_start(segment));
    record_request_begin(KEY, params);
    record_request_response_header(KEY, OTEL_STR("Set-Cookie"), OTEL_STR("secret"));
    record_request_end(KEY);
    assert_true(fake_segment_take_type(segment, RECORD_SPAN, record));

    assert_true(
        fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "http.request.header.cookie", &item));
    assert_int_equal(item.value_length, 14);
    assert_memory_equal(item.value, "\12\0\0\0[REDACTED]", 14);
    assert_true(fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "http.request.header.x-a", &item));
    assert_memory_equal(item.value, "\5\0\0\0shown", 9);
    assert_true(
        fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "http.response.header.set-cookie", &item));
    assert_memory_equal(item.value, "\12\0\0\0[REDACTED]", 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_headers_that_are_asked_for_are_captured_under_their_configured_names),
        RECORDER_TEST(test_secret_headers_say_that_they_were_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
