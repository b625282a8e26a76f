"""The collector that the service starts: its own ports, and what it does beside the files."""

import pytest

from harness import http
from harness.wait import eventually


@pytest.fixture
def collector(service):
    try:
        http.request(service.ports.health, "/")
    except OSError:
        pytest.skip("no collector could be had: the launchers write the files themselves")
    return service


def test_it_says_that_it_is_well(collector):
    assert http.request(collector.ports.health, "/").status == 200


def test_the_metrics_are_on_its_page(collector):
    collector.get("/board/1")

    def page():
        text = http.request(collector.ports.prometheus, "/metrics").text
        assert 'http_server_request_duration_seconds_count{' in text
        assert 'http_route="/board/{count}"' in text
        return True
    eventually(page, what="the metrics page")


def test_all_its_ports_are_on_loopback_alone(collector):
    """/proc/net/tcp: local address in hexadecimal, state 0A is LISTEN."""
    ports = {getattr(collector.ports, name): name for name in
             ("http", "otlp_grpc", "otlp_http", "prometheus", "health")}
    seen = {}
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(file, encoding="ascii") as lines:
            for line in list(lines)[1:]:
                _, local, _, state = line.split()[:4]
                address, _, port = local.rpartition(":")
                if state == "0A" and int(port, 16) in ports:
                    seen[ports[int(port, 16)]] = address

    assert set(seen) == set(ports.values())
    assert set(seen.values()) == {"0100007F"}, seen
