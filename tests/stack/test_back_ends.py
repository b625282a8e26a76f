"""make back-ends: the back ends without containers, beside a service that runs."""

import signal
import subprocess

import pytest

from containers import GET_PROGRAM, POOLS, Questions
from harness.paths import CONTROL, ROOT, clean_environment, free_ports
from harness.wait import eventually

PORTS = ("JAEGER_PORT", "JAEGER_OTLP_PORT", "PROMETHEUS_SERVER_PORT", "LOKI_PORT", "LOKI_GRPC_PORT")
START_LIMIT_S = 90


@pytest.fixture
def beside(services):
    """A service, and the back ends beside it in the foreground."""
    for name in ("jaeger", "loki", "prometheus"):
        done = subprocess.run([GET_PROGRAM, name], stdout=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            pytest.skip(f"{name} cannot be had here")
    service = services(**dict(zip(PORTS, free_ports(len(PORTS)))))
    output = service.var.parent / "back_ends.log"
    with open(output, "wb") as log:
        control = subprocess.Popen([CONTROL, "back-ends"], cwd=ROOT, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT,
                                   env=clean_environment(**service.settings))
    try:
        def is_up():
            assert control.poll() is None, output.read_text()
            return "Ctrl-C stops them" in output.read_text()
        eventually(is_up, START_LIMIT_S, "the back ends")
        yield service, control
    finally:
        control.terminate()
        control.wait(20)


def test_a_request_is_found_in_every_back_end_and_a_stop_ends_them(beside):
    service, control = beside
    questions = Questions(service.settings, service.telemetry)
    answers = [service.traced(path) for path in ("/board/3", "/log", "/user")]

    questions.await_everywhere([answer.trace_id for answer in answers])
    eventually(lambda: len(questions.prometheus(
        "count by (fcgi_pool) (http_server_request_duration_seconds_count)")) >= 3, 30,
        "the pools' series")
    control.send_signal(signal.SIGTERM)
    control.wait(20)

    # The service goes on without them, and what it is asked reaches the files.
    assert service.telemetry.server_span(service.traced("/board").trace_id)
    ours = [word for pid in service.processes() for word in command(pid)]
    assert not any("jaeger" in word or "loki" in word for word in ours), ours
    assert all(service.get(path).status in (200, 500) for path in POOLS.values())


def command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return file.read().split("\0")
    except OSError:
        return []


def test_a_stop_of_the_service_ends_them_too(beside):
    service, control = beside

    assert service.stop().status == 0
    assert control.wait(20) == 0
    assert not service.processes()
