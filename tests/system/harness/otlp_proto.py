"""OTLP protobuf, read by Debian's python3-protobuf with the published field numbers: messages
from bytes, the same as OTLP JSON documents, and bytes with a comment for each field. Shares
nothing with the encoder but the specification."""

import base64
import json

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

# NAME: field=number type, with * for repeated, ? where presence says something
# (opentelemetry-proto v1.11, google.rpc).
SCHEMA = """
ExportTraceServiceRequest: resource_spans=1 ResourceSpans*
ResourceSpans: resource=1 Resource, scope_spans=2 ScopeSpans*, schema_url=3 string
ScopeSpans: scope=1 InstrumentationScope, spans=2 Span*, schema_url=3 string
Span: trace_id=1 bytes, span_id=2 bytes, trace_state=3 string, parent_span_id=4 bytes,
  name=5 string, kind=6 int32, start_time_unix_nano=7 fixed64, end_time_unix_nano=8 fixed64,
  attributes=9 KeyValue*, dropped_attributes_count=10 uint32, events=11 Event*,
  dropped_events_count=12 uint32, links=13 Link*, dropped_links_count=14 uint32,
  status=15 Status, flags=16 fixed32
Event: time_unix_nano=1 fixed64, name=2 string, attributes=3 KeyValue*,
  dropped_attributes_count=4 uint32
Link: trace_id=1 bytes, span_id=2 bytes, trace_state=3 string, attributes=4 KeyValue*,
  dropped_attributes_count=5 uint32, flags=6 fixed32
Status: message=2 string, code=3 int32
ExportMetricsServiceRequest: resource_metrics=1 ResourceMetrics*
ResourceMetrics: resource=1 Resource, scope_metrics=2 ScopeMetrics*, schema_url=3 string
ScopeMetrics: scope=1 InstrumentationScope, metrics=2 Metric*, schema_url=3 string
Metric: name=1 string, description=2 string, unit=3 string, gauge=5 Gauge, sum=7 Sum,
  histogram=9 Histogram, exponential_histogram=10 ExponentialHistogram
Gauge: data_points=1 NumberDataPoint*
Sum: data_points=1 NumberDataPoint*, aggregation_temporality=2 int32, is_monotonic=3 bool
Histogram: data_points=1 HistogramDataPoint*, aggregation_temporality=2 int32
ExponentialHistogram: data_points=1 ExponentialHistogramDataPoint*, aggregation_temporality=2 int32
NumberDataPoint: start_time_unix_nano=2 fixed64, time_unix_nano=3 fixed64, as_double=4 double?,
  exemplars=5 Exemplar*, as_int=6 sfixed64?, attributes=7 KeyValue*, flags=8 uint32
HistogramDataPoint: start_time_unix_nano=2 fixed64, time_unix_nano=3 fixed64, count=4 fixed64,
  sum=5 double?, bucket_counts=6 fixed64*, explicit_bounds=7 double*, exemplars=8 Exemplar*,
  attributes=9 KeyValue*, flags=10 uint32, min=11 double?, max=12 double?
ExponentialHistogramDataPoint: attributes=1 KeyValue*, start_time_unix_nano=2 fixed64,
  time_unix_nano=3 fixed64, count=4 fixed64, sum=5 double?, scale=6 sint32, zero_count=7 fixed64,
  positive=8 Buckets, negative=9 Buckets, flags=10 uint32, exemplars=11 Exemplar*, min=12 double?,
  max=13 double?, zero_threshold=14 double
Buckets: offset=1 sint32, bucket_counts=2 uint64*
Exemplar: time_unix_nano=2 fixed64, as_double=3 double?, span_id=4 bytes, trace_id=5 bytes,
  as_int=6 sfixed64?, filtered_attributes=7 KeyValue*
ExportLogsServiceRequest: resource_logs=1 ResourceLogs*
ResourceLogs: resource=1 Resource, scope_logs=2 ScopeLogs*, schema_url=3 string
ScopeLogs: scope=1 InstrumentationScope, log_records=2 LogRecord*, schema_url=3 string
LogRecord: time_unix_nano=1 fixed64, severity_number=2 int32, severity_text=3 string,
  body=5 AnyValue, attributes=6 KeyValue*, dropped_attributes_count=7 uint32, flags=8 fixed32,
  trace_id=9 bytes, span_id=10 bytes, observed_time_unix_nano=11 fixed64, event_name=12 string
Resource: attributes=1 KeyValue*, dropped_attributes_count=2 uint32
InstrumentationScope: name=1 string, version=2 string, attributes=3 KeyValue*,
  dropped_attributes_count=4 uint32
KeyValue: key=1 string, value=2 AnyValue
AnyValue: string_value=1 string?, bool_value=2 bool?, int_value=3 int64?, double_value=4 double?,
  array_value=5 ArrayValue, kvlist_value=6 KeyValueList, bytes_value=7 bytes?
ArrayValue: values=1 AnyValue*
KeyValueList: values=1 KeyValue*
ExportServiceResponse: partial_success=1 PartialSuccess
PartialSuccess: rejected=1 int64, error_message=2 string
RpcStatus: code=1 int32, message=2 string, details=3 Any*
Any: type_url=1 string, value=2 bytes
RetryInfo: retry_delay=1 Duration
Duration: seconds=1 int64, nanos=2 int32
"""

REQUESTS = {"traces": "ExportTraceServiceRequest", "metrics": "ExportMetricsServiceRequest",
            "logs": "ExportLogsServiceRequest"}

FIELD = descriptor_pb2.FieldDescriptorProto


def _field(message, text):
    name, _, rest = text.strip().partition("=")
    number, kind = rest.split()
    field = message.field.add(name=name, number=int(number), label=FIELD.LABEL_OPTIONAL)
    if kind.endswith("*"):
        field.label = FIELD.LABEL_REPEATED
    if kind.endswith("?"):
        field.proto3_optional, field.oneof_index = True, len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{name}")
    kind = kind.rstrip("*?")
    if kind[0].isupper():
        field.type, field.type_name = FIELD.TYPE_MESSAGE, f".otlp.{kind}"
    else:
        field.type = getattr(FIELD, f"TYPE_{kind.upper()}")


def _pool():
    file = descriptor_pb2.FileDescriptorProto(name="otlp.proto", package="otlp", syntax="proto3")
    for line in SCHEMA.replace("\n  ", " ").strip().splitlines():
        name, _, fields = line.partition(":")
        message = file.message_type.add(name=name)
        for text in fields.split(","):
            _field(message, text)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


POOL = _pool()


def new(name):
    """An empty message."""
    descriptor = POOL.FindMessageTypeByName(f"otlp.{name}")
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)()
    return message_factory.MessageFactory(POOL).GetPrototype(descriptor)()


def parse(name, content):
    """A message of bytes; what the schema does not know is an error."""
    message = new(name)
    message.ParseFromString(content)
    _refuse_unknown(message, name)
    return message


def _refuse_unknown(message, path):
    assert not list(message.UnknownFields()), f"unknown field in {path}"
    for field, value in message.ListFields():
        if field.type == FIELD.TYPE_MESSAGE:
            for one in value if field.label == FIELD.LABEL_REPEATED else [value]:
                _refuse_unknown(one, f"{path}.{field.name}")


def _json_value(field, value):
    if field.type == FIELD.TYPE_MESSAGE:
        return to_json(value)
    if field.type in (FIELD.TYPE_INT64, FIELD.TYPE_UINT64, FIELD.TYPE_FIXED64,
                      FIELD.TYPE_SFIXED64):
        return str(value)
    if field.type == FIELD.TYPE_BYTES:
        return value.hex() if field.name.endswith("_id") else base64.b64encode(value).decode()
    return value


def to_json(message):
    """The message as an OTLP JSON document: ids in hex, 64-bit integers as texts."""
    document = {}
    for field, value in message.ListFields():
        document[field.camelcase_name] = (
            [_json_value(field, one) for one in value] if field.label == FIELD.LABEL_REPEATED
            else _json_value(field, value))
    return document


def document(signal, body):
    """A request's body as the JSON document that says the same."""
    return to_json(parse(REQUESTS[signal], body))


# --- bytes with comments --------------------------------------------------------------------

def _varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def comment(data, descriptor, depth=0):
    """Lines of hex, one a field, with its name and its value behind a #."""
    at, lines = 0, []
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        field = descriptor.fields_by_number[tag >> 3]
        if tag & 7 == 2:
            length, at = _varint(data, at)
            head, content = data[start:at], data[at:at + length]
            at += length
            if field.type == FIELD.TYPE_MESSAGE:
                lines.append(_line(head, depth, f"{field.number} {field.name}, {length} bytes"))
                lines += comment(content, field.message_type, depth + 1)
                continue
        else:
            at = {0: lambda: _varint(data, at)[1], 1: lambda: at + 8, 5: lambda: at + 4}[tag & 7]()
        # The library's own reader says what the value is.
        alone = new(descriptor.name)
        alone.ParseFromString(data[start:at])
        value = getattr(alone, field.name)
        value = value.hex() if isinstance(value, bytes) else json.dumps(
            list(value) if field.label == FIELD.LABEL_REPEATED else value)
        lines.append(_line(data[start:at], depth, f"{field.number} {field.name} {value}"))
    return lines


def _line(data, depth, text):
    return f"{'  ' * depth}{data.hex()}  # {text}"


def commented(signal, body):
    return "\n".join(comment(body, POOL.FindMessageTypeByName(f"otlp.{REQUESTS[signal]}"))) + "\n"


def uncommented(text):
    return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))
