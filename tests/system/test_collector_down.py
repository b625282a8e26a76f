"""The receiver is away, slow, or refuses: requests do not notice, and nothing is lost silently."""

import collections
import threading

import pytest

from harness import fastcgi, processes
from harness.load import Clients
from harness.paths import free_ports
from harness.sink import Sink
from harness.telemetry import SERVER
from harness.wait import eventually

REQUESTS = 60
SLOW_S = 0.5  # a request that took longer has waited for somebody
STOP_S = 3.0
DRAIN_S = 1.2  # so long a kept connection holds its worker


def pool_at(pools, endpoint, **environment):
    return pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_METRIC_EXPORT_INTERVAL": 300,
        **environment})


def ask(pool, count=REQUESTS):
    """Asks and expects every answer, soon."""
    statuses = collections.Counter(pool.get("/board/1").status for _ in range(count))
    assert statuses == {200: count}


def ids(telemetry):
    return [(span.trace_id, span.span_id) for span in telemetry.spans()]


def assert_all_arrived(pool, telemetry):
    """Every span that ended has arrived, once."""
    segment = pool.settled(30)
    assert segment["spans"]["exported"] == segment["spans"]["ended"]
    assert segment["logs"]["exported"] == segment["logs"]["ended"]
    arrived = ids(telemetry)
    assert len(arrived) == len(set(arrived)) == segment["spans"]["ended"]


def test_nobody_listens_and_later_somebody_does(pools):
    port, = free_ports(1)
    pool = pool_at(pools, f"http://127.0.0.1:{port}")

    ask(pool)
    held = eventually(lambda: (books := pool.segment()["spans"])["queued"] >= 3 * REQUESTS
                      and books, what="spans that wait")
    assert held["exported"] == 0

    with Sink(port) as sink:
        eventually(lambda: len(sink.spans(kind=SERVER)) >= REQUESTS, 20, "what waited")
        assert_all_arrived(pool, sink)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_refusal_for_now_is_tried_again_and_nothing_is_lost(pools, sink, status):
    sink.status = status
    pool = pool_at(pools, sink.endpoint)

    ask(pool)
    eventually(lambda: any(path.endswith("/v1/traces") for path, _, _ in sink.requests),
               what="a refused batch")
    sink.status = 200

    eventually(lambda: len(sink.spans(kind=SERVER)) >= REQUESTS, 20, "what was refused")
    assert_all_arrived(pool, sink)


@pytest.mark.parametrize("status", [400, 413, 500])
def test_a_refusal_for_good_is_counted_and_not_repeated(pools, sink, status):
    sink.status = status
    pool = pool_at(pools, sink.endpoint)

    ask(pool)

    books = eventually(
        lambda: (found := pool.settled())["spans"]["failed"] > 0 and found,
        what="refused spans")["spans"]
    assert books["failed"] == books["ended"] >= 3 * REQUESTS
    assert books["exported"] == 0


def test_retry_after_is_honoured(pools, sink):
    sink.status, sink.retry_after = 503, 2
    pool = pool_at(pools, sink.endpoint, OTEL_METRICS_EXPORTER="none", OTEL_LOGS_EXPORTER="none")
    pool.get("/board/1")
    eventually(lambda: sink.requests, what="the first refusal")

    answered = len(sink.requests)
    pool.check_books()
    assert len(sink.requests) == answered, "asked again before the time was over"
    sink.status = 200

    eventually(lambda: sink.spans(kind=SERVER), 10, "the batch that waited")


def test_a_slow_receiver_does_not_slow_a_request(pools, sink):
    sink.delay_s = 1.0
    pool = pool_at(pools, sink.endpoint)

    with Clients(lambda: pool.get("/board/1"), count=4) as clients:
        eventually(lambda: clients.answers() > 1000 or len(sink.requests) >= 3, 20, "load")

    assert set(clients.statuses) == {200}
    assert clients.slowest_s < SLOW_S
    sink.delay_s = 0.0
    pool.settled(30)


def test_a_silent_receiver_does_not_hold_a_stop(pools, sink):
    sink.is_silent = True
    pool = pool_at(pools, sink.endpoint)
    ask(pool)
    pool.check_books()

    done = pool.stop()

    assert done.seconds < STOP_S
    assert pool.processes() == []


def test_a_pool_that_drains_slowly_leaves_a_silent_receiver_less_time(pools, sink):
    sink.is_silent = True
    pool = pool_at(pools, sink.endpoint)
    with fastcgi.Connection(pool.socket) as kept:
        kept.send(fastcgi.message(fastcgi.params_of("/board/1"), is_kept=True))
        assert kept.answer().status == 200
        pool.check_books()
        let_go = threading.Timer(DRAIN_S, kept.close)
        let_go.start()

        done = pool.stop()

    let_go.join()
    assert DRAIN_S <= done.seconds < DRAIN_S + 1.2  # and not the 1.8 s of a whole stop again
    assert pool.processes() == []


def test_a_full_queue_gives_up_the_oldest_and_counts(pools, sink):
    sink.status = 503
    pool = pool_at(pools, sink.endpoint, OTEL_BSP_MAX_QUEUE_SIZE=32,
                   OTEL_BSP_MAX_EXPORT_BATCH_SIZE=16)
    with Clients(lambda: pool.get("/board/1"), count=8) as clients:
        eventually(lambda: clients.answers() > 3000, 60, "more spans than queue and rings hold")

    assert set(clients.statuses) == {200}
    sink.status = 200
    books = pool.settled(30)["spans"]
    assert books["ended"] >= 3 * clients.answers()
    assert books["exported"] + books["dropped"] + books["failed"] == books["ended"]
    assert books["dropped"] + books["failed"] > 0
    arrived = ids(sink)
    assert len(set(arrived)) == len(arrived) == books["exported"]


def test_metrics_go_on_counting_over_an_outage(pools, sink):
    pool = pool_at(pools, sink.endpoint)
    ask(pool, 5)
    before = sink.point("http.server.request.duration", http_response_status_code=200)
    sink.status = 503
    ask(pool, 5)
    sink.status = 200

    def probe():
        point = sink.point("http.server.request.duration", http_response_status_code=200)
        assert point.start == before.start
        return point.count >= 10
    eventually(probe, 20, "a point that counts all")


def test_a_collector_that_ends_takes_no_request_with_it(services):
    service = services(rows=50)
    collector = next((pid for pid in service.processes()
                      if "otelcol" in processes.executable(pid)), None)
    if collector is None:
        pytest.skip("no collector could be had: the launchers write the files themselves")
    service.traced("/board/1")

    with Clients(lambda: service.get("/board/1"), count=2, pause_s=0.01) as clients:
        processes.kill(collector)
        processes.wait_gone(collector)
        eventually(lambda: clients.answers() > 100, what="answers without a collector")

    assert set(clients.statuses) == {200}
