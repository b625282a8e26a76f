"""Clients that mean harm: what they send stays data, and what they hold stays theirs."""

import http.client
import json
import socket
import time

import pytest

from harness.wait import eventually

TRICKLERS = 40
NAMES = 2000  # different header names, in requests of 50
ODD_METHODS = 60


def raw(service, request):
    """The status line's bytes of an answer to bytes that no library would send."""
    with socket.create_connection(("127.0.0.1", service.ports.http), 5) as client:
        client.sendall(request)
        return client.recv(4096).split(b"\r\n")[0]


@pytest.mark.parametrize("poison", ["%0a%7b%22status%22:200%7d", "%1b%5b31mred", "%0d%0aSet-Cookie:%20a=b",
                                    "%3cscript%3ealert(1)%3c/script%3e", "%e2%80%ae"])
def test_no_line_of_a_log_is_made_by_a_client(service, poison):
    answer = service.traced(f"/poison{poison}")

    line = eventually(lambda: [line for line in service.access_log() if answer.trace_id in line],
                      what="the line of the access log")[-1]
    span = service.telemetry.server_span(answer.trace_id)

    assert answer.status == 404 and "Set-Cookie" not in answer.headers
    assert json.loads(line)["status"] == 404
    for log in (service.var / "log").glob("*.log"):
        assert not any(byte < 0x20 and byte not in b"\n\t" for byte in log.read_bytes()), log
    assert span.attributes["url.path"].startswith("/poison"), "an attribute, whole and as data"


def test_header_names_become_no_keys(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.ports.http, timeout=10)
    for first in range(0, NAMES, 50):
        connection.request("GET", "/board/1", headers={f"X-Flood-{first + i}": "x" for i in range(50)})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()
    probe = service.traced("/board/1", {"X-Flood-1": "x", "custom_request_header": "mine"})

    span = service.telemetry.server_span(probe.trace_id)

    assert span.attributes["http.request.header.custom_request_header"] == ["mine"]
    assert not [key for key in span.attributes if "flood" in key.lower()]


def test_methods_and_paths_make_no_streams_of_their_own(service):
    for number in range(ODD_METHODS):
        method = b"ODD" + bytes([65 + number % 26, 65 + number // 26])
        assert b" 405 " in raw(service, method + b" /board HTTP/1.0\r\n\r\n")
        service.get(f"/nowhere/{number}")
    probe = service.traced("/board/1")
    service.telemetry.server_span(probe.trace_id)

    def streams():
        points = service.telemetry.points("http.server.request.duration")
        others = {json.dumps(point.attributes, sort_keys=True) for point in points
                  if point.attributes["http.request.method"] == "_OTHER"}
        assert others
        return points
    for point in eventually(streams, what="the streams of odd methods"):
        assert not point.attributes["http.request.method"].startswith("ODD")
        assert "nowhere" not in json.dumps(point.attributes)


def test_clients_that_trickle_hold_nobody_up(service):
    tricklers = [socket.create_connection(("127.0.0.1", service.ports.http), 5) for _ in range(TRICKLERS)]
    try:
        slowest = 0.0
        for byte in b"GET /board/1 HTTP/1.1\r\nHost: a\r\nX-Slow: ":
            for trickler in tricklers:
                trickler.sendall(bytes([byte]))
            began = time.monotonic()
            assert service.get("/board/1").status == 200
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 2, "the pools never saw one of them"
    finally:
        for trickler in tricklers:
            trickler.close()


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET /board/1 HTTP/1.1\r\n\r\n", b"400"),
    (b"GET /board/1\x00 HTTP/1.0\r\n\r\n", b"400"),
    (b"GET /../../etc/passwd HTTP/1.0\r\n\r\n", b"400"),
    (b"GET /board/1 HTTP/9.9\r\n\r\n", b"505"),
    (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
    (b"POST /board HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
     b"400")])
def test_what_is_no_request_is_refused(service, request_bytes, status):
    assert status in raw(service, request_bytes)
    assert service.get("/board/1").status == 200
