"""The exporters beside OTLP, each read back from what it is for: Zipkin's spans from the real
collector, lines of OTLP and of the console from the launcher's output, and several at once."""

import json

import pytest

from harness import otlp
from harness.sink import Sink
from harness.telemetry import CLIENT, ERROR, SERVER
from harness.wait import eventually

JAEGER = ("agent_host", "agent_port", "agent_split_oversized_batches", "certificate", "endpoint",
          "grpc_insecure", "password", "timeout", "user")


def exporters(traces="none", metrics="none", logs="none"):
    return {"OTEL_TRACES_EXPORTER": traces, "OTEL_METRICS_EXPORTER": metrics,
            "OTEL_LOGS_EXPORTER": logs}


# --- Zipkin -------------------------------------------------------------------------------------

def zipkin(collector):
    return {**exporters(traces="zipkin"),
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"http://127.0.0.1:{collector.zipkin}/api/v2/spans"}


def test_spans_arrive_at_the_collectors_zipkin_receiver(pools, collectors):
    collector = collectors()
    pool = pools("board_count", environment=zipkin(collector))

    answer = pool.traced("/board/1")

    server, client, _ = collector.trace(answer.trace_id, 3)
    assert (server.name, server.kind, client.kind) == ("GET /board/{count}", SERVER, CLIENT)
    assert server.parent_id == "00f067aa0ba902b7" and client.parent_id == server.span_id
    assert 0 < client.end - client.start < server.end - server.start < 10**10
    assert server.resource["service.name"] == "board"
    assert server.attributes["http.response.status_code"] == "200"
    assert server.attributes["fcgi.pool"] == "board_count"
    assert client.attributes["db.system.name"] == "sqlite"
    books = pool.settled()["spans"]
    assert books["failed"] == 0 and books["exported"] == books["ended"]
    assert "warning" not in pool.text()


def test_an_error_is_one_at_the_collectors_zipkin_receiver(pools, collectors):
    collector = collectors()
    pool = pools("user", environment=zipkin(collector))

    answer = pool.traced("/user")

    assert collector.server_span(answer.trace_id).status == ERROR


def test_zipkins_requests_are_bounded_in_time_and_repeated(pools):
    with Sink() as sink:
        sink.status, sink.delay_s = 503, 1
        pool = pools("board", ["--exporter_zipkin_timeout", "200"], environment={
            **exporters(traces="zipkin"),
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"{sink.endpoint}/api/v2/spans"})
        pool.get("/board")
        eventually(lambda: "timed out after" in pool.text(), what="the time-out")
        sink.delay_s = 0

        eventually(lambda: len(sink.requests) >= 3, 10, "more attempts")

        path, _, headers = sink.requests[0]
        assert path == "/api/v2/spans" and headers["Content-Type"] == "application/json"
        assert headers["User-Agent"].startswith("OTel-Zipkin-Exporter-C/")
        pool.stop()


# --- files, standard output, console ------------------------------------------------------------

def test_otlp_to_standard_output_is_one_document_a_line(pools):
    pool = pools("board_count", environment=exporters("otlp/stdout", "otlp/stdout", "otlp/stdout"))

    answer = pool.traced("/board/1")

    def items(signal):
        lines = [json.loads(line) for line in pool.text().splitlines() if line.startswith("{")]
        return [item for line in lines for item in otlp.READERS[signal](line)]
    eventually(lambda: [span for span in items("traces") if span.trace_id == answer.trace_id
                        and span.kind == SERVER], what="the span")
    eventually(lambda: [log for log in items("logs") if log.trace_id == answer.trace_id],
               what="the log record")
    eventually(lambda: [point for point in items("metrics")
                        if point.name == "http.server.request.duration"], what="the metric")


def test_the_console_shows_each_signal_for_a_person(pools):
    pool = pools("user", environment=exporters("console", "console", "console"))

    answer = pool.traced("/user")

    def line(*parts):
        return eventually(lambda: [text for text in pool.text().splitlines()
                                   if all(part in text for part in parts)], what=f"{parts}")[0]
    assert " ms " in line(answer.trace_id, "SERVER", "GET /user")
    assert "Error" in line(answer.trace_id, "SERVER", "GET /user")
    line(answer.trace_id, "ERROR", "event=")
    line("http.server.request.duration", "count=")


def test_several_exporters_at_once_each_get_everything(pools, collectors):
    collector = collectors()
    pool = pools("board_count", environment={
        **exporters("otlp,zipkin,console,otlp_file,otlp/stdout", "otlp,console,otlp_file",
                    "otlp,console,otlp_file"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint("http/json"),
        "OTEL_EXPORTER_ZIPKIN_ENDPOINT": f"http://127.0.0.1:{collector.zipkin}/api/v2/spans"})

    answer = pool.traced("/board/1")

    assert len(collector.trace(answer.trace_id, 6)) == 6  # once by OTLP, once by Zipkin
    assert len(pool.telemetry.trace(answer.trace_id, 3)) == 3
    for telemetry in (collector, pool.telemetry):
        assert telemetry.log_records(answer.trace_id)
        assert telemetry.point("http.server.request.duration").count >= 1
    eventually(lambda: f"trace={answer.trace_id}" in pool.text(), what="the console")
    eventually(lambda: f'"traceId":"{answer.trace_id}"' in pool.text(), what="standard output")
    collector.point("otel.sdk.exporter.span.exported",
                    otel_component_type="zipkin_http_span_exporter")


# --- names --------------------------------------------------------------------------------------

def warnings(pool):
    return [line for line in pool.text().splitlines() if "warning" in line]


@pytest.mark.parametrize("given, line", [
    ("nosuch,console", '"nosuch" is not known and left out; accepted are otlp|console|otlp_file|'
                       'otlp/stdout|none'),
    ("none,console", "none beside others is left out")])
def test_a_name_that_is_not_there_is_told_in_one_line(pools, given, line):
    pool = pools("board", environment=exporters(logs=given))

    assert len(warnings(pool)) == 1 and line in warnings(pool)[0]


def test_jaegers_options_are_accepted_with_one_warning(pools):
    pool = pools("board", [f"--exporter_jaeger_{name}=1" for name in JAEGER],
                 environment=exporters())

    assert len(warnings(pool)) == 1 and "--exporter_otlp_endpoint" in warnings(pool)[0]
