"""The database is locked, or not there: an answer says so, and it is over when it is over."""

import contextlib
import json
import sqlite3
import threading
import time

import pytest
from harness import database
from harness.load import together
from harness.wait import eventually

RECOVERY_S = 1.0


def detail_of(answer):
    return json.loads(answer.body)["detail"]


def lines_about(pool):
    """What the workers said of their database."""
    return [line for line in pool.text().splitlines() if str(pool.db) in line]


def test_a_locked_database_is_503_and_over_within_a_second(pools):
    pool = pools("board_count")
    rows = pool.log_rows()

    with contextlib.closing(sqlite3.connect(pool.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        refused = together([lambda: pool.get("/board/1")] * 4)
        waited = time.monotonic() - start
        other.execute("ROLLBACK")
    released = time.monotonic()
    eventually(lambda: pool.get("/board/1").status == 200, RECOVERY_S + 1, "the next row")

    assert [answer.status for answer in refused] == [503] * 4
    assert all(answer.type == "application/problem+json" for answer in refused)
    assert all("locked" in detail_of(answer) for answer in refused)
    assert waited < 5
    assert time.monotonic() - released < RECOVERY_S
    assert pool.log_rows() == rows + 1, "a refused row was not written"


def test_a_locked_database_is_read_on(pools):
    pool = pools("board")

    with contextlib.closing(sqlite3.connect(pool.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = pool.get("/board")
        other.execute("ROLLBACK")

    assert answer.status == 200


def test_a_short_lock_only_delays(pools):
    pool = pools("board_count")

    with contextlib.closing(sqlite3.connect(pool.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        answers = []
        client = threading.Thread(target=lambda: answers.append(pool.get("/board/1")))
        client.start()
        eventually(lambda: pool.segment()["requests"], what="an open request")
        other.execute("ROLLBACK")
        client.join(10)

    assert [answer.status for answer in answers] == [200]


def test_a_waiting_request_is_an_active_one(pools, sink):
    pool = pools("board_count", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
                                             "OTEL_METRIC_EXPORT_INTERVAL": 100})
    pool.get("/board/1")

    with contextlib.closing(sqlite3.connect(pool.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        client = threading.Thread(target=lambda: pool.get("/board/1"))
        client.start()
        eventually(lambda: any(point.value == 1 for point in sink.points(
            "http.server.active_requests", http_request_method="GET")), what="one active request")
        other.execute("ROLLBACK")
    client.join(10)

    eventually(lambda: sink.points("http.server.active_requests",
                                   http_request_method="GET")[-1].value == 0,
               what="none active")
    point = sink.points("http.server.active_requests")[-1]
    assert (point.kind, point.unit, point.is_monotonic) == ("sum", "{request}", False)


def test_a_database_that_comes_late_is_503_and_then_200(pools):
    for name, target in (("board", "/board"), ("board_count", "/board/1"), ("log", "/log")):
        pool = pools(name, has_database=False)
        assert pool.get(target).status == 503, name
        workers = set(pool.workers())

        late = pool.folder / "late.db"
        database.create(late)
        late.rename(pool.db)

        eventually(lambda: pool.get(target).status == 200, RECOVERY_S, f"{name} with a database")
        assert set(pool.workers()) == workers, "the workers waited and did not die"


def test_a_file_that_is_no_database_is_an_error_and_not_the_end(pools):
    pool = pools("board_count", has_database=False)
    pool.db.write_bytes(b"this is no database" * 1000)
    pool.db.chmod(0o666)
    workers = set(pool.workers())

    answer = pool.get("/board/1")

    assert answer.status == 503
    assert answer.type == "application/problem+json"
    assert "no database" in detail_of(answer)
    assert set(pool.workers()) == workers


def test_a_fault_is_named_to_the_client_and_once_to_who_runs_it(pools):
    pool = pools("board", workers=1)
    pool.get("/board")
    away = pool.folder / "away.db"

    pool.db.rename(away)
    answers = [pool.get("/board") for _ in range(5)]
    away.rename(pool.db)
    eventually(lambda: pool.get("/board").status == 200, RECOVERY_S, "a board that is back")
    pool.get("/board")

    assert [answer.status for answer in answers] == [503] * 5
    assert all(answer.headers["retry-after"] for answer in answers)
    assert all("database" in detail_of(answer) and "missing" in detail_of(answer)
               for answer in answers)
    assert not any(str(pool.folder).encode() in answer.body for answer in answers), "a path"
    wrong, well = lines_about(pool)
    assert wrong.startswith("board: ") and "missing" in wrong and "put it back" in wrong
    assert well.endswith("can be read again")


def test_reading_goes_on_where_writing_cannot_and_neither_is_told_twice(pools):
    pool = pools("board_count", workers=1)

    with contextlib.closing(sqlite3.connect(pool.db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        together([lambda: pool.get("/board/1")] * 4)
        other.execute("ROLLBACK")
    assert pool.get("/board/1").status == 200

    wrong, well = lines_about(pool)
    assert "cannot be written" in wrong and "locked" in wrong
    assert well.endswith("can be written again")


def of_a_user(service):
    """Modes mean nothing to root, whose the service is where nobody else can reach the tree."""
    if service.db.stat().st_uid == 0:
        pytest.skip("the service runs as root")
    return service


def test_a_file_that_may_only_be_read_is_named_read_only(services):
    service = of_a_user(services(rows=50))

    service.db.chmod(0o444)
    answer = service.get("/board/1")
    service.db.chmod(0o644)

    assert answer.status == 503
    assert "read-only" in detail_of(answer)
    assert "read-only" in (service.var / "log/board_count.log").read_text(encoding="utf-8")
    eventually(lambda: service.get("/board/1").status == 200, 5, "a board that can be written")


def test_a_file_that_may_not_be_read_is_named_so(services):
    service = of_a_user(services(rows=50))

    service.db.chmod(0)
    answer = service.get("/board")
    service.db.chmod(0o644)

    assert answer.status == 503
    assert "may not be read" in detail_of(answer)
    eventually(lambda: service.get("/board").status == 200, 5, "a board that can be read")
