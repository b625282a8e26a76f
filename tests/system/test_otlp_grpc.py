"""gRPC on the wire: the request as the protocol wants it, and receivers that refuse, reset, say
goodbye or say nothing. Whatever they do, the books balance."""

import base64

import pytest

from harness import otlp_proto
from harness.certificates import Authority
from harness.grpc_sink import GrpcSink
from harness.sink import Sink
from harness.telemetry import SERVER
from harness.wait import eventually

REQUESTS = 10
ATTEMPT_MS = 600


@pytest.fixture
def grpc_sink():
    one = GrpcSink()
    yield one
    one.close()


@pytest.fixture
def observed(pools, grpc_sink):
    """A pool that sends to it."""
    return lambda **environment: pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": grpc_sink.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_TIMEOUT": ATTEMPT_MS, **environment})


def ask(pool, count=REQUESTS):
    for _ in range(count):
        assert pool.get("/board/1").status == 200


def retry_info(seconds, nanos=0):
    status, info = otlp_proto.new("RpcStatus"), otlp_proto.new("RetryInfo")
    info.retry_delay.seconds, info.retry_delay.nanos = seconds, nanos
    status.details.add(type_url="type.googleapis.com/google.rpc.RetryInfo",
                       value=info.SerializeToString())
    return base64.b64encode(status.SerializeToString()).decode().rstrip("=")


@pytest.mark.parametrize("compression, encoding", [("none", None), ("gzip", "gzip"),
                                                   ("deflate", "deflate")])
def test_a_call_is_as_the_protocol_wants_it(observed, grpc_sink, compression, encoding):
    pool = observed(OTEL_EXPORTER_OTLP_COMPRESSION=compression,
                    OTEL_EXPORTER_OTLP_HEADERS="Api-Key=a%20b,x-other=1,x-id-bin=%00%ff%0a")

    ask(pool)

    eventually(lambda: len(grpc_sink.spans(kind=SERVER)) >= REQUESTS, what="the spans")
    call = grpc_sink.calls[0]
    headers = call.headers
    assert headers[":method"] == "POST" and headers[":scheme"] == "http"
    assert headers[":path"] == "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    assert headers[":authority"] == grpc_sink.endpoint.removeprefix("http://")
    assert headers["te"] == "trailers"
    assert headers["content-type"] == "application/grpc"
    assert headers["grpc-timeout"] == f"{ATTEMPT_MS}m"
    assert headers["user-agent"].startswith("OTel-OTLP-Exporter-C/")
    assert (headers["api-key"], headers["x-other"]) == ("a b", "1")
    assert headers["x-id-bin"] == "AP8K"
    assert headers.get("grpc-encoding") == encoding
    assert "content-encoding" not in headers and "expect" not in headers
    assert call.body[0] == (encoding is not None)
    assert "warning" not in pool.text()


def test_a_connection_is_kept_from_call_to_call(observed, grpc_sink):
    pool = observed()
    for _ in range(5):
        ask(pool, 1)
        pool.settled()

    assert len(grpc_sink.calls) >= 5
    assert grpc_sink.connections <= 3  # one a signal


def refused(call):
    call.trailers_only(14, "try%20later")


def refused_late(call):
    call.answer(14, "behind a message")


def cancelled(call):
    call.trailers_only(1)


def reset(call):
    call.connection.reset_stream(call.stream, 2)


def reset_behind_headers(call):
    call.headers_out()
    call.connection.reset_stream(call.stream, 2)


def refused_stream(call):
    call.connection.reset_stream(call.stream, 7)


def goodbye(call):
    call.connection.close_connection(last_stream_id=0)
    call.connection.is_over = True


def busy_by_http(call):
    call.headers_out(end=True, status="503")


def silence(_):
    pass


def headers_and_silence(call):
    call.headers_out()


RETRIED = [refused, refused_late, cancelled, reset, reset_behind_headers, refused_stream, goodbye,
           busy_by_http, silence, headers_and_silence]


@pytest.mark.parametrize("script", RETRIED)
def test_what_is_worth_another_attempt_gets_it_and_arrives_once(observed, grpc_sink, script):
    grpc_sink.script = script
    pool = observed()

    ask(pool)
    eventually(lambda: len(grpc_sink.calls) >= 2, 10, "a second attempt")
    grpc_sink.script = None

    eventually(lambda: len(grpc_sink.spans(kind=SERVER)) >= REQUESTS, 20, "what was held back")
    books = pool.settled(20)["spans"]
    ids = [(span.trace_id, span.span_id) for span in grpc_sink.spans()]
    assert len(ids) == len(set(ids)) == books["ended"] == books["exported"]


def invalid(call):
    call.trailers_only(3, "no%20such%20field")


def exhausted(call):
    call.trailers_only(8, "too%20large")


def no_status(call):
    call.headers_out(end=True)


def not_found_by_http(call):
    call.headers_out(end=True, status="404")


def five_megabytes(call):
    call.headers_out()
    call.connection.is_over = True
    content = bytes(16384)
    window = call.connection.local_flow_control_window(call.stream)
    while window >= len(content):
        call.connection.send_data(call.stream, content)
        window -= len(content)


@pytest.mark.parametrize("script, error_type", [
    (invalid, "INVALID_ARGUMENT"), (exhausted, "RESOURCE_EXHAUSTED"), (no_status, "UNKNOWN"),
    (not_found_by_http, "UNIMPLEMENTED"), (five_megabytes, "response_too_large")])
def test_what_is_refused_for_good_is_counted_and_not_sent_again(observed, grpc_sink, script,
                                                                 error_type):
    grpc_sink.script = script
    pool = observed()

    ask(pool)

    books = eventually(lambda: (found := pool.settled()["spans"])["failed"] > 0 and found,
                       what="failed spans")
    assert books["exported"] == 0
    point = eventually(lambda: grpc_sink.points("otel.sdk.exporter.span.exported",
                                                error_type=error_type),
                       what="the reason in the metrics")[-1]
    assert point.value > 0


@pytest.mark.parametrize("status", [14, 8])
def test_retry_info_is_kept_within_a_tenth(observed, grpc_sink, status):
    grpc_sink.script = lambda call: call.trailers_only(status, details=retry_info(2))
    pool = observed()

    ask(pool, 1)
    eventually(lambda: len(grpc_sink.calls) >= 2, 10, "the second attempt")
    grpc_sink.script = None

    first, second = (call.at for call in grpc_sink.calls[:2])
    assert 2.0 <= second - first <= 2.25
    pool.settled(20)


def test_a_partial_success_is_counted_told_once_and_never_repeated(observed, grpc_sink):
    def all_but_one(call):
        answer = otlp_proto.new("ExportServiceResponse")
        answer.partial_success.rejected = 1
        answer.partial_success.error_message = "too old for us"
        call.answer(content=answer.SerializeToString())
        return True
    grpc_sink.script = all_but_one
    pool = observed()

    ask(pool)

    books = pool.settled()["spans"]
    assert books["failed"] == len(grpc_sink.calls) > 0
    assert books["exported"] == books["ended"] - books["failed"]
    assert pool.text().count("too old for us") == 1


def test_a_server_that_closes_after_each_answer_loses_nothing(observed, grpc_sink):
    """GOAWAY behind a good answer, as a server says it that limits the age of connections."""
    def answer_and_leave(call):
        call.answer()
        call.connection.close_connection()
        call.connection.is_over = True
        return True
    grpc_sink.script = answer_and_leave
    pool = observed()
    for _ in range(4):
        ask(pool, 1)
        pool.settled()

    books = pool.settled()["spans"]
    assert books["failed"] == 0 and books["exported"] == books["ended"]
    assert "warning" not in pool.text()


def test_the_wrong_port_is_told(pools, sink):
    """The receiver speaks HTTP/1.1: the most usual mistake."""
    pool = pools("board_count", ["--exporter_otlp_protocol=grpc", "--exporter_otlp_endpoint",
                                 sink.endpoint])

    ask(pool, 1)

    eventually(lambda: "receiver listen there?" in pool.text(), what="the message")


@pytest.mark.parametrize("status, error_type", [(404, "UNIMPLEMENTED"), (400, "INTERNAL")])
def test_a_tls_receiver_that_speaks_http_1_alone_is_told_in_one_line_and_counted(
        pools, tmp_path, status, error_type):
    """By ALPN it refuses HTTP/2; what it answers to the request that it cannot read is an error."""
    authority = Authority(tmp_path)
    with Sink(tls=authority.sign("server")) as sink:
        sink.status = status
        pool = pools("board_count", [
            "--exporter_otlp_protocol=grpc", f"--exporter_otlp_endpoint={sink.endpoint}",
            f"--exporter_otlp_certificate={authority.certificate}",
            "--metrics_exporter=otlp_file"])

        ask(pool, 3)

        books = eventually(lambda: (found := pool.settled()["spans"])["failed"] > 0 and found,
                           what="failed spans")
        assert books["exported"] == 0 and books["failed"] == books["ended"]
        assert pool.telemetry.point("otel.sdk.exporter.span.exported", error_type=error_type)
        lines = [line for line in pool.text().splitlines() if "TraceService" in line]
        assert len(lines) == 1 and "speaks HTTP/1.1, and grpc needs HTTP/2" in lines[0], lines
