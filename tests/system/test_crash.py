"""Processes die: workers under load, launchers, and what they held open."""

import contextlib
import math
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness import processes
from harness.compiled import compiled
from harness.load import Clients
from harness.telemetry import ERROR, SERVER, new_trace_id, traceparent
from harness.wait import eventually

BACK_S = 0.1
FATAL = 21
KILLS = 5


def seconds_until_replaced(parent, victim):
    """Kills the victim and gives the seconds until its successor began, by the kernel's own note
    of that (in steps of 10 ms): how soon this test finds a processor to look does not count."""
    before = set(processes.children(parent))
    start = time.clock_gettime(time.CLOCK_BOOTTIME)
    processes.kill(victim)
    successor, = eventually(lambda: set(processes.children(parent)) - before, 5, "a new worker")
    eventually(lambda: processes.executable(successor) == "board_count", 5, "its program")
    return processes.start_ticks(successor) / os.sysconf("SC_CLK_TCK") - start


def multiwatch_of(service, pool):
    return next(pid for pid in service.processes_below(pool)
                if processes.executable(pid) == "multiwatch")


def test_a_killed_worker_is_back_at_once_and_costs_its_open_requests_at_most(services):
    service = services(rows=200)
    parent = multiwatch_of(service, "board_count")
    clients_count = 2
    rows = service.log_rows()
    taken = []

    with Clients(lambda: service.get("/board/10"), count=clients_count) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in range(KILLS):
            victim = random.choice(service.wait_workers("board_count"))
            taken.append(seconds_until_replaced(parent, victim))
            good = clients.statuses[200]
            eventually(lambda: clients.statuses[200] > good + 20, what="answers after the kill")

    assert max(taken) < BACK_S, taken
    failures = clients.answers() - clients.statuses[200]
    assert failures <= KILLS * (1 + clients_count), clients.statuses
    assert clients.statuses[200] <= service.log_rows() - rows <= clients.answers(), \
        "a row for each answer, and none twice"
    assert service.query("PRAGMA integrity_check") == [("ok",)]
    segment = service.settled("board_count", 20)
    assert segment["crashes"] == KILLS


def test_requests_open_in_a_killed_worker_end_as_error_spans(pools, sink):
    pool = pools("board_count", workers=1,
                 environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    victim, = pool.workers()
    trace_ids = []

    def ask():
        trace_id = new_trace_id()
        trace_ids.append(trace_id)
        with contextlib.suppress(OSError):
            pool.get("/board/1", headers={"traceparent": traceparent(trace_id)})

    with contextlib.closing(sqlite3.connect(pool.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # nobody can commit: requests are parked
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(pool.segment()["requests"]) == 3, what="three open requests")
        os.kill(pool.process.pid, signal.SIGSTOP)  # the launcher, so that it notices late
        processes.kill(victim)
        eventually(lambda: set(pool.workers()) - {victim}, what="a new worker")
        gone_ns = time.time_ns()
        os.kill(pool.process.pid, signal.SIGCONT)
        other.execute("ROLLBACK")
    for thread in threads:
        thread.join(10)

    for trace_id in trace_ids:
        span = sink.server_span(trace_id)
        assert span.kind == SERVER and span.status == ERROR
        assert span.attributes["error.type"] == "SIGKILL"
        assert span.start <= span.end <= gone_ns
        select, = [child for child in sink.trace(trace_id, 2) if child.span_id != span.span_id]
        assert select.name.startswith("SELECT") and select.parent_id == span.span_id
    eventually(lambda: any("SIGKILL" in str(record.body) + str(record.attributes)
                           for record in sink.logs()), what="a record of the death")
    eventually(lambda: pool.get("/board/1").status == 200, what="the next worker")
    assert pool.settled()["requests"] == []


@pytest.mark.parametrize("how, signal_name, function", [
    ("fault", "SIGSEGV", "fault"), ("overflow", "SIGSEGV", "overflow"), ("abort", "SIGABRT", "die"),
    ("memory", "SIGABRT", "starve"), ("bus", "SIGBUS", "die"), ("divide", "SIGFPE", "die"),
    ("illegal", "SIGILL", "die"), ("kill", "SIGKILL", None)])
def test_every_open_request_of_a_crash_has_one_error_span(pools, sink, how, signal_name, function):
    pool = pools("user", workers=1, worker=compiled("crash"),
                 environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    trace_ids = [new_trace_id() for _ in range(4)]

    def ask(trace_id, what):
        with contextlib.suppress(OSError):
            pool.get(f"/user?{what}", headers={"traceparent": traceparent(trace_id)})

    threads = [threading.Thread(target=ask, args=(trace_id, "hang")) for trace_id in trace_ids[1:]]
    for thread in threads:
        thread.start()
    eventually(lambda: len(pool.segment()["requests"]) == 3, what="three open requests")
    ask(trace_ids[0], how)
    for thread in threads:
        thread.join(10)

    for trace_id in trace_ids:
        assert sink.server_span(trace_id).attributes["error.type"] == signal_name
    segment = eventually(lambda: (now := pool.settled())["crashes"] == 1 and now, what="the count")
    assert segment["requests"] == []
    assert [span.status for span in sink.spans(kind=SERVER)] == [ERROR] * 4
    record, = [record for record in sink.logs() if record.severity == FATAL]
    assert record.attributes["error.type"] == signal_name
    if function:
        assert record.trace_id == trace_ids[0]
        assert record.attributes["exception.type"] == signal_name
        assert re.search(rf"^  at {function} \(\S*crash\.c:\d+\)$",
                         record.attributes["exception.stacktrace"], re.MULTILINE)


def test_frames_without_symbols_are_module_build_id_and_offset(pools, sink):
    program = compiled("crash", "-s", "-Wl,--build-id=0x0123456789abcdef")
    pool = pools("user", workers=1, worker=program,
                 environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    with contextlib.suppress(OSError):
        pool.get("/user?fault")

    assert re.match(r"  at crash\+0x[0-9a-f]+ \(build id 0123456789abcdef\)\n", stack_of(sink, "SIGSEGV"))


def test_a_crash_leaves_a_record_with_signal_and_stack(pools, sink):
    pool = pools("user", workers=1, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    victim, = pool.workers()
    pool.get()

    processes.kill(victim, signal.SIGSEGV)

    record = eventually(
        lambda: [record for record in sink.logs()
                 if "SIGSEGV" in str(record.body) + str(record.attributes)],
        what="a record of the crash")[0]
    assert record.severity >= 17
    assert record.attributes.get("exception.stacktrace")


@contextlib.contextmanager
def unseen_worker(pool):
    """A worker that lives and dies within this block, while the launcher can look at nothing."""
    first, = pool.workers()
    os.kill(pool.process.pid, signal.SIGSTOP)
    try:
        processes.kill(first)
        second, = eventually(lambda: set(pool.workers()) - {first}, what="a new worker")
        yield second
        processes.kill(second)
        processes.wait_gone(second)
    finally:
        os.kill(pool.process.pid, signal.SIGCONT)


def stack_of(sink, word):
    return eventually(lambda: [record.attributes["exception.stacktrace"] for record in sink.logs()
                               if word in str(record.attributes)
                               and "exception.stacktrace" in record.attributes],
                      what="a record with a stack")[0]


def test_a_stack_has_names_though_the_worker_died_before_the_launcher_knew_it(pools, sink):
    where = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint}
    crashing = pools("user", workers=1, worker=compiled("crash"), environment=where)
    with unseen_worker(crashing), contextlib.suppress(OSError):
        crashing.get("/user?fault")
    assert re.match(r"  at fault \(\S*crash\.c:\d+\)\n", stack_of(sink, "SIGSEGV"))

    raising = pools("user", workers=1, environment=where)
    with unseen_worker(raising):
        assert raising.get("/user").status == 500
    assert stack_of(sink, "fcgi_app/handlers/user.c:")


def test_a_killed_launcher_is_replaced_and_goes_on_with_the_living_pool(services):
    service = services(rows=200)
    service.get("/board/1")
    before = service.settled("board_count")
    workers = service.wait_workers("board_count")

    with Clients(lambda: service.get("/board/1"), count=2, pause_s=0.005) as clients:
        eventually(lambda: clients.statuses[200] > 20, what="load")
        processes.kill(before["launcher_pid"])
        eventually(lambda: (now := service.segment("board_count"))["launcher_pid"]
                   != before["launcher_pid"] and processes.is_alive(now["launcher_pid"])
                   and now["program_pid"] == before["program_pid"], 10, "a launcher that adopts")
        good = clients.statuses[200]
        eventually(lambda: clients.statuses[200] > good + 50, what="answers afterwards")

    assert set(clients.statuses) == {200}
    assert service.workers("board_count") == workers
    answer = service.traced("/board/1")
    assert service.telemetry.trace(answer.trace_id, 3)
    service.settled("board_count", launchers_killed=1)

    assert service.control("restart", "board_count").status == 0
    assert not set(workers) & set(service.wait_workers("board_count"))
    assert service.stop().status == 0
    assert service.processes() == []


@pytest.mark.parametrize("whole", [False, True], ids=["the pool lives on", "the pool dies, too"])
def test_what_a_killed_launcher_had_in_memory_is_sent_by_the_next(pools, sink, whole):
    pool = pools("board_count", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
                                             "OTEL_BSP_SCHEDULE_DELAY": 60000,
                                             "OTEL_BLRP_SCHEDULE_DELAY": 60000})
    trace_ids = [pool.traced("/board/1").trace_id for _ in range(20)]
    before = eventually(lambda: (now := pool.segment())["spans"]["queued"] == 60
                        and now["logs"]["queued"] >= 20 and now, what="spans in memory alone")
    assert sink.spans() == []

    processes.kill(pool.process.pid)
    pool.process.wait(5)
    for pid in pool.processes() if whole else ():
        processes.kill(pid)
        processes.wait_gone(pid)
    pool.spawn(OTEL_BSP_SCHEDULE_DELAY=100, OTEL_BLRP_SCHEDULE_DELAY=100)

    for trace_id in trace_ids:
        assert len(sink.trace(trace_id, 3)) == 3
        assert sink.log_records(trace_id)
    segment = eventually(lambda: (now := pool.settled(launchers_killed=math.inf))["launcher_pid"]
                         != before["launcher_pid"] and now, what="another launcher")
    for signal_name in ("spans", "logs"):
        assert segment[signal_name]["dropped"] == segment[signal_name]["failed"] == 0
    assert segment["spans"]["exported"] == 60


class Bystander:
    """A process of the same user that is no part of a pool."""

    def __init__(self):
        self._process = subprocess.Popen(["sleep", "600"])
        self.pid = self._process.pid
        self.ticks = int(Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[19])

    def is_alive(self):
        return self._process.poll() is None

    def close(self):
        self._process.kill()
        self._process.wait()


def test_a_bystander_that_a_worker_wrote_into_the_segment_is_neither_adopted_nor_stopped(pools):
    pool = pools("board_count")
    workers = set(pool.workers())
    before = pool.segment()
    with contextlib.closing(Bystander()) as bystander:
        processes.kill(pool.process.pid)
        pool.process.wait(5)
        with open(pool.segment_path, "r+b") as file:
            for offset, size, value in ((before["program_pid_offset"], 4, bystander.pid),
                                        (before["program_ticks_offset"], 8, bystander.ticks)):
                file.seek(offset)
                file.write(value.to_bytes(size, "little"))
        named = pool.segment()
        assert (named["program_pid"], named["program_start_ticks"]) == (bystander.pid, bystander.ticks)

        pool.spawn()
        eventually(lambda: pool.segment()["launcher_pid"] == pool.process.pid,
                   what="another launcher")
        pool.stop()
        assert bystander.is_alive(), "it was stopped with the pool"
    assert not any(map(processes.is_alive, workers)), "the real pool was not adopted"


def test_workers_that_lost_launcher_and_manager_are_followed_by_a_new_pool(pools, sink):
    pool = pools("board_count", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    orphans = pool.workers()
    manager, = (pid for pid in pool.processes() if processes.executable(pid) == "multiwatch")
    for pid in (pool.process.pid, manager):
        processes.kill(pid)
    pool.process.wait(5)
    processes.wait_gone(manager)
    answer = pool.traced("/board/1")  # served by an orphan, with nobody to take its telemetry

    pool.spawn()

    eventually(lambda: len(now := pool.workers()) == 2 and not set(now) & set(orphans),
               what="new workers instead of the old ones")
    assert sink.server_span(answer.trace_id)
    eventually(lambda: pool.get("/board/1").status == 200, what="an answer of the new pool")
    again = pool.traced("/board/1")
    assert sink.server_span(again.trace_id)
    assert "already in use" not in pool.text()


def test_a_pool_whose_segment_was_removed_is_followed_by_a_new_pool(pools):
    pool = pools("board_count")
    old = pool.workers()
    os.unlink(pool.segment_path)
    processes.kill(pool.process.pid)
    pool.process.wait(5)

    pool.spawn()

    eventually(lambda: len(now := pool.workers()) == 2 and not set(now) & set(old),
               what="new workers instead of the old ones")
    eventually(lambda: pool.get("/board/1").status == 200, what="an answer of the new pool")
    assert "already in use" not in pool.text()


def test_an_orphan_that_does_not_leave_is_killed(pools):
    pool = pools("board_count", workers=1)
    orphan, = pool.workers()
    os.kill(orphan, signal.SIGSTOP)
    manager, = (pid for pid in pool.processes() if processes.executable(pid) == "multiwatch")
    for pid in (pool.process.pid, manager):
        processes.kill(pid)
    pool.process.wait(5)

    pool.spawn()

    processes.wait_gone(orphan, 6)
    eventually(lambda: pool.get("/board/1").status == 200, what="an answer of the new pool")


def test_requests_wait_while_the_workers_are_stopped(services):
    service = services(rows=50)
    workers = service.wait_workers("board_count")
    clients = []

    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(64):
            client = socket.create_connection(("127.0.0.1", service.ports.http), 10)
            client.sendall(b"GET /board/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            clients.append(client)
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)

    for client in clients:
        with client, client.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 200 OK\r\n"


def test_nginx_that_dies_is_back(services):
    service = services(rows=50)
    front = next(pid for pid in service.processes() if processes.executable(pid) == "nginx"
                 and "worker" in " ".join(processes.command(pid)))

    processes.kill(front)

    eventually(lambda: service.get("/board/1").status == 200, what="an answer")


def claimed(segment):
    return [slot for slot in segment["slots"] if slot["state"] == 1]


def test_a_scribbled_ring_is_skipped_and_the_launcher_goes_on(pools, sink):
    pool = pools("user", workers=1, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    pool.get()
    segment = pool.settled()
    launcher = segment["launcher_pid"]

    with open(pool.segment_path, "r+b") as file:
        for slot in claimed(segment):
            file.seek(slot["ring_offset"])
            file.write(os.urandom(4096))
            file.seek(slot["head_offset"])
            head = int.from_bytes(file.read(8), "little")
            file.seek(slot["head_offset"])
            file.write((head + 1024).to_bytes(8, "little"))

    eventually(lambda: not any(slot["ring_used"] for slot in claimed(pool.segment())),
               what="rings that were skipped")
    answer = pool.traced()
    assert sink.server_span(answer.trace_id)
    assert processes.is_alive(launcher) and pool.process.poll() is None
