"""What an OTLP JSON document looks like: no key but these, each of its shape. Written from the
protocol's definitions, not from our encoder."""

import re

HEX = r"[0-9a-f]"


def text(value):
    return isinstance(value, str)


def number(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2 ** 32


def one_of(*values):
    return lambda value: number(value) and value in values


def uint64(value):
    return text(value) and re.fullmatch(r"0|[1-9]\d*", value) and int(value) < 2 ** 64


def int64(value):
    return (text(value) and re.fullmatch(r"0|-?[1-9]\d*", value)
            and -2 ** 63 <= int(value) < 2 ** 63)


def double(value):
    return (isinstance(value, (int, float)) and not isinstance(value, bool)
            or value in ("NaN", "Infinity", "-Infinity"))


def hex_id(digits):
    return lambda value: text(value) and re.fullmatch(HEX + f"{{{digits}}}", value) \
        and int(value, 16) != 0


def a_list(check):
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


def message(required=(), **fields):
    """A message: no key but these, each of its shape, the required ones there."""
    def check(value):
        assert isinstance(value, dict), value
        for key, content in value.items():
            assert key in fields, f"unknown key {key}"
            assert fields[key](content), f"{key}: {content!r}"
        for key in required:
            assert key in value, f"{key} is missing"
        return True
    return check


def any_value(value):
    kinds = {"stringValue": text, "boolValue": lambda v: isinstance(v, bool), "intValue": int64,
             "doubleValue": double, "arrayValue": message(values=a_list(any_value)),
             "bytesValue": text}
    assert len(value) <= 1, f"a oneof has one member: {value}"
    return message(**kinds)(value)


KEY_VALUE = message(("key", "value"), key=text, value=any_value)


def attributes(value):
    assert a_list(KEY_VALUE)(value)
    keys = [item["key"] for item in value]
    assert len(keys) == len(set(keys)), f"a key comes twice: {keys}"
    return True


TRACE_ID, SPAN_ID = hex_id(32), hex_id(16)
EVENT = message(("timeUnixNano", "name"), timeUnixNano=uint64, name=text, attributes=attributes,
                droppedAttributesCount=number)
LINK = message(("traceId", "spanId"), traceId=TRACE_ID, spanId=SPAN_ID, traceState=text,
               attributes=attributes, droppedAttributesCount=number, flags=number)
SPAN = message(
    ("traceId", "spanId", "name", "startTimeUnixNano", "endTimeUnixNano", "flags"),
    traceId=TRACE_ID, spanId=SPAN_ID, parentSpanId=SPAN_ID, traceState=text, name=text,
    flags=lambda value: number(value) and value & ~0x3ff == 0 and value & 0x100,
    kind=one_of(*range(6)), startTimeUnixNano=uint64, endTimeUnixNano=uint64,
    attributes=attributes, droppedAttributesCount=number, events=a_list(EVENT),
    droppedEventsCount=number, links=a_list(LINK), droppedLinksCount=number,
    status=message(code=one_of(0, 1, 2), message=text))
LOG = message(
    ("timeUnixNano", "observedTimeUnixNano"), timeUnixNano=uint64, observedTimeUnixNano=uint64,
    severityNumber=one_of(*range(1, 25)), severityText=text, body=any_value,
    attributes=attributes, droppedAttributesCount=number, flags=number, traceId=TRACE_ID,
    spanId=SPAN_ID, eventName=text)
EXEMPLAR = message(("timeUnixNano",), timeUnixNano=uint64, asInt=int64, asDouble=double,
                   traceId=TRACE_ID, spanId=SPAN_ID, filteredAttributes=attributes)
EXEMPLARS = a_list(EXEMPLAR)
POINT = message(("timeUnixNano",), exemplars=EXEMPLARS, attributes=attributes, startTimeUnixNano=uint64,
                timeUnixNano=uint64, asInt=int64, asDouble=double)


def histogram_point(value):
    message(("timeUnixNano", "startTimeUnixNano", "count", "bucketCounts"), attributes=attributes,
            startTimeUnixNano=uint64, timeUnixNano=uint64, count=uint64, sum=double,
            bucketCounts=a_list(uint64), explicitBounds=a_list(double), min=double,
            max=double, exemplars=EXEMPLARS)(value)
    buckets, bounds = value["bucketCounts"], value["explicitBounds"]
    assert len(buckets) == len(bounds) + 1
    assert sum(map(int, buckets)) == int(value["count"])
    assert bounds == sorted(bounds)
    return True


BUCKETS = message(("bucketCounts",), bucketCounts=a_list(uint64),
                  offset=lambda value: isinstance(value, int) and -2 ** 31 <= value < 2 ** 31)


def exponential_point(value):
    message(("timeUnixNano", "startTimeUnixNano", "count", "scale", "zeroCount"),
            attributes=attributes, startTimeUnixNano=uint64, timeUnixNano=uint64, count=uint64,
            sum=double, scale=lambda v: isinstance(v, int) and -11 <= v <= 20, zeroCount=uint64,
            positive=BUCKETS, negative=BUCKETS, min=double, max=double,
            exemplars=EXEMPLARS)(value)
    counts = [value.get(sign, {}).get("bucketCounts", []) for sign in ("positive", "negative")]
    assert sum(map(int, [value["zeroCount"], *counts[0], *counts[1]])) == int(value["count"])
    return True


TEMPORALITY = one_of(1, 2)
METRIC = message(
    ("name",), name=text, description=text, unit=text,
    gauge=message(("dataPoints",), dataPoints=a_list(POINT)),
    sum=message(("dataPoints", "aggregationTemporality", "isMonotonic"), dataPoints=a_list(POINT),
                aggregationTemporality=TEMPORALITY, isMonotonic=lambda v: isinstance(v, bool)),
    histogram=message(("dataPoints", "aggregationTemporality"),
                      dataPoints=a_list(histogram_point), aggregationTemporality=TEMPORALITY),
    exponentialHistogram=message(
        ("dataPoints", "aggregationTemporality"), dataPoints=a_list(exponential_point),
        aggregationTemporality=TEMPORALITY))

SCHEMA_URL = re.compile(r"https://opentelemetry\.io/schemas/\d+\.\d+\.\d+").fullmatch
SCOPE = message(("name", "version"), name=text, version=text)


def document(resources, scopes, items, item):
    scope = message(("scope", items), scope=SCOPE, schemaUrl=SCHEMA_URL, **{items: a_list(item)})
    resource = message(
        ("resource", scopes), schemaUrl=SCHEMA_URL, **{scopes: a_list(scope)},
        resource=message(("attributes",), attributes=attributes))
    return message((resources,), **{resources: a_list(resource)})


DOCUMENTS = {
    "traces": document("resourceSpans", "scopeSpans", "spans", SPAN),
    "metrics": document("resourceMetrics", "scopeMetrics", "metrics", METRIC),
    "logs": document("resourceLogs", "scopeLogs", "logRecords", LOG),
}


def without_defaults(value):
    """Empty and zero members do not count: the protocol lets a writer leave them out. An empty
    oneof member says something and stays."""
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: without_defaults(item) for key, item in value.items()}
    return {key: item for key, item in kept.items()
            if key.endswith("Value") or key in ("asInt", "asDouble", "min", "max", "sum")
            or item not in ({}, [], 0, "0", "", False)}
