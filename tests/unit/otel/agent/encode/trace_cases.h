/* The vectors traces_*. */
#ifndef TESTS_TRACE_CASES_H
#define TESTS_TRACE_CASES_H

#include "encode_cases.h"

static unsigned span_with_every_kind_of_attribute(struct sample *sample)
{
    sample_span(sample, RECORD_SCOPE_FCGI, "GET /board/{count}");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_REQUEST_METHOD, "GET");
    sample_int(sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_RESPONSE_STATUS_CODE, 200);
    sample_bool(sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("app.cached"), 1);
    sample_double(sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("app.ratio"), 0.1);
    sample_list(sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("http.request.header.x-a"),
                (const char *const[]){ "one", "two", NULL });
    sample_int(sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("app.smallest"), INT64_MIN);
    return 1;
}

static unsigned child_of_a_remote_parent_with_events_links_and_error(struct sample *sample)
{
    static const uint8_t link[25] = { 1,  2,  3,  4,   5,   6,   7,   8,   9,   10, 11, 12, 13,
                                      14, 15, 16, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 1,  2,  1 };
    struct record_span *span = (struct record_span *)sample->record;

    sample_span(sample, RECORD_SCOPE_FCGI, "GET /user");
    memcpy(span->parent_span_id, (const uint8_t[])SAMPLE_PARENT_ID, 8);
    span->flags = RECORD_SPAN_PARENT_IS_REMOTE;
    span->status = 2;
    span->dropped_attributes = 1;
    span->dropped_events = 2;
    span->dropped_links = 3;
    sample_text(sample, RECORD_ITEM_TRACE_STATE, SAMPLE_NO_KEY, "ot=th:8,rojo=00f067aa0ba902b7");
    sample_text(sample, RECORD_ITEM_STATUS_MESSAGE, SAMPLE_NO_KEY, "user id \"x\"");
    sample_int(sample, RECORD_ITEM_EVENT, OTEL_KEY("retry"), 1700000000000000500);
    sample_int(sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("attempt"), 2);
    sample_int(sample, RECORD_ITEM_EVENT, OTEL_KEY("bare"), 1700000000000000600);
    sample_put(sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, SAMPLE_NO_KEY, link, sizeof link);
    sample_text(sample, RECORD_ITEM_LINK_ATTRIBUTE, OTEL_KEY("why"), "batch");
    return 1;
}

static unsigned spans_of_three_scopes(struct sample *samples)
{
    const enum record_scope scopes[] = { RECORD_SCOPE_SQLITE, RECORD_SCOPE_FCGI,
                                         RECORD_SCOPE_SQLITE, RECORD_SCOPE_APPLICATION };
    const char *const names[] = { "SELECT user", "GET /board", "INSERT log_api", "own work" };

    for (size_t i = 0; i < 4; i++)
        sample_span(&samples[i], scopes[i], names[i]);
    return 4;
}

static unsigned text_that_is_no_utf8_and_needs_escapes(struct sample *sample)
{
    sample_span(sample, RECORD_SCOPE_FCGI, "GET");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH,
                "/a\"b\\c\n\x01/\xff\xc3\xa9\xf0\x9f\x98\x80");
    return 1;
}

static unsigned more_than_the_limits_allow(struct sample *sample)
{
    static const uint8_t link[25] = { 1 };

    sample_span(sample, RECORD_SCOPE_FCGI, "a name is not cut");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH, "/\xc3\xa9t\xc3\xa9");
    sample_list(sample, RECORD_ITEM_ATTRIBUTE, OTEL_KEY("list"),
                (const char *const[]){ "abcdef", "xy", NULL });
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_HTTP_ROUTE, "/one/too/many");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_URL_PATH, "last");
    sample_int(sample, RECORD_ITEM_EVENT, OTEL_KEY("kept"), 5);
    sample_int(sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("a"), 1);
    sample_int(sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("b"), 2);
    sample_int(sample, RECORD_ITEM_EVENT, OTEL_KEY("dropped"), 6);
    sample_int(sample, RECORD_ITEM_EVENT_ATTRIBUTE, OTEL_KEY("c"), 3);
    sample_put(sample, RECORD_ITEM_LINK, RECORD_VALUE_BYTES, SAMPLE_NO_KEY, link, sizeof link);
    return 1;
}

static unsigned span_whose_end_kind_and_status_are_odd(struct sample *sample)
{
    struct record_span *span = (struct record_span *)sample->record;

    sample_span(sample, RECORD_SCOPE_LAUNCHER, "clock set back");
    span->end_ns = span->start_ns - 1;
    span->kind = 77;
    span->status = 99;
    return 1;
}

static const struct encode_case TRACE_CASES[] = {
    { "traces_attributes", span_with_every_kind_of_attribute, CASE_NO_LIMITS },
    { "traces_children", child_of_a_remote_parent_with_events_links_and_error, CASE_NO_LIMITS },
    { "traces_scopes", spans_of_three_scopes, CASE_NO_LIMITS },
    { "traces_text", text_that_is_no_utf8_and_needs_escapes, CASE_NO_LIMITS },
    { "traces_limits", more_than_the_limits_allow, { 2, 3, 1, 0, 1, 0 } },
    { "traces_odd", span_whose_end_kind_and_status_are_odd, CASE_NO_LIMITS },
};

enum { TRACE_CASE_COUNT = sizeof TRACE_CASES / sizeof TRACE_CASES[0] };

#endif
