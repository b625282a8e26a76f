/* The vectors logs_*. */
#ifndef TESTS_LOG_CASES_H
#define TESTS_LOG_CASES_H

#include "encode_cases.h"

static unsigned record_in_a_span(struct sample *sample)
{
    sample_log(sample, RECORD_SCOPE_APPLICATION, "GET /board/100");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_CLIENT_ADDRESS, "127.0.0.1");
    ((struct record_log *)sample->record)->dropped_attributes = 4;
    return 1;
}

static unsigned exception_with_a_stack(struct sample *sample)
{
    static const uint64_t stack[] = { 0x401234, 0x7f0000001000 };

    sample_log(sample, RECORD_SCOPE_APPLICATION, "no such user");
    ((struct record_log *)sample->record)->severity = 17;
    sample_text(sample, RECORD_ITEM_EVENT_NAME, SAMPLE_NO_KEY, "http.server.request.exception");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_EXCEPTION_TYPE, "ValueError");
    sample_text(sample, RECORD_ITEM_ATTRIBUTE, OTEL_EXCEPTION_MESSAGE, "no such user");
    sample_put(sample, RECORD_ITEM_STACK, RECORD_VALUE_STACK, SAMPLE_NO_KEY, stack, sizeof stack);
    return 1;
}

static unsigned record_outside_any_trace(struct sample *sample)
{
    struct record_log *log = (struct record_log *)sample->record;

    sample_log(sample, RECORD_SCOPE_STDERR, "");
    memset(log->trace_id, 0, sizeof log->trace_id);
    memset(log->span_id, 0, sizeof log->span_id);
    log->severity = 0;
    return 1;
}

static const struct encode_case LOG_CASES[] = {
    { "logs_in_span", record_in_a_span, CASE_NO_LIMITS },
    { "logs_exception", exception_with_a_stack, CASE_NO_LIMITS },
    { "logs_bare", record_outside_any_trace, CASE_NO_LIMITS },
};

enum { LOG_CASE_COUNT = sizeof LOG_CASES / sizeof LOG_CASES[0] };

#endif
