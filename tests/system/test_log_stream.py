"""/log is streamed: any number of rows in the same memory, and a fixed end."""

import json

from harness import database, fastcgi
from harness.wait import eventually

ROWS = 200_000
GROWTH_LIMIT_KB = 8 * 1024


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def test_memory_does_not_grow_with_the_table(pools):
    pool = pools("log", workers=1, rows=1)
    pid, = pool.workers()
    database.add_calls(pool.db, 1000)
    pool.get("/log")
    before = resident_kb(pid)
    database.add_calls(pool.db, ROWS)

    answer = pool.get("/log", timeout=60)

    rows = json.loads(answer.body)
    assert len(rows) == ROWS + 1000
    assert [row["seq"] for row in rows] == list(range(1, ROWS + 1001))
    assert resident_kb(pid) - before < GROWTH_LIMIT_KB


def test_rows_that_come_while_it_is_read_are_not_in_it(pools):
    pool = pools("log", workers=1, rows=1)
    database.add_calls(pool.db, ROWS)

    with fastcgi.Connection(pool.socket, timeout=60) as reader:
        reader.send(fastcgi.message(fastcgi.params_of("/log", route="/log")))
        _, _, first = reader.read_record()
        database.add_calls(pool.db, 1000)
        rest = reader.read_stdout()

    assert len(json.loads(fastcgi.parse(first + rest).body)) == ROWS


def test_each_chunk_is_a_span_below_the_request(pools, sink):
    pool = pools("log", rows=1, environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    database.add_calls(pool.db, 25_000)

    answer = pool.traced("/log", timeout=60)

    server = sink.server_span(answer.trace_id)

    def all_rows():  # they may come in two batches
        rows = [span.attributes.get("db.response.returned_rows", 0)
                for span in sink.spans(trace_id=answer.trace_id, kind=3)
                if span.parent_id == server.span_id]
        return sum(rows) >= 25_001 and rows  # one more is that of the last seq
    rows = eventually(all_rows, what="the spans of all chunks")
    assert sum(rows) == 25_001
    assert len(rows) >= 4 and max(rows) <= 10_000
    assert len(json.loads(answer.body)) == 25_000
