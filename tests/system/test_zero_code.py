"""The zero-code promise: Debian's fcgiwrap, a libfcgi program of others, unchanged under the
launcher behind a real nginx."""

import os
import shutil
import socket
import subprocess

import pytest

from harness import http, instance, processes, segment
from harness.paths import LAUNCHER, clean_environment, free_ports, tool
from harness.service import QUICK
from harness.telemetry import (ERROR, SERVER, UNSET, FileTelemetry, new_trace_id, traceparent)
from harness.wait import eventually

pytestmark = [
    pytest.mark.skipif(not LAUNCHER.exists(), reason="otel-instrument is not built"),
    pytest.mark.skipif(not shutil.which("fcgiwrap", path="/usr/sbin:/usr/bin"),
                       reason="fcgiwrap is not installed"),
]

SCRIPTS = {
    "hello": "printf 'Content-Type: text/plain\\n\\nhello %s\\n' \"$QUERY_STRING\"",
    "broken": "printf 'Status: 503 Not Now\\r\\nContent-Type: text/plain\\r\\n\\r\\nlater\\n'",
    "gone": "printf 'Status: 410 Gone\\nX-Kind: cgi\\n\\n'",
    "moved": "printf 'Location: http://127.0.0.1/elsewhere\\n\\n'",
    "echo": "printf 'Content-Type: text/plain\\n\\n'; cat",
    "long": "printf 'Content-Type: text/plain\\n\\n'; seq 1 20000",
    "preload": "printf 'Content-Type: text/plain\\n\\n%s' \"$LD_PRELOAD\"",
    "silent": ":",
}

NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    underscores_in_headers on;
    client_body_temp_path {folder}/body;
    fastcgi_temp_path {folder}/fastcgi;
    proxy_temp_path {folder}/proxy;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    server {{
        listen 127.0.0.1:{port};
        location ~ "^/(?<script>[a-z]+)(?:/(?<item>[0-9]+))?$" {{
            set $route /$script;
            if ($item) {{ set $route "/$script/{{item}}"; }}
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {folder}/cgi/$script;
            fastcgi_param OTEL_HTTP_ROUTE $route;
            fastcgi_pass unix:{folder}/sock;
        }}
        location = /unrouted {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {folder}/cgi/hello;
            fastcgi_pass unix:{folder}/sock;
        }}
    }}
}}
"""


class Wrapped:
    """nginx in front of fcgiwrap with two processes, with or without the launcher."""

    def __init__(self, is_observed):
        self._folder = instance.Folder("wrap")
        self.folder = self._folder.path
        (self.port,) = free_ports(1)
        self.telemetry = FileTelemetry(self.folder)
        self._processes = []
        (self.folder / "cgi").mkdir()
        for name, text in SCRIPTS.items():
            script = self.folder / "cgi" / name
            script.write_text(f"#!/bin/sh\n{text}\n")
            script.chmod(0o755)
        launcher = [LAUNCHER, "--traces_exporter", "otlp_file", "--metrics_exporter", "otlp_file",
                    "--logs_exporter", "otlp_file", "--c_file_dir", self.folder, "--c_segment",
                    self.folder / "segment", "--service_name", "wrapped", "--"]
        self._start("program", [*(launcher if is_observed else []), tool("spawn-fcgi"), "-n", "-s",
                                self.folder / "sock", "-M", "0666", "--", tool("fcgiwrap"), "-c",
                                "2"])
        (self.folder / "nginx.conf").write_text(NGINX.format(
            folder=self.folder, port=self.port, user="user root;" if os.geteuid() == 0 else ""))
        self._start("nginx", [tool("nginx"), "-p", self.folder, "-c", self.folder / "nginx.conf",
                              "-e", self.folder / "nginx.log"])
        try:
            eventually(self._answers, 10, "the first answer of fcgiwrap")
        except AssertionError:
            self.end()
            raise

    def _start(self, name, command):
        with open(self.folder / f"{name}.out", "wb") as output:
            self._processes.append(subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, cwd=self.folder, start_new_session=True,
                env=clean_environment(**QUICK)))

    def _answers(self):
        texts = "".join(text for _, text in instance.tails(self.folder))
        assert all(process.poll() is None for process in self._processes), texts
        return self.get("/hello").status == 200

    def get(self, target, headers=(), **how):
        return http.request(self.port, target, headers, **how)

    def raw(self, target, method="GET", body=b""):
        """The answer as it is on the wire, without the one line that time changes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"{method} {target} HTTP/1.0\r\nHost: here\r\nContent-Length: "
                               f"{len(body)}\r\n\r\n".encode() + body)
            lines = b"".join(iter(lambda: connection.recv(65536), b"")).split(b"\r\n")
        return [line for line in lines if not line.startswith(b"Date: ")]

    def end(self):
        self.telemetry.close()
        for process in self._processes:
            if process.poll() is None:
                process.terminate()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                processes.kill(process.pid)
                process.wait()
        for pid in processes.of_folder(self.folder):
            processes.kill(pid)
        self._folder.remove()


@pytest.fixture(scope="module")
def wrapped():
    one = Wrapped(is_observed=True)
    try:
        yield one
        segment.check_books(one.folder / "segment")
    finally:
        one.end()


@pytest.mark.parametrize("target, method, status, route, span_status", [
    ("/hello?x=1", "GET", 200, "/hello", UNSET),
    ("/hello/42", "GET", 200, "/hello/{item}", UNSET),
    ("/echo", "POST", 200, "/echo", UNSET),
    ("/hello", "HEAD", 200, "/hello", UNSET),
    ("/moved", "GET", 302, "/moved", UNSET),
    ("/gone", "GET", 410, "/gone", UNSET),
    ("/absent", "GET", 403, "/absent", UNSET),
    ("/broken", "GET", 503, "/broken", ERROR),
    ("/long", "GET", 200, "/long", UNSET),
    ("/unrouted", "GET", 200, None, UNSET)])
def test_a_request_is_a_server_span(wrapped, target, method, status, route, span_status):
    trace_id = new_trace_id()
    answer = wrapped.get(target, {"traceparent": traceparent(trace_id)}, method=method,
                         body=b"said" if method == "POST" else None)
    span = wrapped.telemetry.server_span(trace_id)

    assert answer.status == status
    assert span.name == (f"{method} {route}" if route else method)
    assert span.kind == SERVER
    assert span.parent_id == "00f067aa0ba902b7"
    assert span.status == span_status
    assert span.attributes["http.request.method"] == method
    assert span.attributes["http.response.status_code"] == status
    assert span.attributes.get("http.route") == route
    assert span.attributes["url.path"] == target.partition("?")[0]
    assert span.attributes["url.scheme"] == "http"
    assert span.resource["service.name"] == "wrapped"
    assert 0 < span.end - span.start < 10e9


def test_a_script_that_says_nothing_is_answered_by_nginx_and_is_an_error(wrapped):
    trace_id = new_trace_id()
    answer = wrapped.get("/silent", {"traceparent": traceparent(trace_id)})
    span = wrapped.telemetry.server_span(trace_id)

    assert answer.status == 502
    assert span.status == ERROR
    assert span.attributes["error.type"]


def test_a_doubled_traceparent_restarts_the_trace(wrapped):
    first, second = new_trace_id(), new_trace_id()
    mark = new_trace_id()
    wrapped.get(f"/hello?{mark}", [("traceparent", traceparent(first)),
                                   ("traceparent", traceparent(second))])
    (span,) = eventually(
        lambda: [span for span in wrapped.telemetry.spans(kind=SERVER)
                 if span.attributes.get("url.query") == mark], 10, "the span of the doubled one")

    assert span.trace_id not in (first, second)
    assert span.parent_id == ""


def test_durations_are_measured_by_route_and_status(wrapped):
    for _ in range(3):
        wrapped.get("/gone")
    point = eventually(
        lambda: [point for point in wrapped.telemetry.points(
            "http.server.request.duration", http_route="/gone")
                 if point.attributes["http.response.status_code"] == 410 and point.count >= 3],
        10, "three durations of /gone")[-1]

    assert point.unit == "s"
    assert point.attributes["http.request.method"] == "GET"


def test_scripts_find_no_trace_of_the_library_in_their_environment(wrapped):
    assert wrapped.get("/preload").text == ""


def test_answers_are_the_same_byte_for_byte_without_the_launcher(wrapped):
    def answers(one):
        return [one.raw(f"/{name}?a=b") for name in SCRIPTS] + [
            one.raw("/absent"), one.raw("/hello", "HEAD"), one.raw("/echo", "POST", b"x" * 100_000)]

    plain = Wrapped(is_observed=False)
    try:
        without = answers(plain)
    finally:
        plain.end()

    assert answers(wrapped) == without
