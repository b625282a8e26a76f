/* The propagators together: order, what a request takes over, what it passes on. */
#include "otel/baggage.h"
#include "otel/propagate.h"
#include "record/hook_entry.h"

#include "propagation.h"
#include "recorder.h"

#define KEY UINT64_C(0x5000)
#define PARAM(text) ((char *)(text))
#define OTHER "11111111111111111111111111111111"
#define W3C "HTTP_TRACEPARENT=00-" TRACE "-" SPAN "-01"
#define B3 "HTTP_B3=" OTHER "-" SPAN "-1"
#define PARAMS_MAX 8

enum {
    T = SEGMENT_PROPAGATOR_TRACECONTEXT,
    G = SEGMENT_PROPAGATOR_BAGGAGE,
    S = SEGMENT_PROPAGATOR_B3,
    M = SEGMENT_PROPAGATOR_B3MULTI,
    J = SEGMENT_PROPAGATOR_JAEGER,
    X = SEGMENT_PROPAGATOR_XRAY,
    O = SEGMENT_PROPAGATOR_OTTRACE,
};

static struct record_room room;
static char headers[OTEL_INJECT_SIZE];

static void propagators_set(struct segment *segment, const uint8_t *propagators)
{
    uint8_t *out = segment->header.config.propagators;

    memset(out, 0, SEGMENT_PROPAGATOR_COUNT);
    for (size_t i = 0; propagators[i]; i++)
        out[i] = propagators[i];
}

static void begin_with(const char *const *given)
{
    char *params[PARAMS_MAX + 2] = { PARAM("REQUEST_METHOD=GET") };

    for (size_t i = 0; i < PARAMS_MAX && given[i]; i++)
        params[i + 1] = PARAM(given[i]);
    record_request_begin(KEY, params);
}

/* --- in --------------------------------------------------------------------------------------- */

static void test_extract_follows_the_order_of_the_propagators(void **state)
{
    static const struct {
        const char *reason;
        uint8_t propagators[8];
        const char *params[PARAMS_MAX];
        const char *trace_id; /* NULL: a new one */
        bool is_sampled;
    } CASES[] = {
        { "the last valid one wins", { T, S }, { W3C, B3 }, OTHER, true },
        { "in its order, not in that of the headers", { S, T }, { B3, W3C }, TRACE, true },
        { "what is not valid replaces nothing", { T, S }, { W3C, "HTTP_B3=x" }, TRACE, true },
        { "what did not come replaces nothing", { T, J, X, O }, { W3C }, TRACE, true },
        { "a format that is not configured is not read", { T }, { B3 }, NULL, true },
        { "no propagator: a new trace", { 0 }, { W3C, B3 }, NULL, true },
        { "b3 reads several headers, too",
          { S },
          { "HTTP_X_B3_TRACEID=" OTHER, "HTTP_X_B3_SPANID=" SPAN, "HTTP_X_B3_SAMPLED=1" },
          OTHER,
          true },
        { "b3multi reads the single one first",
          { M },
          { "HTTP_X_B3_TRACEID=" TRACE, "HTTP_X_B3_SPANID=" SPAN, B3 },
          OTHER,
          true },
        { "b3multi reads several when the single one is wrong",
          { M },
          { "HTTP_B3=x", "HTTP_X_B3_TRACEID=" OTHER, "HTTP_X_B3_SPANID=" SPAN },
          OTHER,
          true },
        { "two b3 headers: nobody can tell which one is meant", { S }, { B3, B3 }, NULL, true },
        { "jaeger", { J }, { "HTTP_UBER_TRACE_ID=" OTHER ":" SPAN ":0:1" }, OTHER, true },
        { "two uber-trace-id headers",
          { J },
          { "HTTP_UBER_TRACE_ID=1:2:0:1", "HTTP_UBER_TRACE_ID=3:4:0:1" },
          NULL,
          true },
        { "xray",
          { X },
          { "HTTP_X_AMZN_TRACE_ID=Root=1-11111111-111111111111111111111111;Parent=" SPAN
            ";Sampled=0" },
          OTHER,
          false },
        { "ottrace",
          { O },
          { "HTTP_OT_TRACER_TRACEID=" OTHER, "HTTP_OT_TRACER_SPANID=" SPAN,
            "HTTP_OT_TRACER_SAMPLED=true" },
          OTHER,
          true },
        { "not sampled by the caller", { S }, { "HTTP_B3=" OTHER "-" SPAN "-0" }, OTHER, false },
        { "deferred: our sampler decides", { S }, { "HTTP_B3=" OTHER "-" SPAN }, OTHER, true },
        { "debug is sampled", { S }, { "HTTP_B3=" OTHER "-" SPAN "-d" }, OTHER, true },
        { "a state alone decides for the new trace", { S }, { "HTTP_B3=0" }, NULL, false },
    };

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct otel_context context;
        char trace_id[OTEL_TRACE_ID_HEX_SIZE];

        propagators_set(*state, CASES[i].propagators);
        begin_with(CASES[i].params);
        context = otel_context_current();
        otel_context_trace_id_hex(&context, trace_id);
        if (otel_context_is_sampled(&context) != CASES[i].is_sampled)
            fail_msg("%s: sampled %d", CASES[i].reason, !CASES[i].is_sampled);
        if ((strcmp(trace_id, OTHER) == 0 || strcmp(trace_id, TRACE) == 0)
                ? !CASES[i].trace_id || strcmp(trace_id, CASES[i].trace_id) != 0
                : CASES[i].trace_id != NULL)
            fail_msg("%s: trace %s", CASES[i].reason, trace_id);
        record_request_end(KEY);
        while (fake_segment_take(*state, room.bytes))
            ;
    }
}

static void test_deferred_is_decided_by_the_sampler_of_roots(void **state)
{
    struct segment *segment = *state;
    const uint8_t b3[] = { S, 0 };
    const char *const deferred[] = { "HTTP_B3=" OTHER "-" SPAN, NULL };
    const char *const debug[] = { "HTTP_B3=" OTHER "-" SPAN "-d", NULL };
    struct otel_context context;

    propagators_set(segment, b3);
    segment->header.config.sampling = fake_sampling(SEGMENT_SAMPLER_ALWAYS_OFF, 0, true);
    begin_with(deferred);
    context = otel_context_current();
    assert_false(otel_context_is_sampled(&context));
    record_request_end(KEY);
    begin_with(debug);
    context = otel_context_current();
    assert_true(otel_context_is_sampled(&context));
    record_request_end(KEY);
}

static void test_tracestate_belongs_to_the_traceparent_that_won(void **state)
{
    const uint8_t b3_last[] = { T, S, 0 };
    const uint8_t w3c_last[] = { S, T, 0 };
    const char *const params[] = { W3C, B3, "HTTP_TRACESTATE=a=1", NULL };

    propagators_set(*state, b3_last);
    begin_with(params);
    record_request_end(KEY);
    assert_true(fake_segment_take_type(*state, RECORD_SPAN, room.bytes));
    fake_record_assert_none(room.bytes, RECORD_ITEM_TRACE_STATE, NULL);

    propagators_set(*state, w3c_last);
    begin_with(params);
    record_request_end(KEY);
    assert_true(fake_segment_take_type(*state, RECORD_SPAN, room.bytes));
    fake_record_assert_text(room.bytes, RECORD_ITEM_TRACE_STATE, NULL, "a=1");
}

static void test_baggage_of_every_format_is_one_list(void **state)
{
    static const struct {
        const char *name;
        const char *value; /* NULL: none */
    } ENTRIES[] = {
        { "w3c", "1" },         { "user-id", "a b,c" }, { "plain", "x%20y" },
        { "both", "\xC3\xA4" }, { "uberctx-", NULL },   { "bad name", NULL },
    };
    const uint8_t all[] = { G, J, O, 0 };
    const char *const params[] = { "HTTP_BAGGAGE=w3c=1",
                                   "HTTP_UBERCTX_USER_ID=a%20b%2Cc",
                                   "HTTP_UBERCTX_=nameless",
                                   "HTTP_UBERCTX_BAD NAME=x",
                                   "HTTP_OT_BAGGAGE_PLAIN= x%20y ",
                                   "HTTP_OT_BAGGAGE_BOTH=\xC3\xA4",
                                   NULL };

    propagators_set(*state, all);
    begin_with(params);
    for (size_t i = 0; i < sizeof ENTRIES / sizeof ENTRIES[0]; i++) {
        char value[64];
        int length = otel_baggage_get(otel_str(ENTRIES[i].name), value, sizeof value);

        if ((length >= 0) != (ENTRIES[i].value != NULL) ||
            strcmp(value, ENTRIES[i].value ? ENTRIES[i].value : "") != 0)
            fail_msg("%s: %d \"%s\"", ENTRIES[i].name, length, value);
    }
    record_request_end(KEY);
}

static void test_an_entry_that_does_not_fit_is_left_out_and_counted(void **state)
{
    static char big[64 + BAGGAGE_BYTES_MAX] = "HTTP_OT_BAGGAGE_BIG=";
    const uint8_t ottrace[] = { O, 0 };
    const char *const params[] = { big, "HTTP_OT_BAGGAGE_SMALL=1", NULL };
    char value[8];

    memset(big + strlen(big), ' ' + 1, BAGGAGE_BYTES_MAX);
    propagators_set(*state, ottrace);
    begin_with(params);
    assert_int_equal(otel_baggage_get(OTEL_STR("big"), value, sizeof value), -1);
    assert_int_equal(otel_baggage_get(OTEL_STR("small"), value, sizeof value), 1);
    assert_int_equal(FAKE_COUNT((struct segment *)*state, values_cut), 1);
    record_request_end(KEY);
}

/* --- out -------------------------------------------------------------------------------------- */

static const struct {
    const char *reason;
    uint8_t propagators[8];
    const char *params[PARAMS_MAX];
    const char *expected; /* %s: the id of our span; a line each */
} INJECTIONS[] = {
    { "none", { 0 }, { W3C }, "" },
    { "tracecontext", { T }, { W3C }, "traceparent: 00-" TRACE "-%s-01\n" },
    { "b3",
      { T, S },
      { W3C },
      "traceparent: 00-" TRACE "-%s-01\n"
      "b3: " TRACE "-%s-1\n" },
    { "b3, before tracecontext",
      { S, T },
      { W3C },
      "b3: " TRACE "-%s-1\n"
      "traceparent: 00-" TRACE "-%s-01\n" },
    { "b3, not sampled", { S }, { "HTTP_B3=" TRACE "-" SPAN "-0" }, "b3: " TRACE "-%s-0\n" },
    { "b3, debug goes on", { S }, { "HTTP_B3=" TRACE "-" SPAN "-d" }, "b3: " TRACE "-%s-d\n" },
    { "b3, 64 bits become 128", { S }, { "HTTP_B3=" LOW "-" SPAN "-1" }, "b3: " PADDED "-%s-1\n" },
    { "b3multi",
      { S, M },
      { "HTTP_B3=" TRACE "-" SPAN "-1" },
      "b3: " TRACE "-%s-1\n"
      "x-b3-traceid: " TRACE "\nx-b3-spanid: %s\nx-b3-sampled: 1\n" },
    { "b3multi, not sampled",
      { M },
      { "HTTP_B3=" TRACE "-" SPAN "-0" },
      "x-b3-traceid: " TRACE "\nx-b3-spanid: %s\nx-b3-sampled: 0\n" },
    { "b3multi, debug instead of sampled",
      { M },
      { "HTTP_B3=" TRACE "-" SPAN "-d" },
      "x-b3-traceid: " TRACE "\nx-b3-spanid: %s\nx-b3-flags: 1\n" },
    { "jaeger",
      { T, J },
      { W3C },
      "traceparent: 00-" TRACE "-%s-01\n"
      "uber-trace-id: " TRACE ":%s:0:1\n" },
    { "jaeger, debug of b3",
      { M, J },
      { "HTTP_B3=" TRACE "-" SPAN "-d" },
      "x-b3-traceid: " TRACE "\nx-b3-spanid: %s\nx-b3-flags: 1\n"
      "uber-trace-id: " TRACE ":%s:0:3\n" },
    { "jaeger, not sampled",
      { J },
      { "HTTP_UBER_TRACE_ID=" TRACE ":" SPAN ":0:0" },
      "uber-trace-id: " TRACE ":%s:0:0\n" },
    { "jaeger's baggage",
      { J },
      { "HTTP_UBER_TRACE_ID=" TRACE ":" SPAN ":0:1", "HTTP_UBERCTX_A=x%20y", "HTTP_UBERCTX_B=" },
      "uber-trace-id: " TRACE ":%s:0:1\nuberctx-a: x%%20y\nuberctx-b: \n" },
    { "xray",
      { T, X },
      { W3C },
      "traceparent: 00-" TRACE "-%s-01\n"
      "x-amzn-trace-id: Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=%s;Sampled=1\n" },
    { "xray, not sampled",
      { X },
      { "HTTP_X_AMZN_TRACE_ID=Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=" SPAN ";Sampled=0" },
      "x-amzn-trace-id: Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=%s;Sampled=0\n" },
    { "ottrace: the low half of the trace id",
      { T, O },
      { W3C },
      "traceparent: 00-" TRACE "-%s-01\n"
      "ot-tracer-traceid: " LOW "\not-tracer-spanid: %s\not-tracer-sampled: true\n" },
    { "ottrace's baggage is decoded; properties stay behind",
      { G, O },
      { "HTTP_OT_TRACER_TRACEID=" TRACE, "HTTP_OT_TRACER_SPANID=" SPAN,
        "HTTP_OT_TRACER_SAMPLED=false", "HTTP_BAGGAGE=a=x%20y;p=1,b:=2" },
      "baggage: a=x%%20y;p=1,b:=2\n"
      "ot-tracer-traceid: " LOW "\not-tracer-spanid: %s\not-tracer-sampled: false\n"
      "ot-baggage-a: x y\n" },
};

static void test_inject_writes_every_format_in_order(void **state)
{
    for (size_t i = 0; i < sizeof INJECTIONS / sizeof INJECTIONS[0]; i++) {
        struct otel_context context;
        char expected[1024];
        char span_id[17];
        char trace_id[33];

        propagators_set(*state, INJECTIONS[i].propagators);
        begin_with(INJECTIONS[i].params);
        context = otel_context_current();
        ids_hex(&context, trace_id, span_id);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(expected, sizeof expected, INJECTIONS[i].expected, span_id, span_id);
#pragma GCC diagnostic pop
        (void)otel_inject(&context, headers, sizeof headers);
        for (char *end = headers; *end;) { /* a line each */
            end += strlen(end) + 1;
            end[-1] = '\n';
        }
        if (strcmp(headers, expected) != 0)
            fail_msg("%s: wrote\n%swanted\n%s", INJECTIONS[i].reason, headers, expected);
        record_request_end(KEY);
        while (fake_segment_take(*state, room.bytes))
            ;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(test_extract_follows_the_order_of_the_propagators),
        RECORDER_TEST(test_deferred_is_decided_by_the_sampler_of_roots),
        RECORDER_TEST(test_tracestate_belongs_to_the_traceparent_that_won),
        RECORDER_TEST(test_baggage_of_every_format_is_one_list),
        RECORDER_TEST(test_an_entry_that_does_not_fit_is_left_out_and_counted),
        RECORDER_TEST(test_inject_writes_every_format_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
