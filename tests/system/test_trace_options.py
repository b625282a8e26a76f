"""What the options about traces and logs do to a program that tells a lot: samplers, limits, id
generators, propagators, processors. Each fails when its option is ignored."""

import json
import time

import pytest

from harness.compiled import compiled
from harness.telemetry import SERVER, new_trace_id, traceparent
from harness.wait import eventually

PARENT = "00f067aa0ba902b7"


@pytest.fixture
def teller(pools):
    program = compiled("teller")

    def make(*options, environment=None):
        return pools("user", ["--traces_exporter", "otlp_file", "--logs_exporter", "otlp_file",
                              "--metrics_exporter", "none", *options],
                     worker=program, has_database=False, workers=1, environment=environment)
    return make


def documents(pool, signal):
    path = pool.folder / f"{signal}.json"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def raw(pool, signal, outer, middle, inner):
    """Spans or log records as they stand in the documents."""
    return [item for document in documents(pool, signal) for resource in document[outer]
            for scope in resource[middle] for item in scope[inner]]


def span_and_log(pool):
    trace_id = new_trace_id()
    pool.get(headers={"traceparent": traceparent(trace_id)})

    def find():
        spans = [span for span in raw(pool, "traces", "resourceSpans", "scopeSpans", "spans")
                 if span["traceId"] == trace_id and span["name"] == "many"]
        logs = [log for log in raw(pool, "logs", "resourceLogs", "scopeLogs", "logRecords")
                if log.get("traceId") == trace_id]
        return (spans[0], logs[0]) if spans and logs else None
    return eventually(find, what="the span and the log record of the program")


def counts(item):
    return len(item.get("attributes", [])), item.get("droppedAttributesCount", 0)


def text_of(item):
    return item["attributes"][0]["value"]["stringValue"]


def test_each_limit_holds_and_tells_what_it_dropped(teller):
    pool = teller("--span_attribute_count_limit", "3", "--span_attribute_value_length_limit", "7",
                  "--span_event_count_limit", "2", "--span_link_count_limit", "1",
                  "--event_attribute_count_limit", "1", "--link_attribute_count_limit", "2",
                  "--logrecord_attribute_count_limit", "4",
                  "--logrecord_attribute_value_length_limit", "9",
                  # what is more specific wins
                  "--attribute_count_limit", "0", "--attribute_value_length_limit", "0")
    span, log = span_and_log(pool)

    assert counts(span) == (3, 2)
    assert text_of(span) == "abcdefg"
    assert (len(span["events"]), span["droppedEventsCount"]) == (2, 2)
    assert (len(span["links"]), span["droppedLinksCount"]) == (1, 3)
    assert [counts(event) for event in span["events"]] == [(1, 2)] * 2
    assert text_of(span["events"][0]) == "abcdefg"
    assert counts(span["links"][0]) == (2, 1)
    assert text_of(span["links"][0]) == "abcdefg"
    assert counts(log) == (4, 1)
    assert text_of(log) == "abcdefghi"
    assert log["body"]["stringValue"] == "abcdefghijklmnopqrstuvwxyz", "bodies have no limit"


def test_the_general_limits_hold_where_nothing_more_specific_is_set(teller):
    span, log = span_and_log(teller("--attribute_count_limit", "2",
                                    "--attribute_value_length_limit", "5"))

    assert [counts(item) for item in (span, span["events"][0], span["links"][0], log)] == \
        [(2, 3), (2, 1), (2, 1), (2, 3)]
    assert [text_of(item) for item in (span, span["events"][3], span["links"][3], log)] == \
        ["abcde"] * 4
    assert (len(span["events"]), len(span["links"])) == (4, 4)


def test_without_limits_everything_is_there_and_logs_are_correlated(teller):
    span, log = span_and_log(teller())

    assert [counts(item) for item in (span, *span["events"], *span["links"], log)] == \
        [(5, 0), *[(3, 0)] * 8, (5, 0)]
    assert (log["traceId"], log["spanId"], log["flags"]) == (span["traceId"], span["spanId"], 1)


# --- samplers -----------------------------------------------------------------------------------

LOW_HALF = "ffffffffffffffff7fffffffffffffff"   # the Python SDK keeps it at a ratio of a half
HIGH_HALF = "00000000000000008000000000000000"  # and drops this one


@pytest.mark.parametrize("sampler, argument, kept", [
    ("always_on", None, {"on", "off", "low", "high"}),
    ("always_off", None, set()),
    ("traceidratio", "0.5", {"low"}),
    ("traceidratio", "wrong", {"on", "off", "low", "high"}),
    ("parentbased_always_on", None, {"on"}),
    ("parentbased_always_off", None, {"on"}),
    ("parentbased_traceidratio", "0.5", {"on"}),
    ("jaeger_remote", None, {"on"})])
def test_each_sampler_keeps_its_traces(teller, sampler, argument, kept):
    """on and off: by the caller's flag, their ids like low's and high's."""
    pool = teller("--traces_sampler", sampler,
                  *(["--traces_sampler_arg", argument] if argument else []))
    suffix = {"on": "8", "off": "8", "low": "7", "high": "8"}
    if sampler == "traceidratio" and argument == "0.5":
        suffix["on"] = suffix["off"] = "f"
    requests = {"on": ("a" * 16 + suffix["on"] + "1" * 15, "01"),
                "off": ("b" * 16 + suffix["off"] + "1" * 15, "00"),
                "low": (LOW_HALF, "00"), "high": (HIGH_HALF, "00")}
    for trace_id, flags in requests.values():
        pool.get(headers={"traceparent": traceparent(trace_id, flags=flags)})
    pool.settled()
    status = pool.stop()

    assert status.status is not None
    seen = {span.trace_id for span in pool.telemetry.spans(kind=SERVER)}
    assert {name for name, (trace_id, _) in requests.items() if trace_id in seen} == kept
    if argument == "wrong" or sampler == "jaeger_remote":
        assert "is not accepted" in pool.text()
    if sampler == "jaeger_remote":
        assert "always_on|always_off|traceidratio|parentbased_always_on" in pool.text()


# --- ids ----------------------------------------------------------------------------------------

def made_trace_id(pool):
    pool.get()
    return eventually(lambda: pool.telemetry.spans(name="many"), what="a span")[0].trace_id


def test_ids_of_xray_begin_with_their_second(teller):
    before = int(time.time())

    second = int(made_trace_id(teller("--id_generator", "xray"))[:8], 16)

    assert before <= second <= time.time()


def test_ids_are_random_by_default(teller):
    second = int(made_trace_id(teller())[:8], 16)

    assert abs(second - time.time()) > 600, "once in four million times this is chance"


# --- propagators --------------------------------------------------------------------------------

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("propagator, headers, answer", [
    ("tracecontext", {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "a=1"},
     "traceparent: 00-{trace}-{span}-01\ntracestate: a=1\n"),
    ("b3", {"b3": f"{TRACE}-{PARENT}-d"}, "b3: {trace}-{span}-d\n"),
    ("b3multi", {"x-b3-traceid": TRACE, "x-b3-spanid": PARENT, "x-b3-sampled": "1"},
     "x-b3-traceid: {trace}\nx-b3-spanid: {span}\nx-b3-sampled: 1\n"),
    ("jaeger", {"uber-trace-id": f"{TRACE}:{PARENT}:0:1", "uberctx-user-id": "a%20b"},
     "uber-trace-id: {trace}:{span}:0:1\nuberctx-user-id: a%20b\n"),
    ("xray", {"x-amzn-trace-id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=1"},
     f"x-amzn-trace-id: Root=1-{TRACE[:8]}-{TRACE[8:]}" ";Parent={span};Sampled=1\n"),
    ("ottrace", {"ot-tracer-traceid": TRACE, "ot-tracer-spanid": PARENT,
                 "ot-tracer-sampled": "true", "ot-baggage-user": "a b"},
     f"ot-tracer-traceid: {TRACE[16:]}\n"
     "ot-tracer-spanid: {span}\not-tracer-sampled: true\not-baggage-user: a b\n"),
    ("baggage,tracecontext", {"traceparent": f"00-{TRACE}-{PARENT}-01", "baggage": "k=v"},
     "baggage: k=v\ntraceparent: 00-{trace}-{span}-01\n")])
def test_each_propagator_takes_over_and_passes_on(teller, propagator, headers, answer):
    pool = teller("--propagators", propagator)
    body = pool.get(headers=headers).body.decode()

    (many,) = eventually(lambda: pool.telemetry.spans(name="many", trace_id=TRACE),
                         what="the span of the program")
    (server,) = eventually(lambda: pool.telemetry.spans(kind=SERVER, trace_id=TRACE),
                           what="the span of the request")

    assert server.parent_id == PARENT
    assert body == answer.format(trace=TRACE, span=many.span_id)


def test_propagator_none_takes_over_and_passes_on_nothing(teller):
    pool = teller("--propagators", "none")

    assert pool.get(headers={"traceparent": traceparent(TRACE), "b3": f"{TRACE}-{PARENT}-1"}
                    ).body == b""
    assert made_trace_id(pool) != TRACE


def test_a_disabled_sdk_passes_on_what_came(teller):
    came = f"00-{TRACE}-{PARENT}-01"

    body = teller("--sdk_disabled", "true").get(headers={"traceparent": came}).body

    assert body.decode() == f"traceparent: {came}\n"


# --- processors ---------------------------------------------------------------------------------

def test_a_batch_of_one_goes_out_at_once(teller):
    """What is called the simple processor: no delay, one record an export."""
    pool = teller("--bsp_max_export_batch_size", "1", "--blrp_max_export_batch_size", "1",
                  environment={"OTEL_BSP_SCHEDULE_DELAY": "60000",
                               "OTEL_BLRP_SCHEDULE_DELAY": "60000"})
    for _ in range(3):
        pool.get()

    eventually(lambda: len(pool.telemetry.spans(name="many")) == 3
               and len(pool.telemetry.logs()) >= 3, 10, "what did not wait for the delay")

    for signal, outer, middle, inner in (("traces", "resourceSpans", "scopeSpans", "spans"),
                                         ("logs", "resourceLogs", "scopeLogs", "logRecords")):
        for document in documents(pool, signal):
            (resource,) = document[outer]
            (scope,) = resource[middle]
            assert len(scope[inner]) == 1
