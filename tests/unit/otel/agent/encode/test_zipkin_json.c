#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../golden.h"
#include "agent/encode/zipkin_json.h"
#include "otel/span.h"
#include "trace_cases.h"

static struct record_span *span_of(struct sample *sample)
{
    return (struct record_span *)sample->record;
}

static unsigned call_by_name(struct sample *sample)
{
    sample_span(sample, RECORD_SCOPE_CURL, "GET");
    span_of(sample)->kind = OTEL_SPAN_CLIENT;
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("db.name"), "lowest rank");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_NETWORK_PEER_ADDRESS, "10.0.0.1");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_SERVER_ADDRESS, "shop");
    sample_int(sample, RECORD_ITEM_ATTRIBUTE, OTEL_SERVER_PORT, 8080);
    return 1;
}

static unsigned call_by_address_of_each_family(struct sample *samples)
{
    static const char *const addresses[] = { "10.0.0.1", "2001:db8::1", "/run/sock" };

    for (int i = 0; i < 3; i++) {
        sample_span(&samples[i], RECORD_SCOPE_CURL, "POST");
        span_of(&samples[i])->kind = OTEL_SPAN_PRODUCER;
        sample_text(&samples[i], RECORD_ITEM_ATTRIBUTE, OTEL_NETWORK_PEER_ADDRESS, addresses[i]);
        sample_int(&samples[i], RECORD_ITEM_ATTRIBUTE, OTEL_NETWORK_PEER_PORT, i == 0 ? 80 : 70000);
    }
    return 3;
}

static unsigned data_base_that_is_a_file(struct sample *sample)
{
    sample_span(sample, RECORD_SCOPE_SQLITE, "SELECT user");
    span_of(sample)->kind = OTEL_SPAN_CLIENT;
    span_of(sample)->end_ns = span_of(sample)->start_ns + 999;
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_DB_SYSTEM_NAME, "sqlite");
    return 1;
}

static unsigned error_tags(struct sample *samples)
{
    static const uint8_t statuses[] = { OTEL_SPAN_UNSET, OTEL_SPAN_OK, OTEL_SPAN_ERROR };

    for (int i = 0; i < 3; i++) {
        sample_span(&samples[i], RECORD_SCOPE_APPLICATION, "work");
        span_of(&samples[i])->kind = OTEL_SPAN_INTERNAL;
        span_of(&samples[i])->status = statuses[i];
        sample_text(&samples[i], RECORD_ITEM_ATTRIBUTE, OTEL_KEY("error"),
                    i == 0 ? "false" : "yes");
        sample_text(&samples[i], RECORD_ITEM_ATTRIBUTE, OTEL_KEY("otel.status_code"), "mine");
    }
    return 3;
}

static const struct encode_case CASES[] = {
    { "attributes", span_with_every_kind_of_attribute, CASE_NO_LIMITS },
    { "children", child_of_a_remote_parent_with_events_links_and_error, CASE_NO_LIMITS },
    { "scopes", spans_of_three_scopes, CASE_NO_LIMITS },
    { "text", text_that_is_no_utf8_and_needs_escapes, CASE_NO_LIMITS },
    { "limits", more_than_the_limits_allow, { 2, 3, 1, 0, 1, 0 } },
    { "odd", span_whose_end_kind_and_status_are_odd, CASE_NO_LIMITS },
    { "remote_name", call_by_name, CASE_NO_LIMITS },
    { "remote_address", call_by_address_of_each_family, CASE_NO_LIMITS },
    { "remote_data_base", data_base_that_is_a_file, CASE_NO_LIMITS },
    { "status", error_tags, CASE_NO_LIMITS },
};

enum { CASE_COUNT = sizeof CASES / sizeof CASES[0] };

static void test_every_case_is_its_vector(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CASE_COUNT; i++) {
        char name[64];
        struct buf out;

        buf_init(&out, 1 << 20);
        case_encode(&CASES[i], zipkin_json_encode, &out);

        snprintf(name, sizeof name, "../zipkin/%s", CASES[i].name);
        assert_golden(&out, name);
        buf_release(&out);
    }
}

static void test_resource_becomes_tags_where_the_span_says_nothing_itself(void **state)
{
    struct otel_attribute attributes[] = {
        otel_attribute_string(OTEL_KEY("service.name"), OTEL_STR("board")),
        otel_attribute_string(OTEL_KEY("service.namespace"), OTEL_STR("shop")),
        otel_attribute_int(OTEL_KEY("n"), 1),
    };
    const struct limits limits = CASE_NO_LIMITS;
    static struct sample sample;
    const uint8_t *records[] = { sample.record };
    struct attributes resource;
    struct encoder encoder;
    struct buf out;

    (void)state;
    attributes_clear(&resource);
    for (size_t i = 0; i < 3; i++)
        assert_true(attributes_add(&resource, &attributes[i]));
    assert_true(encoder_init(&encoder, resource.record, "0.1.0"));
    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    sample_text(&sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("n"), "two");
    buf_init(&out, 1 << 20);
    zipkin_json_encode(&encoder, &limits, records, 1, &out);

    assert_golden(&out, "../zipkin/resource");
    buf_release(&out);
    encoder_release(&encoder);
}

static void test_body_that_does_not_fit_is_marked(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    case_encode(&CASES[0], zipkin_json_encode, &out);

    assert_true(out.has_failed);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_is_its_vector),
        cmocka_unit_test(test_resource_becomes_tags_where_the_span_says_nothing_itself),
        cmocka_unit_test(test_body_that_does_not_fit_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
