"""The database is locked, or not there: an answer says so, and it is over when it is over."""

import contextlib
import sqlite3
import threading
import time

from harness import database
from harness.load import together
from harness.wait import eventually

RECOVERY_S = 1.0


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

    assert answer.status in (500, 503)
    assert answer.type == "application/problem+json"
    assert set(pool.workers()) == workers
