"""The receiver is away for a time, or whenever the pool is told to stop; the pool was stopped itself."""

import signal
import time

from harness import processes
from harness.load import Clients, together
from harness.paths import free_ports
from harness.sink import Sink
from harness.wait import eventually, for_a_while
from torture import row, span_ids

SPANS_A_SECOND = 500
SPANS_A_REQUEST = 3
QUEUE = 16384
BACK_S = 10
PAUSE_S = SPANS_A_REQUEST / SPANS_A_SECOND


def observed(run, port, **environment):
    return run.pool(environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_BSP_MAX_QUEUE_SIZE": QUEUE, "OTEL_BLRP_MAX_QUEUE_SIZE": QUEUE, **environment})


def account(run, pool, sink, clients, rows_before, settle_s=10):
    """The three sums of a pool whose receiver is a sink."""
    segment = pool.settled(settle_s)
    run.lost("answers broken", clients.answers() - clients.statuses[200])
    run.sum_rows(pool.log_rows() - rows_before, clients.statuses[200], 0)
    run.sum_books(segment["spans"], span_ids(sink))
    for name in ("spans", "logs"):
        books = segment[name]
        run.lost(f"{name} given up", books["failed"] + books["dropped"])
    return segment


def paced(send, interval_s):
    """For one client: a request each interval, those it was late for at once."""
    due = time.monotonic()

    def at_its_time():
        nonlocal due
        due += interval_s
        time.sleep(max(0.0, due - time.monotonic()))
        return send()
    return at_its_time


def away(run, pool_options=None):
    """Load while nobody listens, then a receiver: how long until all is there."""
    port, = free_ports(1)
    pool = observed(run, port, **(pool_options or {}))
    rows = pool.log_rows()
    with Clients(paced(lambda: pool.get("/board/1"), PAUSE_S), count=1) as clients:
        for_a_while(lambda: None, run.seconds)
        waits = pool.segment()["spans"]
        run.holds("nothing has left while nobody listens", waits["exported"] == 0, waits["exported"])
    run.did("spans in the time when nobody listened", clients.statuses[200] * SPANS_A_REQUEST)
    sink = run.started(Sink(port))
    start = time.monotonic()
    ended = pool.segment()["spans"]["ended"]
    eventually(lambda: len(set(span_ids(sink))) >= ended and pool.settled(0.1), 60, "what waited")
    taken = time.monotonic() - start
    run.holds(f"all there within {BACK_S} s", taken <= BACK_S, f"{taken:.1f} s")
    account(run, pool, sink, clients, rows)


@row("T7", f"the receiver is away, at up to {SPANS_A_SECOND} spans/s, then back", full_s=30, short_s=3)
def receiver_away(run):
    away(run)


@row("F14", "the receiver starts long after the pool", full_s=180, short_s=2)
def receiver_late(run):
    away(run, {"OTEL_BSP_MAX_QUEUE_SIZE": 262144, "OTEL_BLRP_MAX_QUEUE_SIZE": 262144})


def stop_with(run, name, at_most_s, prepare):
    """A pool with a full second of spans in its queue is told to stop."""
    sink = run.sink() if name != "dead" else None
    port = sink.port if sink else free_ports(1)[0]
    pool = observed(run, port, OTEL_BSP_SCHEDULE_DELAY=5000, OTEL_BLRP_SCHEDULE_DELAY=5000,
                    OTEL_METRIC_EXPORT_INTERVAL=60000)
    if prepare:
        prepare(sink)
    requests = 60 if run.is_short else 200
    for _ in range(requests):
        assert pool.get("/board/1").status == 200
    stopped = pool.stop(10)
    run.did(f"stopped with a {name} receiver", 1)
    run.holds(f"{name}: away within {at_most_s} s", stopped.seconds <= at_most_s,
              f"{stopped.seconds:.2f} s, status {stopped.status}")
    if name == "healthy":
        spans = len(set(span_ids(sink)))
        run.holds("healthy: the rest of the queue was sent", spans >= SPANS_A_REQUEST * requests,
                  f"{spans} spans of {requests} requests")


@row("T9", "the pool is told to stop with spans in its queue", full_s=10, short_s=3)
def stop(run):
    stop_with(run, "healthy", 1, None)
    stop_with(run, "dead", 2, None)
    stop_with(run, "hanging", 2, lambda sink: setattr(sink, "is_silent", True))


@row("F11", "64 connections at once on a pool that was stopped for a second", full_s=30, short_s=2)
def backlog(run):
    service = run.service(rows=200)
    rows, statuses, turns = service.log_rows(), [], 1 if run.is_short else 10
    for _ in range(turns):
        workers = service.wait_workers("board_count")
        for pid in workers:
            processes.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        try:
            answers = together([lambda: service.get("/board/1", timeout=20)] * 64 +
                               [lambda: [time.sleep(1.0)] +
                                [processes.kill(pid, signal.SIGCONT) for pid in workers]])[:64]
        finally:
            for pid in workers:
                processes.kill(pid, signal.SIGCONT)
        assert time.monotonic() - begin >= 1.0
        statuses += [getattr(answer, "status", 0) for answer in answers]
    run.did("connections at once, after a second's stop", len(statuses))
    run.lost("answers other than 200", len(statuses) - statuses.count(200))
    run.holds("none is 502", statuses.count(502) == 0, statuses.count(502))
    run.sum_rows(service.log_rows() - rows, statuses.count(200), 0)
