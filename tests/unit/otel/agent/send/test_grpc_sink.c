/* What of the gRPC sink needs no receiver; calls as such: tests/system/test_otlp_grpc.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/grpc_sink.h"
#include "base/mem.h"

#include <string.h>

/* Port 1 of loopback: nobody listens there. */
static const struct http_options NOBODY = {
    .url = "http://127.0.0.1:1/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    .headers = "api-key=secret,broken",
    .certificate = "",
    .client_certificate = "",
    .client_key = "",
    .user_agent = "OTel-OTLP-Exporter-C/0.1.0",
    .compression = PACK_GZIP,
    .timeout_ms = 1000,
};

static struct send_result post(struct http *http, struct sink *sink)
{
    struct send_result result;

    sink->operations->start(sink, "x", 1, NOBODY.timeout_ms);
    while (!sink->operations->take(sink, &result)) {
        http_step(http);
        assert_true(http_wait(http, NULL, 0, 10) >= 0);
    }
    return result;
}

static void test_nobody_listens_again_and_again(void **state)
{
    unsigned bad_headers = 0;
    struct http *http = http_create();
    struct sink *sink = grpc_sink_create(http, &NOBODY, &bad_headers);

    (void)state;
    assert_non_null(sink);
    assert_int_equal(bad_headers, 1);
    assert_string_equal(sink->address, "127.0.0.1");
    assert_int_equal(sink->port, 1);
    for (int i = 0; i < 10; i++) {
        struct send_result result = post(http, sink);

        assert_int_equal(result.verdict, SEND_RETRY);
        assert_true(result.is_unreachable);
        assert_string_equal(result.error_type, "connection_refused");
        assert_int_equal(http_running(http), 0);
    }
    sink->operations->destroy(sink);
    http_destroy(http);
}

static void test_create_survives_every_allocation_failure(void **state)
{
    struct http *http = http_create();
    struct sink *sink = NULL;

    (void)state;
    for (long n = 0; sink == NULL; n++) {
        long live_before = mem_live();
        unsigned bad_headers;

        assert_true(n < 20);
        mem_fail_at(n);
        sink = grpc_sink_create(http, &NOBODY, &bad_headers);
        mem_fail_at(-1);
        if (sink == NULL)
            assert_int_equal(mem_live(), live_before);
    }
    sink->operations->destroy(sink);
    http_destroy(http);
}

static void test_a_message_without_memory_is_tried_again(void **state)
{
    unsigned bad_headers;
    struct http *http = http_create();
    struct sink *sink = grpc_sink_create(http, &NOBODY, &bad_headers);
    struct send_result result;

    (void)state;
    mem_fail_at(0);
    sink->operations->start(sink, "x", 1, NOBODY.timeout_ms);
    mem_fail_at(-1);

    assert_true(sink->operations->take(sink, &result));
    assert_int_equal(result.verdict, SEND_RETRY);
    assert_string_equal(result.error_type, "out_of_memory");
    assert_int_equal(http_running(http), 0);
    sink->operations->destroy(sink);
    http_destroy(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_listens_again_and_again),
        cmocka_unit_test(test_create_survives_every_allocation_failure),
        cmocka_unit_test(test_a_message_without_memory_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
