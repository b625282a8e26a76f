"""The hook on libcurl: a program that calls another server carries its trace there."""

import socket
import threading

import pytest

from harness.compiled import compiled
from harness.hooked import HOOKS, Hooked
from harness.telemetry import CLIENT, ERROR, SERVER, UNSET, new_trace_id, traceparent

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
