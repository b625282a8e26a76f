#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sdk/self.h"

#include <stdio.h>
#include <string.h>

static struct meter meter;

static int setup(void **state)
{
    (void)state;
    meter_init(&meter, 1, 1000);
    meter_collect(&meter, 2000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    meter_release(&meter);
    return 0;
}

static const struct instrument *instrument(const char *name)
{
    for (unsigned i = 0; i < meter.instrument_count; i++) {
        if (strcmp(meter.instruments[i]->name, name) == 0)
            return meter.instruments[i];
    }
    fail_msg("no instrument %s", name);
    return NULL;
}

/* The stream's attributes as key=value, separated by a space. */
static const char *attributes_of(const struct stream *stream)
{
    static char text[512];
    struct record_view item;
    size_t offset = 0, used = 0;

    while (attributes_next(stream->attributes, &offset, &item)) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%.*s=", (int)item.key_length,
                                 item.key);
        used += (size_t)(item.type == RECORD_VALUE_INT
                             ? snprintf(text + used, sizeof text - used, "%lld ",
                                        (long long)record_view_int(&item))
                             : snprintf(text + used, sizeof text - used, "%.*s ",
                                        (int)item.value_length, (const char *)item.value));
    }
    return text;
}

static void test_processor_tells_its_queue_and_what_it_dropped(void **state)
{
    const struct instrument *processed;

    (void)state;
    self_observe_processor(&meter, &(struct self_processor){ .item = SELF_SPAN,
                                                             .queue_size = 12,
                                                             .queue_capacity = 2048,
                                                             .processed = 500,
                                                             .queue_full = 3 });

    processed = instrument("otel.sdk.processor.span.processed");
    assert_string_equal(processed->unit, "{span}");
    assert_true(processed->is_monotonic);
    assert_int_equal(processed->first->value.sum.value.integer, 500);
    assert_string_equal(attributes_of(processed->first),
                        "otel.component.name=batching_span_processor/0 "
                        "otel.component.type=batching_span_processor ");
    assert_int_equal(processed->last->value.sum.value.integer, 3);
    assert_non_null(strstr(attributes_of(processed->last), "error.type=queue_full "));
    assert_false(instrument("otel.sdk.processor.span.queue.size")->is_monotonic);
    assert_int_equal(
        instrument("otel.sdk.processor.span.queue.capacity")->first->value.sum.value.integer, 2048);
}

static void test_exporter_tells_where_and_why(void **state)
{
    struct self_errors errors = { 0 };
    const struct instrument *exported;

    (void)state;
    self_error_add(&errors, "503", 7);
    self_observe_exporter(&meter, &(struct self_exporter){ .item = SELF_LOG,
                                                           .type = "otlp_http_json_log_exporter",
                                                           .server_address = "127.0.0.1",
                                                           .server_port = 4318,
                                                           .inflight = 5,
                                                           .exported = 100,
                                                           .errors = &errors });

    exported = instrument("otel.sdk.exporter.log.exported");
    assert_string_equal(attributes_of(exported->first),
                        "otel.component.name=otlp_http_json_log_exporter/0 "
                        "otel.component.type=otlp_http_json_log_exporter "
                        "server.address=127.0.0.1 server.port=4318 ");
    assert_int_equal(exported->last->value.sum.value.integer, 7);
    assert_non_null(strstr(attributes_of(exported->last), "error.type=503 "));
    assert_int_equal(instrument("otel.sdk.exporter.log.inflight")->first->value.sum.value.integer,
                     5);
}

static void test_collection_has_one_bucket_without_bounds(void **state)
{
    const struct instrument *duration;

    (void)state;
    self_record_collection(&meter, 0.25);

    duration = instrument("otel.sdk.metric_reader.collection.duration");
    assert_int_equal(duration->bounds.count, 0);
    assert_int_equal(duration->first->value.histogram->buckets[0], 1);
    assert_string_equal(attributes_of(duration->first),
                        "otel.component.name=periodic_metric_reader/0 "
                        "otel.component.type=periodic_metric_reader ");
}

static void test_reasons_past_the_limit_are_other(void **state)
{
    struct self_errors errors = { 0 };
    uint64_t all = 0;
    char type[8];

    (void)state;
    self_error_add(&errors, "none", 0);
    assert_int_equal(errors.count, 0);
    for (unsigned i = 0; i < SELF_ERRORS_MAX + 5; i++) {
        snprintf(type, sizeof type, "%u", 400 + i);
        self_error_add(&errors, type, 1);
        self_error_add(&errors, type, 1);
    }

    assert_int_equal(errors.count, SELF_ERRORS_MAX);
    assert_string_equal(errors.errors[SELF_ERRORS_MAX - 1].type, "_OTHER");
    for (unsigned i = 0; i < errors.count; i++)
        all += errors.errors[i].items;
    assert_int_equal(all, 2 * (SELF_ERRORS_MAX + 5));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_processor_tells_its_queue_and_what_it_dropped),
        TEST(test_exporter_tells_where_and_why),
        TEST(test_collection_has_one_bucket_without_bounds),
        TEST(test_reasons_past_the_limit_are_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
