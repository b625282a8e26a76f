"""Parts are restarted, stopped and killed while requests arrive; with one compose."""

import time

import pytest

from containers import POOLS, SERVICES
from harness.load import Clients
from harness.wait import eventually, for_a_while

pytestmark = pytest.mark.one_compose
AWAY_S = 30
COUNT = "http_server_request_duration_seconds_count"


class Watch:
    """One client per route, each request under a trace id of its own, each answer noted with when."""

    def __init__(self, stack, paths, pause_s=0.02):
        self.answers = []
        self._stack = stack
        self._clients = [Clients(lambda path=path: self._send(path), count=1, pause_s=pause_s)
                         for path in paths]

    def _send(self, path):
        status, trace_id = "no answer", ""
        try:
            answer = self._stack.traced(path)
            status, trace_id = answer.status, answer.trace_id
            return answer
        finally:
            self.answers.append((time.monotonic(), path, status, trace_id))

    def statuses(self, path):
        return {status for _, asked, status, _ in list(self.answers) if asked == path}

    def __enter__(self):
        for clients in self._clients:
            clients.__enter__()
        return self

    def __exit__(self, *error):
        for clients in self._clients:
            clients.__exit__(*error)


def series_of(stack, pool):
    """Identities of the pool's stream of requests, and how many they count."""
    found = stack.prometheus(f'{COUNT}{{fcgi_pool="{pool}",http_response_status_code="200"}}')
    return {tuple(sorted(labels.items())) for labels, _ in found}, sum(count for _, count in found)


def test_restart_of_a_pool_is_503_on_its_route_alone_and_back_within_5_s(stack):
    paths = ["/board", "/board/1", "/log", "/status.json"]
    before = eventually(lambda: (found := series_of(stack, "board")) and found[0] and found, 30,
                        "the pool's series")

    with Watch(stack, paths) as watch:
        eventually(lambda: watch.statuses("/board") == {200}, 10, "requests under way")
        stack.ask_compose("restart", "board")
        asked = time.monotonic()
        eventually(lambda: any(when > asked and path == "/board" and status == 200
                               for when, path, status, _ in list(watch.answers)), 5, "/board again")
        for_a_while(lambda: None, 3)

    assert watch.statuses("/board") <= {200, 503}
    away = [when for when, path, status, _ in watch.answers if status == 503]
    assert not away or max(away) - min(away) < 5
    for path in paths[1:]:
        assert watch.statuses(path) == {200}, path
    # The series goes on: the same labels, and it grows, if from zero again.
    seen = [series_of(stack, "board")]
    eventually(lambda: seen.append(series_of(stack, "board")) or seen[-1][1] > seen[-2][1], 30,
               "the series of /board grows")
    assert seen[-1][0] == before[0]
    # What both the old and the new launcher ended is in the files.
    good = [trace_id for _, path, status, trace_id in watch.answers
            if path == "/board" and status == 200]
    eventually(lambda: {span.trace_id for span in stack.telemetry.spans(kind=2)} >= set(good), 20,
               f"the {len(good)} traces of /board")


def test_hangup_replaces_workers_and_loses_nothing(stack):
    pools = ["board", "board_count", "log", "status"]

    with Watch(stack, ["/board", "/board/2", "/log", "/nowhere"], pause_s=0.005) as watch:
        for pool in pools:
            stack.ask_compose("kill", "-s", "HUP", pool)
        for pool in pools:
            eventually(lambda: "workers are replaced" in
                       stack.ask_compose("logs", "--no-color", "--tail=20", pool), 30,
                       f"new workers of {pool}")

    assert {status for _, path, status, _ in watch.answers if path != "/nowhere"} == {200}
    assert watch.statuses("/nowhere") == {404}
    sent = {trace_id for _, _, _, trace_id in watch.answers}
    assert len(sent) > 100
    eventually(lambda: {span.trace_id for span in stack.telemetry.spans(kind=2)} >= sent, 30,
               f"all of {len(sent)} traces")


def send_while_away(stack, since):
    """A request a second to three routes until the time is over; their trace ids."""
    traces = []
    while time.monotonic() < since + AWAY_S:
        for path in ("/board", "/board/1", "/user"):
            traces.append(stack.traced(path).trace_id)
        eventually(lambda seconds=time.monotonic() + 1: time.monotonic() >= seconds, 5)
    return traces


def test_the_collector_away_for_30_s_loses_nothing(stack):
    stack.ask_compose("stop", "collector")
    try:
        traces = send_while_away(stack, time.monotonic())
    finally:
        stack.ask_compose("start", "collector")

    stack.await_everywhere(traces, 90)


def test_jaeger_and_loki_away_for_30_s_and_a_restart_of_the_collector_lose_nothing(stack):
    stack.ask_compose("stop", "jaeger", "loki")
    since = time.monotonic()
    try:
        traces = [stack.traced(path).trace_id for path in ("/board", "/board/1", "/user")]
        # They wait on disk: the collector has them when it is another process.
        for trace_id in traces:
            stack.telemetry.log_records(trace_id)
        stack.ask_compose("restart", "collector")
        traces += send_while_away(stack, since)
    finally:
        stack.ask_compose("start", "jaeger", "loki")

    stack.await_everywhere(traces, 120)


@pytest.mark.parametrize("service", SERVICES)
def test_the_others_serve_on_when_one_is_killed(stack, service):
    stack.ask_compose("kill", service)
    try:
        assert not stack.is_running(service)
        for pool, path in POOLS.items():
            if pool == service:
                if pool != "status":
                    assert stack.get(path).status == 503
            elif service == "nginx":
                assert stack.pool_answers(pool)
            else:
                assert stack.get(path).status == (500 if pool == "user" else 200), path
        assert all(stack.is_running(other) for other in SERVICES if other != service)
    finally:
        stack.ask_compose("start", service)

    stack.await_ready(service)
