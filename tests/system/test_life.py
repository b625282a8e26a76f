"""Start, stop, status: what a person types, and that nothing is left behind."""

import contextlib
import os
import sqlite3
import threading

from harness import processes
from harness.paths import POOLS
from harness.wait import eventually

STOP_S = 3.0


def test_stop_under_load_ends_everything_within_three_seconds(services):
    service = services(rows=200)
    assert {pool for pool in POOLS if service.workers(pool)} == set(POOLS)

    with service.wrk("/board/10", 5):
        eventually(lambda: service.log_rows() > 100, what="load")
        done = service.stop()

    assert done.status == 0, done.output
    assert done.seconds < STOP_S
    assert service.processes() == []
    assert not service.run.exists(), "the sockets' folder is gone"


def test_stop_lets_an_open_request_finish(services):
    service = services(rows=200)
    answers = []

    with contextlib.closing(sqlite3.connect(service.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        client = threading.Thread(target=lambda: answers.append(service.get("/board/1")))
        client.start()
        eventually(lambda: service.segment("board_count")["requests"], what="an open request")
        stopper = threading.Thread(target=service.stop)
        stopper.start()
        other.execute("ROLLBACK")
    client.join(10)
    stopper.join(10)

    assert [answer.status for answer in answers] == [200]
    assert service.processes() == []


def test_what_was_recorded_before_a_stop_arrives(services):
    service = services(rows=200, OTEL_BSP_SCHEDULE_DELAY=60000,
                       OTEL_BLRP_SCHEDULE_DELAY=60000)
    answers = [service.traced("/board/1") for _ in range(20)]

    service.stop()

    for answer in answers:
        assert len(service.telemetry.trace(answer.trace_id, 3)) == 3
        assert len(service.telemetry.log_records(answer.trace_id)) == 1


def test_status_says_whether_it_runs(service, services):
    other = services(start=False)

    running, stopped = service.control("status"), other.control("status")

    assert running.status == 0
    assert all(pool in running.output for pool in POOLS)
    assert stopped.status != 0
    assert stopped.output.strip()


def test_two_instances_do_not_meet(service, services):
    other = services(rows=50)

    here, there = service.traced("/board/1"), other.traced("/board/1")

    assert service.get("/board").text.startswith("Successfully fetched 1000 ")
    assert len(other.get("/board").json()) == 50
    assert service.telemetry.trace(here.trace_id, 3)
    assert other.telemetry.trace(there.trace_id, 3)
    assert service.telemetry.spans(trace_id=there.trace_id) == []
    assert other.telemetry.spans(trace_id=here.trace_id) == []


def test_a_port_that_is_taken_is_one_line_and_nothing_stays(service, services):
    other = services(start=False, rows=50, PORT=service.ports.http)

    done = other.control("start")

    assert done.status != 0
    complaints = [line for line in done.output.splitlines() if str(service.ports.http) in line]
    assert len(complaints) == 1, done.output
    assert other.processes() == []
    assert service.get("/board/1").status == 200


def test_a_folder_that_cannot_be_written_is_one_line(services):
    other = services(start=False, VAR="/proc/var")

    done = other.control("start")

    assert done.status != 0
    assert len(done.output.strip().splitlines()) == 1
    assert "/proc/var" in done.output


def test_a_missing_build_is_one_line(services, tmp_path):
    other = services(start=False, BUILD=tmp_path)

    done = other.control("start")

    assert done.status != 0
    assert len(done.output.strip().splitlines()) == 1
    assert "make" in done.output
    assert other.processes() == []


def test_without_a_collector_the_launchers_write_the_files(services):
    service = services(rows=50, OTLP_ENDPOINT="http://127.0.0.1:1", **{
        f"OTEL_{signal}_EXPORTER": "otlp_file" for signal in ("TRACES", "METRICS", "LOGS")})

    answers = [service.traced(target) for target in ("/nowhere", "/board", "/board/1", "/log", "/user")]

    for answer in answers:
        assert service.telemetry.server_span(answer.trace_id)
    assert {span.resource["fcgi.pool"] for span in service.telemetry.spans()} == set(POOLS)
    for pool in POOLS:
        service.telemetry.point("process.memory.usage", pool)
        service.settled(pool)


def test_a_second_start_does_no_harm(service):
    before = {pool: service.workers(pool) for pool in POOLS}

    done = service.control("start")

    assert len(done.output.strip().splitlines()) >= 1
    assert {pool: service.workers(pool) for pool in POOLS} == before
    assert service.get("/board/1").status == 200


def test_a_launcher_leaves_nothing_when_it_is_told_to_end(pools):
    pool = pools("user")
    everything = pool.processes()
    assert len(everything) >= 4

    done = pool.stop()

    assert done.seconds < STOP_S
    assert [pid for pid in everything if processes.is_alive(pid)] == []


def test_no_process_runs_as_root_without_need(service):
    """nginx and the workers are unprivileged, also when root has started them."""
    owners = {os.stat(f"/proc/{pid}").st_uid for pool in POOLS for pid in service.workers(pool)}

    assert 0 not in owners
