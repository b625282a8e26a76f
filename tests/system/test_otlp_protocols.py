"""Each protocol to a real collector: the three signals of a real request, by every compression, in
plain text and by TLS, and the same data whichever way they go."""

import shlex

import pytest

from harness.certificates import Authority
from harness.paths import is_free
from harness.telemetry import CLIENT, SERVER
from harness.wait import eventually

PROTOCOLS = ("http/json", "http/protobuf", "grpc")

# What differs from one run to the next.
VOLATILE = {"service.instance.id", "board.queue_time", "board.write_time", "network.peer.port",
            "client.port", "process.pid", "thread.id"}


def assert_three_signals(pool, collector):
    answer = pool.traced("/board/1")

    assert len(collector.trace(answer.trace_id, 3)) == 3
    assert collector.log_records(answer.trace_id)
    assert collector.point("http.server.request.duration").count >= 1
    return answer.trace_id


def component(protocol, signal):
    way = {"http/json": "otlp_http_json", "http/protobuf": "otlp_http", "grpc": "otlp_grpc"}
    return f"{way[protocol]}_{signal}_exporter"


# The collector's gRPC takes no deflate: what is said then is the next test.
@pytest.mark.parametrize("protocol, compression", [
    (protocol, compression) for protocol in PROTOCOLS for compression in ("none", "gzip", "deflate")
    if (protocol, compression) != ("grpc", "deflate")])
def test_three_signals_arrive_by_each_protocol_and_compression(pools, collectors, protocol,
                                                                compression):
    collector = collectors()
    pool = pools("board_count", ["--exporter_otlp_protocol", protocol, "--exporter_otlp_endpoint",
                                 collector.endpoint(protocol), "--exporter_otlp_compression",
                                 compression])

    assert_three_signals(pool, collector)

    collector.point("otel.sdk.exporter.span.exported",
                    otel_component_type=component(protocol, "span"))
    books = pool.settled()["spans"]
    assert books["failed"] == 0 and books["exported"] == books["ended"]
    assert "warning" not in pool.text()


def test_a_compression_that_the_receiver_lacks_is_told(pools, collectors):
    collector = collectors()
    pool = pools("board_count", ["--exporter_otlp_protocol=grpc", "--exporter_otlp_endpoint",
                                 collector.endpoint("grpc"), "--exporter_otlp_compression=deflate"])

    pool.get("/board/1")

    eventually(lambda: pool.settled()["spans"]["failed"] > 0, what="refused spans")
    assert "UNIMPLEMENTED" in pool.text() and "deflate" in pool.text()


def said(item, *names):
    values = {name: getattr(item, name) for name in names}
    stable = {key: value for key, value in item.attributes.items() if key not in VOLATILE}
    resource = {key: value for key, value in item.resource.items() if key not in VOLATILE}
    return repr((sorted(values.items()), sorted(stable.items()), sorted(resource.items())))


def everything(collector, trace_id):
    """What one request left, but for ids and times."""
    return {
        "spans": sorted(said(span, "name", "kind", "scope", "status", "message", "flags",
                             "trace_state") for span in collector.trace(trace_id, 1)),
        "logs": sorted(said(record, "body", "severity", "text", "event", "scope", "flags")
                       for record in collector.log_records(trace_id)),
        "points": {said(point, "name", "unit", "description", "scope")
                   for point in collector.points() if point.name.startswith(("http.", "board."))},
    }


def test_all_protocols_give_the_same_data(pools, collectors):
    """/user: an exception with its stack, so that every part of the format is used."""
    found = {}
    for protocol in PROTOCOLS:
        collector = collectors()
        pool = pools("user", ["--exporter_otlp_protocol", protocol, "--exporter_otlp_endpoint",
                              collector.endpoint(protocol)],
                     environment={"OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true"})
        answer = pool.traced("/user", headers={"tracestate": "rojo=1"})
        collector.point("http.server.request.duration", http_response_status_code=500)
        eventually(lambda c=collector: c.points("board.errors"), what="the counter of errors")
        found[protocol] = everything(collector, answer.trace_id)
        pool.stop()

    for part in ("spans", "logs", "points"):
        assert found["http/protobuf"][part] == found["http/json"][part]
        assert found["grpc"][part] == found["http/json"][part]
        assert found["grpc"][part]


# Up to the program, to the letter.
DEMO = """
OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST="content-type,custom_request_header" \\
otel-instrument --log_level info --traces_exporter otlp --metrics_exporter otlp --metric_export_interval 500 --logs_exporter otlp --service_name otel-auto-flask-01 \\
  --exporter_otlp_endpoint http://127.0.0.1:9999 --exporter_otlp_protocol=grpc
"""


def test_the_demos_command_runs_as_it_stands(pools, collectors):
    """At another port than its own only where somebody has that."""
    collector = collectors(grpc=9999 if is_free(9999) else None)
    words = shlex.split(DEMO.replace("\\\n", "").replace("9999", str(collector.grpc)))
    launcher = words.index("otel-instrument")
    pool = pools("board_count", words[launcher + 1:], environment={
        "OTEL_SERVICE_NAME": "", "OTEL_METRIC_EXPORT_INTERVAL": "",
        **dict(word.split("=", 1) for word in words[:launcher])})

    answer = pool.traced("/board/1", headers={"custom_request_header": "abc"})

    span = collector.server_span(answer.trace_id)
    assert span.resource["service.name"] == "otel-auto-flask-01"
    assert span.attributes["http.request.header.custom_request_header"] == ["abc"]
    assert collector.spans(trace_id=answer.trace_id, kind=CLIENT)
    assert collector.log_records(answer.trace_id)
    assert collector.point("http.server.request.duration").count >= 1


def test_each_signal_goes_by_its_own_protocol(pools, collectors):
    collector = collectors()
    pool = pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint("http/protobuf"),
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"127.0.0.1:{collector.grpc}",
        "OTEL_EXPORTER_OTLP_TRACES_INSECURE": "true",
        "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": collector.endpoint("grpc")})

    assert_three_signals(pool, collector)

    for kind, protocol, signal in (("span", "grpc", "span"),
                                   ("metric_data_point", "http/protobuf", "metric"),
                                   ("log", "grpc", "log")):
        collector.point(f"otel.sdk.exporter.{kind}.exported",
                        otel_component_type=component(protocol, signal))


def test_a_collector_that_comes_back_gets_what_waited_by_grpc(pools, collectors):
    collector = collectors()
    pool = pools("board_count", ["--exporter_otlp_protocol=grpc", "--exporter_otlp_endpoint",
                                 collector.endpoint("grpc")])
    assert_three_signals(pool, collector)
    collector.stop()
    answers = [pool.traced("/board/1") for _ in range(5)]
    eventually(lambda: "cannot reach" in pool.text(), what="the outage in the log")

    collector.start()

    for answer in answers:
        assert len(collector.trace(answer.trace_id, 3, timeout=20)) == 3
    pool.settled(20)


# --- TLS ----------------------------------------------------------------------------------------

@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def mutual(authority, collectors):
    """A collector that wants to see a certificate of the authority's."""
    certificate, key = authority.sign("server")
    return collectors(tls={"cert_file": str(certificate), "key_file": str(key),
                           "client_ca_file": str(authority.certificate)})


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_tls_with_certificates_on_both_sides(pools, authority, mutual, protocol):
    certificate, key = authority.sign("client")
    pool = pools("board_count", [
        "--exporter_otlp_protocol", protocol, "--exporter_otlp_endpoint",
        mutual.endpoint(protocol), "--exporter_otlp_certificate", authority.certificate,
        "--exporter_otlp_client_certificate", certificate, "--exporter_otlp_client_key", key])

    assert_three_signals(pool, mutual)

    assert "warning" not in pool.text()


def test_grpc_without_a_scheme_is_tls_unless_it_is_said_to_be_insecure(pools, authority, mutual):
    certificate, key = authority.sign("client")
    pool = pools("board_count", [
        "--exporter_otlp_protocol=grpc", "--exporter_otlp_endpoint", f"localhost:{mutual.grpc}",
        "--exporter_otlp_certificate", authority.certificate,
        "--exporter_otlp_client_certificate", certificate, "--exporter_otlp_client_key", key])

    assert_three_signals(pool, mutual)


def test_certificates_are_each_signals_own(pools, authority, mutual, tmp_path):
    """Metrics trust another authority and fail; logs show no certificate and fail; spans go."""
    certificate, key = authority.sign("client")
    other = Authority(tmp_path, "other")
    pool = pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_ENDPOINT": mutual.endpoint("grpc"),
        "OTEL_EXPORTER_OTLP_CERTIFICATE": authority.certificate,
        "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE": other.certificate,
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE": certificate,
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY": key})

    answer = pool.traced("/board/1")

    assert mutual.spans(trace_id=answer.trace_id, kind=SERVER) or \
        mutual.server_span(answer.trace_id)
    eventually(lambda: "MetricsService" in pool.text() and "certificate" in pool.text(),
               what="the metrics' failure")
    eventually(lambda: "LogsService" in pool.text(), what="the logs' failure")
    assert mutual.logs() == [] and mutual.points() == []
