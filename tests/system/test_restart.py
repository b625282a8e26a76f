"""Workers are replaced under load, and nobody notices."""

import json
import signal
import time

from harness import database, fastcgi, processes
from harness.streams import assert_continuous
from harness.paths import tool
from harness.wait import eventually

RESTARTS = 20
CONNECTIONS = 16
LOAD_S = 25  # twenty restarts take a third of it


def statuses_of(service, after):
    """status -> lines of the access log behind the first `after` lines."""
    counts = {}
    for line in service.access_log()[after:]:
        status = json.loads(line)["status"]
        counts[status] = counts.get(status, 0) + 1
    return counts


def test_twenty_restarts_under_wrk_lose_no_answer(services):
    service = services(rows=200)
    old = set(service.wait_workers("board_count"))
    service.get("/board/1")
    eventually(service.access_log, what="the first line of the access log")
    lines, rows = len(service.access_log()), service.log_rows()

    with service.wrk("/board/10", LOAD_S, CONNECTIONS) as load:
        for _ in range(RESTARTS):
            done = service.control("restart", "board_count")
            assert done.status == 0, done.output
        assert load.is_running(), "the restarts took longer than the load"

    result = load.result
    lost = {name: getattr(result, name) for name in ("connect", "read", "write", "status",
                                                     "timeout")}
    assert not any(lost.values()), lost
    assert not old & set(service.wait_workers("board_count")), "no worker of the start is left"

    # wrk leaves with a request open on each connection: nginx answers those too, or notes 499.
    def probe():
        counts = statuses_of(service, lines)
        assert set(counts) <= {200, 499}, counts
        assert result.requests <= sum(counts.values()) <= result.requests + CONNECTIONS
        assert counts[200] <= service.log_rows() - rows <= sum(counts.values())
        return True
    eventually(probe, 15, "access log and rows that agree with wrk")

    segment = service.settled("board_count", 60)
    assert segment["crashes"] == 0
    assert segment["restarts"] >= RESTARTS * 2
    assert service.query("PRAGMA integrity_check") == [("ok",)]
    assert assert_continuous(service.telemetry.points(pool="board_count"))


def test_a_restart_touches_its_pool_alone(service):
    others = {pool: service.wait_workers(pool) for pool in ("board", "user", "status")}
    launcher = service.launcher("log")

    assert service.control("restart", "log").status == 0

    assert {pool: service.workers(pool) for pool in others} == others
    assert service.launcher("log") == launcher
    assert service.get("/log").status == 200


def test_an_answer_that_nobody_reads_is_cut_and_counted(pools):
    """A roll waits 2 s for an answer under way, and no longer."""
    pool = pools("log", rows=1)
    database.add_calls(pool.db, 50_000)
    old = set(pool.workers())

    with fastcgi.Connection(pool.socket) as lazy:
        lazy.send(fastcgi.message(fastcgi.params_of("/log", route="/log")))
        lazy.read_record()
        pool.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(now := set(pool.workers())) == 2 and not now & old, 10,
                   "workers that are all new")

    assert pool.get("/log").status == 200
    segment = eventually(lambda: (now := pool.segment())["answers_cut"] >= 1 and now,
                         what="an answer that was cut")
    assert segment["crashes"] == 0


def test_a_route_whose_every_answer_has_a_stack_keeps_up(services):
    """The launcher keeps up, or has the disk to help it, and heeds signals meanwhile."""
    service = services(rows=1)
    service.wait_workers("user")

    with service.wrk("/user", 6, 8) as load:
        eventually(lambda: len(service.access_log()) > 5000, what="load")
        start = time.monotonic()
        assert service.control("restart", "user").status == 0
        taken = time.monotonic() - start
    assert load.result.requests > 1000

    # It may be more than the machine can send: the disk takes the rest. Without it, queues that
    # are full would lose two thirds.
    books = service.get("/status.json").json()["books"]["spans"]
    assert books["dropped"] < books["ended"] / 3, books
    assert taken < 3, taken


def test_a_manager_that_writes_a_line_is_no_worker(pools):
    """multiwatch says on stderr that a worker died; that line is a log record of its own."""
    pool = pools("user", worker=tool("fcgiwrap"), has_database=False, environment={
        "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true"})
    eventually(lambda: pool.segment()["workers_live"] == 2, what="two workers")
    processes.kill(pool.workers()[0])
    old = set(eventually(lambda: len(now := pool.workers()) == 2 and "respawn" in pool.text()
                         and now, what="a successor"))
    eventually(lambda: pool.segment()["workers_live"] == 2, what="two workers, as before")

    pool.process.send_signal(signal.SIGHUP)

    eventually(lambda: len(now := set(pool.workers())) == 2 and not now & old, 15,
               "workers that are all new")
    eventually(lambda: pool.segment()["workers_live"] == 2, what="two workers in the end")


def test_restart_of_an_unknown_pool_is_one_line(service):
    done = service.control("restart", "cellar")

    assert done.status != 0
    assert len(done.output.strip().splitlines()) == 1
    assert "cellar" in done.output
