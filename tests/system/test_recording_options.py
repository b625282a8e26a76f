"""Options that decide what is recorded of a program: methods, headers, instrumentations, what it
says on stderr, and the machine's own metrics."""

import pytest

from harness.compiled import compiled
from harness.telemetry import CLIENT, SERVER, new_trace_id, traceparent
from harness.wait import eventually

FILES = {f"OTEL_{signal}_EXPORTER": "otlp_file" for signal in ("TRACES", "METRICS", "LOGS")}
SECRET = {"cookie": "sid=secret", "x-session-key": "secret", "x-plain": "shown"}


@pytest.fixture
def pool(pools):
    def make(*options, name="board_count", **how):
        return pools(name, list(options), environment=FILES, **how)
    return make


def ended(pool, answer):
    """All spans of an answer's trace, once all are written; the SERVER span ends behind the answer."""
    pool.telemetry.server_span(answer.trace_id)
    pool.settled()
    return {span.kind: span for span in pool.telemetry.spans(trace_id=answer.trace_id)}


# --- methods and headers ------------------------------------------------------------------------

def test_known_methods_are_those_of_the_list(pool):
    one = pool("--instrumentation_http_known_methods=GET, PROPFIND")

    found = {method: ended(one, one.traced(method=method))[SERVER]
             for method in ("GET", "PROPFIND", "POST", "propfind")}

    told = {method: span.attributes["http.request.method"] for method, span in found.items()}
    assert told == {"GET": "GET", "PROPFIND": "PROPFIND", "POST": "_OTHER", "propfind": "_OTHER"}
    assert found["POST"].attributes["http.request.method_original"] == "POST"
    assert "http.request.method_original" not in found["PROPFIND"].attributes
    assert found["PROPFIND"].name == "PROPFIND /board/{count}"
    assert found["POST"].name == "HTTP /board/{count}"
    assert one.telemetry.point("http.server.request.duration", http_request_method="PROPFIND")


def test_without_a_list_the_conventions_methods_are_known(pool):
    one = pool()

    for method, told in (("QUERY", "QUERY"), ("PROPFIND", "_OTHER")):
        span = ended(one, one.traced(method=method))[SERVER]
        assert span.attributes["http.request.method"] == told


def test_captured_headers_that_are_secret_are_there_without_their_value(pool):
    one = pool("--instrumentation_http_capture_headers_server_request=Cookie,X-Session-Key,X-Plain",
               "--instrumentation_http_capture_headers_server_response=Content-Type,X-Trace-Id",
               "--instrumentation_http_capture_headers_sanitize_fields=cookie,.*session.*,content")

    answer = one.traced(headers=SECRET)
    found = ended(one, answer)[SERVER].attributes

    assert {key: value for key, value in found.items() if ".header." in key} == {
        "http.request.header.cookie": ["[REDACTED]"],
        "http.request.header.x-session-key": ["[REDACTED]"],
        "http.request.header.x-plain": ["shown"],
        "http.response.header.content-type": ["[REDACTED]"],
        "http.response.header.x-trace-id": [answer.trace_id]}


def test_no_header_is_captured_that_is_not_asked_for(pool):
    one = pool()

    assert not any(".header." in key
                   for key in ended(one, one.traced(headers=SECRET))[SERVER].attributes)


# --- instrumentations and providers -------------------------------------------------------------

@pytest.mark.parametrize("names, kinds", [
    ("", {SERVER, CLIENT}), ("dbapi", {SERVER}), ("sqlite3,curl", {SERVER}), ("flask", set()),
    ("no-such,sqlalchemy", {SERVER}), ("*", set())])
def test_what_is_disabled_by_either_name_records_nothing(pool, names, kinds):
    one = pool("--disabled_instrumentations", names)

    answer = one.traced("/board/1")
    one.stop()

    # What the program says by itself has its span, whatever the hooks do.
    seen = {span.kind for span in one.telemetry.spans() if span.scope != "board"}
    assert seen == kinds
    assert answer.status == 200
    if "no-such" in names:
        assert "fcgi=flask" in one.text(), "a line says which there are"


def said(program):
    program.get("/x", headers={"traceparent": traceparent(new_trace_id())})
    program.settled()
    return {record.body for record in program.telemetry.logs()}


@pytest.mark.parametrize("options, stderr, syslog", [
    ((), False, False), (("--logging_auto_instrumentation_enabled=true",), True, True),
    (("--python_logging_auto_instrumentation_enabled=true",), True, True),
    (("--logging_auto_instrumentation_enabled=true", "--disabled_instrumentations=syslog"), True,
     False),
    (("--logging_auto_instrumentation_enabled=true", "--disabled_instrumentations=logging"), False,
     False)])
def test_lines_on_stderr_and_in_syslog_are_log_records_when_asked_for(pool, options, stderr,
                                                                      syslog):
    bodies = said(pool(*options, name="user", worker=compiled("messages"), has_database=False,
                       workers=1))

    assert ("perror line: No such file or directory" in bodies) == stderr
    assert ("syslog alert 1" in bodies) == syslog


@pytest.mark.parametrize("option, silent", [("tracer_provider", "traces"),
                                            ("meter_provider", "metrics")])
def test_a_provider_that_is_none_records_nothing_of_its_signal(pool, option, silent):
    one = pool(f"--{option}=noop")

    answer = one.traced("/board/1")

    assert one.telemetry.log_records(answer.trace_id)
    one.stop()
    assert bool(one.telemetry.spans()) == (silent != "traces")
    assert bool(one.telemetry.points()) == (silent != "metrics")


# --- the machine and the launcher ---------------------------------------------------------------

@pytest.mark.parametrize("options, is_there", [((), False), (("--c_host_metrics=true",), True)])
def test_the_machines_metrics_come_when_asked_for(pool, options, is_there):
    one = pool(*options)

    one.telemetry.point("process.cpu.time")
    one.stop()

    names = {point.name for point in one.telemetry.points()}
    assert ("system.cpu.time" in names) == is_there
    assert any(name.startswith("system.") for name in names) == is_there


def test_the_pools_name_is_in_its_resource(pool):
    one = pool("--c_pool=another")

    assert one.telemetry.point("process.cpu.time").resource["fcgi.pool"] == "another"


@pytest.mark.parametrize("level, warns, informs", [
    ("error", False, False), ("warn", True, False), ("info", True, True), ("debug", True, True)])
def test_the_launchers_messages_are_those_of_its_level_and_above(pools, sink, level, warns,
                                                                 informs):
    """A refusal is a warning, that the next one is taken again an information."""
    sink.status = 500
    one = pools("board_count", [f"--log_level={level}", f"--exporter_otlp_endpoint={sink.endpoint}"])
    one.get("/board/1")
    eventually(lambda: one.settled()["spans"]["failed"] > 0, what="refused spans")
    sink.status = 200
    one.get("/board/1")
    eventually(lambda: sink.spans() and sink.logs(), what="taken spans")
    one.stop()

    text = one.text()
    assert ("warning" in text) == warns
    assert ("taken again" in text) == informs
