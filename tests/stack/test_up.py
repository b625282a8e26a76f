"""make up: everything answers, and what one request leaves is found behind it."""

import os
import re
import socket

from containers import POOLS, SERVICES, Stack
from harness import http
from harness.telemetry import CLIENT, ERROR, SERVER
from harness.wait import eventually


def test_up_prints_the_addresses_that_answer(stack):
    addresses = re.findall(r"http://127\.0\.0\.1:(\d+)(/\S*)?", stack.output)

    # The board, Jaeger, Prometheus, Loki and the collector's page.
    assert len(addresses) == 5, stack.output
    for port, path in addresses:
        paths = {stack.port.loki: "/ready", stack.port.jaeger: "/api/services",
                 stack.port.prometheus_server: "/-/ready"}
        answer = http.request(int(port), paths.get(int(port), path or "/"))
        assert answer.status == 200, f"port {port}: {answer.status}"


def test_a_request_is_found_in_the_files_and_in_every_back_end(stack):
    answers = [stack.traced(path) for path in ("/board/3", "/board", "/log", "/user")]

    assert [answer.status for answer in answers] == [200, 200, 200, 500]
    stack.await_everywhere([answer.trace_id for answer in answers])
    # Jaeger has exactly the spans that the file has.
    for answer in answers:
        spans = stack.telemetry.spans(trace_id=answer.trace_id)
        assert stack.jaeger_spans(answer.trace_id) == {span.span_id for span in spans}
    kinds = [span.kind for span in stack.telemetry.spans(trace_id=answers[0].trace_id)]
    assert sorted(kinds) == [SERVER, CLIENT, CLIENT]
    failed = stack.telemetry.server_span(answers[3].trace_id)
    assert failed.status == ERROR
    # The exception came with its stack.
    lines = stack.loki(f'{{service_name="board"}} | trace_id="{answers[3].trace_id}"')
    assert any("get_user" in line.get("exception_stacktrace", "") and
               line["severity_text"] == "ERROR" for line in lines), lines
    # The series of each route is in Prometheus, and in the file.
    for pool, route in (("board", "/board"), ("board_count", "/board/{count}"), ("log", "/log"),
                        ("user", "/user")):
        series = f'http_server_request_duration_seconds_count{{fcgi_pool="{pool}",http_route="{route}"}}'
        eventually(lambda: stack.prometheus(series), 20, series)
        stack.telemetry.point("http.server.request.duration", pool)


def test_the_collector_takes_telemetry_of_others_over_http_and_grpc(stack):
    taken = http.request(stack.port.otlp_http, "/v1/traces", {"Content-Type": "application/json"},
                         "POST", body=b'{"resourceSpans":[]}')
    with socket.create_connection(("127.0.0.1", stack.port.otlp_grpc), 5) as grpc:
        grpc.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
        frame = grpc.recv(9)

    assert taken.status == 200
    assert frame[3] == 4, f"no SETTINGS frame of HTTP/2 but {frame!r}"


def test_each_pool_is_one_series_and_the_host_is_told_once(stack):
    eventually(lambda: len(stack.prometheus(
        'count by (fcgi_pool, instance) (http_server_request_duration_seconds_count)')) == len(POOLS),
        30, "a series per pool")
    hosts = eventually(lambda: stack.prometheus("count by (fcgi_pool) ({__name__=~'system_.*'})"),
                       20, "system.* metrics")

    assert [labels["fcgi_pool"] for labels, _ in hosts] == ["status"]


def test_the_traffic_source_asks_every_route_with_errors_in_known_share(stack):
    def last_round():
        # Not ours: the tests themselves send no user agent; nor the health check's.
        log = stack.ask_compose("logs", "--no-color", "--tail=600", "nginx").splitlines()
        lines = [line for line in log if '"user_agent":"curl' in line and "status.json" not in line]
        statuses = [re.search(r'"status":(\d+)', line)[1] for line in lines[-100:]]
        assert len(statuses) == 100, f"{len(statuses)} requests"
        assert (statuses.count("500"), statuses.count("404")) == (5, 5)
        return {re.search(r'"request":"GET (\S+)', line)[1] for line in lines[-100:]}
    paths = eventually(last_round, 60, "a round of a hundred requests")

    assert {"/", "/board", "/board/1", "/log", "/user"} <= paths


def test_the_files_belong_to_who_the_setting_says(stack):
    owner = int(re.search(r"^BOARD_UID=(\d+)$", stack.settings["ENV_FILE"].read_text(), re.M)[1])

    for signal in ("traces", "metrics", "logs"):
        path = stack.var / "telemetry" / f"{signal}.json"
        assert path.stat().st_uid == owner
        assert os.access(path, os.R_OK)


def test_every_part_is_fenced_in(stack):
    for service in SERVICES:
        container = stack.container(service)
        host = container["HostConfig"]
        assert container["Config"]["User"].split(":")[0] not in ("", "0"), service
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"], service
        assert "no-new-privileges" in host["SecurityOpt"][0], service
        assert host["Memory"] > 0 and host["LogConfig"]["Config"]["max-size"], service
        assert host["RestartPolicy"]["Name"] in ("unless-stopped", "on-failure"), service
        published = [binding["HostIp"] for bindings in (host["PortBindings"] or {}).values()
                     for binding in bindings]
        assert set(published) <= {"127.0.0.1"}, service
        assert container["State"]["OOMKilled"] is False, service


def test_up_says_in_one_line_which_port_is_taken(stack):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        second = Stack(stack.compose, LOKI_PORT=port)
        try:
            done = second.up()
        finally:
            second.discard()

    assert done.status != 0
    assert re.fullmatch(rf"board: port {port} is taken by .*LOKI_PORT=…\n", done.output)
