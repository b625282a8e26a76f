"""The hook on libcurl: a program that calls another server carries its trace there."""

import socket
import threading

import pytest

from harness.compiled import compiled
from harness.hooked import HOOKS, Hooked
from harness.telemetry import CLIENT, ERROR, SERVER, UNSET, new_trace_id, traceparent
from harness.wait import eventually

pytestmark = pytest.mark.skipif(not HOOKS.exists(), reason="libotel_hooks.so is not built")


class Called:
    """A server that keeps the bytes of each request; one answer for all."""

    def __init__(self, status=200):
        self.requests = []
        self._answer = b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                bytes_read = b""
                while b"\r\n\r\n" not in bytes_read and (piece := connection.recv(65536)):
                    bytes_read += piece
                self.requests.append(bytes_read)
                connection.sendall(self._answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def caller(port, environment=None, **how):
    url = f"http://me:secret@127.0.0.1:{port}/there?a=1&sig=hidden"
    return Hooked(compiled("caller"), environment={"CALLER_URL": url, **(environment or {})}, **how)


def header(request, name):
    return [line.split(": ", 1)[1] for line in request.decode().split("\r\n")
            if line.lower().startswith(name + ": ")]


@pytest.mark.parametrize("query", ["", "multi"])
def test_the_trace_goes_on_and_the_list_is_the_same(query):
    trace_id = new_trace_id()
    with Called() as called, caller(called.port) as program:
        for _ in range(2):
            answer = program.get(f"/x?{query}", headers={"traceparent": traceparent(trace_id)})
            assert answer.body == b"0 200 same\n"
        spans = program.spans(CLIENT, 2)
        servers = program.spans(SERVER, 2)

    assert [header(request, "traceparent") for request in called.requests] == \
        [[f"00-{trace_id}-{span['span']}-01"] for span in spans]
    assert [header(request, "x-own") for request in called.requests] == [["kept"]] * 2
    for span, server in zip(spans, servers):
        assert (span["trace"], span["parent"]) == (trace_id, server["span"])
        assert (span["name"], span["http.request.method"], span["status"]) == ("GET", "GET", UNSET)
        assert (span["server.address"], span["server.port"]) == ("127.0.0.1", called.port)
        assert span["http.response.status_code"] == 200
        assert span["url.full"] == (f"http://REDACTED:REDACTED@127.0.0.1:{called.port}"
                                    "/there?a=1&sig=REDACTED")


@pytest.mark.parametrize("query", ["", "multi"])
def test_a_status_of_404_is_an_error(query):
    with Called(404) as called, caller(called.port) as program:
        program.get(f"/x?{query}")
        (span,) = program.spans(CLIENT)

    assert (span["status"], span["error.type"]) == (ERROR, "404")


@pytest.mark.parametrize("query", ["", "multi"])
def test_a_refused_connection_is_an_error(query):
    with socket.socket() as bound:  # not listening
        bound.bind(("127.0.0.1", 0))
        with caller(bound.getsockname()[1]) as program:
            program.get(f"/x?{query}")
            (span,) = program.spans(CLIENT)

    assert (span["status"], span["error.type"]) == (ERROR, "CURLE_COULDNT_CONNECT")
    assert "http.response.status_code" not in span


@pytest.mark.parametrize("query", ["", "multi"])
def test_without_a_launcher_the_same_bytes_are_sent(query):
    with Called() as called:
        for how in ({"segment": None}, {"is_preloaded": False}):
            with caller(called.port, **how) as program:
                assert program.get(f"/x?{query}").body == b"0 200 same\n"

    assert called.requests[0] == called.requests[1]


@pytest.mark.parametrize("query", ["", "multi"])
def test_disabled_it_records_and_sends_nothing(query):
    with Called() as called, caller(called.port, segment=["curl-disabled"]) as program:
        program.get(f"/x?{query}")
        program.spans(SERVER)
        assert not program.records("span", kind=CLIENT)

    assert not header(called.requests[0], "traceparent")


def test_a_program_that_passes_its_own_trace_on_is_left_alone():
    own = traceparent(new_trace_id())
    with Called() as called, caller(called.port, {"CALLER_HEADER": f"traceparent: {own}"}) as program:
        program.get("/x", headers={"traceparent": traceparent(new_trace_id())})
        (span,) = program.spans(CLIENT)

    assert header(called.requests[0], "traceparent") == [own]
    assert span["http.response.status_code"] == 200, "its transfers are spans all the same"


# --- many handles -------------------------------------------------------------------------------

def asked(query, trace_id):
    """What a program with many handles sent, and its CLIENT spans by their ids."""
    with Called() as called, Hooked(compiled("caller_handles"), environment={
            "CALLER_URL": f"http://127.0.0.1:{called.port}/"}) as program:
        answer = program.get(f"/x?{query}", 30, headers={"traceparent": traceparent(trace_id)})
        (server,) = program.spans(SERVER)
        spans = {span["span"]: span for span in program.records("span", kind=CLIENT)}
    assert answer.body == b"0 failed, 0 changed\n"
    assert all(span["parent"] == server["span"] for span in spans.values())
    return called.requests, spans


def carried(request):
    """The span that a request names: one, or none."""
    found = header(request, "traceparent")
    assert len(found) <= 1, found
    return found[0].split("-")[2] if found else None


@pytest.mark.parametrize("query, own", [
    ("dup", ["1", "1", "1"]), ("dup-running", ["1", "1", "1"]), ("reset", ["1", None]),
    ("two", ["1", "2"])])
def test_each_transfer_of_each_handle_carries_its_own_span_and_the_handles_headers(query, own):
    requests, spans = asked(query, new_trace_id())

    assert sorted(carried(request) for request in requests) == sorted(spans)
    assert len(spans) == len(own)
    assert sorted((header(request, "x-own") or [""])[0] for request in requests) == \
        sorted(one or "" for one in own)
    assert all(len(header(request, "x-own")) <= 1 for request in requests)


def test_handles_beyond_those_it_keeps_are_left_alone_and_a_place_that_is_free_is_used_again():
    requests, spans = asked("many", new_trace_id())

    assert [header(request, "x-own") for request in requests] == [[str(i)] for i in range(301)]
    named = [carried(request) for request in requests]
    assert sorted(filter(None, named)) == sorted(spans)
    assert [bool(name) for name in named] == [True] * 256 + [False] * 44 + [True]


# --- with a launcher ----------------------------------------------------------------------------

def calling(pools, url, **environment):
    return pools("user", worker=compiled("caller"), has_database=False, workers=1, environment={
        "CALLER_URL": url, "OTEL_TRACES_EXPORTER": "otlp_file", "OTEL_LOGS_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "otlp_file", **environment})


@pytest.mark.parametrize("query", ["", "multi"])
def test_each_call_is_measured(pools, query):
    with Called(404) as called:
        pool = calling(pools, f"http://127.0.0.1:{called.port}/there")
        before = len(called.requests)  # the pool's start asks, too
        for _ in range(3):
            pool.get(f"/x?{query}")
        expected = {"http.request.method": "GET", "server.address": "127.0.0.1",
                    "server.port": called.port, "http.response.status_code": 404,
                    "error.type": "404"}

        point = eventually(lambda: [
            point for point in pool.telemetry.points("http.client.request.duration")
            if point.count == before + 3], what="the calls")[-1]

    assert (point.unit, point.kind, point.attributes) == ("s", "histogram", expected)
    assert 0 < point.sum < 10
    assert point.bounds[0] == 0.005


def test_a_call_that_reaches_nobody_is_measured_with_its_reason(pools):
    with socket.socket() as bound:  # not listening
        bound.bind(("127.0.0.1", 0))
        pool = calling(pools, f"http://127.0.0.1:{bound.getsockname()[1]}/")
        pool.get("/x")

        point = pool.telemetry.point("http.client.request.duration")

    assert point.attributes["error.type"] == "CURLE_COULDNT_CONNECT"
    assert "http.response.status_code" not in point.attributes


@pytest.mark.parametrize("query", ["", "multi"])
def test_two_programs_are_one_trace(pools, service, query):
    """A program of others calls the board, through nginx."""
    pool = calling(pools, f"{service.url}/board/1")

    answer = pool.traced(f"/x?{query}")

    assert answer.body == b"0 200 same\n"
    client, = eventually(lambda: pool.telemetry.spans(trace_id=answer.trace_id, kind=CLIENT),
                         what="the calling program's span")
    server = service.telemetry.server_span(answer.trace_id)
    assert client.parent_id == pool.telemetry.server_span(answer.trace_id).span_id
    assert server.parent_id == client.span_id
    assert server.resource["fcgi.pool"] == "board_count"
    assert client.start < server.start < client.end
    assert {span.parent_id for span in service.telemetry.trace(answer.trace_id, 3)
            if span.kind == CLIENT} == {server.span_id}


def test_what_the_launcher_sends_by_libcurl_makes_no_span(pools, sink):
    with Called() as called:
        url = f"http://127.0.0.1:{called.port}/there"
        pool = calling(pools, url, OTEL_TRACES_EXPORTER="otlp", OTEL_METRICS_EXPORTER="otlp",
                       OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint)
        ids = [pool.traced("/x").trace_id for _ in range(3)]
        for trace_id in ids:
            sink.server_span(trace_id)
        pool.settled()

        sink.point("http.client.request.duration")

    assert sink.requests, "it sends by HTTP"
    assert {span.attributes["url.full"] for span in sink.spans(kind=CLIENT)} == {url}
    assert {point.attributes["server.port"] for point in
            sink.points("http.client.request.duration")} == {called.port}
