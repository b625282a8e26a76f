/* A row of the call log, byte for byte. */
#include "view/call_json.h"

#include "written.h"

static void test_call_has_its_keys_in_order(void **state)
{
    const struct store_call call = { 3,
                                     TEXT("127.0.0.1"),
                                     TEXT("abcdefghijklmnopqrstuvwxyz0123"),
                                     TEXT("2024-06-01 12:00:00.000001"),
                                     TEXT("2024-06-01 12:00:01.000001"),
                                     TEXT("/board/007"),
                                     TEXT("7") };
    struct buf out;
    struct json json;

    (void)state;
    buf_init(&out, 1000);
    json = json_writer(&out);
    call_json_write(&json, &call);
    assert_written(&out, "{\"call_url\":\"/board/007\",\"call_url_parameter\":\"7\","
                         "\"end_time\":\"Sat, 01 Jun 2024 12:00:01 GMT\",\"seq\":3,"
                         "\"start_time\":\"Sat, 01 Jun 2024 12:00:00 GMT\","
                         "\"user_id\":\"abcdefghijklmnopqrstuvwxyz0123\","
                         "\"user_ip\":\"127.0.0.1\"}");
    buf_release(&out);
}

static void test_call_without_values_has_nulls(void **state)
{
    const struct store_call call = { 0, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT, NO_TEXT };
    struct buf out;
    struct json json;

    (void)state;
    buf_init(&out, 1000);
    json = json_writer(&out);
    call_json_write(&json, &call);
    assert_written(&out, "{\"call_url\":null,\"call_url_parameter\":null,\"end_time\":null,"
                         "\"seq\":0,\"start_time\":null,\"user_id\":null,\"user_ip\":null}");
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(test_call_has_its_keys_in_order),
        cmocka_unit_test(test_call_without_values_has_nulls),
    };

    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
