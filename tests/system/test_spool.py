"""What the receiver cannot take waits on disk: over outages, stops and kills of the launcher."""

import json
import os
import subprocess

import pytest

from harness import processes
from harness.load import Clients
from harness.paths import free_ports, program
from harness.sink import Sink
from harness.telemetry import SERVER
from harness.wait import eventually

QUEUE = 64
REQUESTS = 200  # each three spans: many times what the queue holds


@pytest.fixture
def away():
    """A port where nobody listens until a test puts a sink there."""
    port, = free_ports(1)
    return port


@pytest.fixture
def pool_at(pools, tmp_path):
    def make(port, **environment):
        pool = pools("board_count", environment={
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_BSP_MAX_QUEUE_SIZE": QUEUE, "OTEL_BLRP_MAX_QUEUE_SIZE": QUEUE,
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": QUEUE // 2, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": QUEUE // 2,
            "OTEL_C_SPOOL_DIR": tmp_path / "spool", **environment})
        return pool
    return make


def ask(pool, count=REQUESTS):
    assert {pool.get("/board/1").status for _ in range(count)} == {200}


def ids(sink):
    return [(span.trace_id, span.span_id) for span in sink.spans()]


def all_on_disk(pool):
    """Once nothing is in memory: the segment."""
    def probe():
        segment = pool.settled(0.2)
        for name in ("spans", "logs"):
            books = segment[name]
            assert books["spooled"] > 0 and books["spooled"] == books["ended"] - books["sampled_out"], books
        return segment
    return eventually(probe, 20, "everything on disk")


def assert_all_arrived(pool, sink, spans):
    """Once, all of them, and none is left anywhere."""
    def probe():
        segment = pool.settled(0.2)
        for name in ("spans", "logs"):
            assert segment[name]["exported"] == segment[name]["ended"], segment[name]
        return segment
    eventually(probe, 30, "everything at the receiver")
    arrived = ids(sink)
    assert len(arrived) == len(set(arrived)) == spans


def emptied(pool):
    """Once nothing waits anywhere: the books of spans. Those of a pool that took over what another
    left know more than its workers ended."""
    def probe():
        books = pool.segment()["spans"]
        assert books["in_ring"] == books["queued"] == books["spooled"] == 0, books
        return books
    pool.check_books()
    return eventually(probe, 20, "nothing that waits")


def test_an_outage_that_is_longer_than_the_queue_loses_nothing(pool_at, away):
    pool = pool_at(away)
    ask(pool)
    books = all_on_disk(pool)["spans"]
    assert books["ended"] >= 3 * REQUESTS > 4 * QUEUE
    assert books["failed"] == books["dropped"] == 0
    assert "telemetry waits on disk" in pool.text()

    with Sink(away) as sink:
        assert_all_arrived(pool, sink, books["ended"])
        assert len(sink.spans(kind=SERVER)) >= REQUESTS


def test_a_launcher_that_is_killed_in_the_outage_loses_nothing(pool_at, away):
    pool = pool_at(away)
    ask(pool)
    before = all_on_disk(pool)["spans"]
    processes.kill(pool.process.pid)
    pool.process.wait()
    ask(pool)  # into the rings
    pool.spawn()
    eventually(lambda: "going on with process" in pool.text(), what="the next launcher")

    after = all_on_disk(pool)["spans"]
    assert after["ended"] >= before["ended"] + 3 * REQUESTS
    assert after["dropped"] == after["failed"] == 0
    with Sink(away) as sink:
        assert_all_arrived(pool, sink, after["ended"])


def test_a_stop_in_the_outage_loses_nothing_either(pool_at, away, tmp_path):
    pool = pool_at(away, OTEL_BSP_SCHEDULE_DELAY=5000, OTEL_BLRP_SCHEDULE_DELAY=5000,
                   OTEL_BSP_MAX_QUEUE_SIZE=2048, OTEL_BSP_MAX_EXPORT_BATCH_SIZE=512)
    ask(pool)
    pool.check_books()
    assert pool.stop().seconds < 2.0
    assert (tmp_path / "spool" / "board_count.spool").stat().st_mode & 0o777 == 0o600

    pool.start()
    eventually(lambda: pool.segment()["spans"]["spooled"] >= 3 * REQUESTS, what="what the stop left")
    with Sink(away) as sink:
        eventually(lambda: len(ids(sink)) >= 3 * REQUESTS, 20, "what the stop left")
        books = emptied(pool)
        assert books["exported"] == books["ended"] == len(ids(sink)) == len(set(ids(sink)))


def test_a_silent_receiver_may_have_what_is_sent_again_and_that_is_counted(pools, sink, tmp_path):
    """Its answer is lost; the launcher is stopped over it, and the next one sends it again."""
    pool = pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint, "OTEL_C_SPOOL_DIR": tmp_path,
        "OTEL_METRIC_EXPORT_INTERVAL": 300})
    sink.is_silent = True
    ask(pool, 10)
    eventually(lambda: pool.segment()["spans"]["queued"] > 0, what="a body on its way")
    assert pool.stop().seconds < 3.0
    sink.is_silent = False

    pool.start()
    spans = eventually(lambda: len(set(ids(sink))) >= 30 and set(ids(sink)), 20, "the spans")
    books = emptied(pool)
    assert books["failed"] == books["dropped"] == 0
    repeated = eventually(lambda: max(
        point.value for point in sink.points("otel.c.exporter.repeated")
        if "span" in point.attributes["otel.component.type"]), 10, "a count of repeats")
    assert len(ids(sink)) - len(spans) <= repeated <= len(spans)


def test_what_is_on_disk_is_in_the_status_and_in_the_metrics(pool_at, away, sink):
    pool = pool_at(away, OTEL_METRIC_EXPORT_INTERVAL=300,
                   OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{sink.endpoint}/v1/metrics")
    ask(pool, 30)
    waits = all_on_disk(pool)["spans"]["spooled"]

    eventually(lambda: any(point.value == waits for point in sink.points("otel.c.spool.records")),
               20, "a metric of what waits")
    eventually(lambda: sink.points("otel.c.spool.size")[-1].value > 0, 10, "its bytes")
    shown = json.loads(subprocess.run([program("otel-status"), "--json", "--dir", pool.folder],
                                      stdout=subprocess.PIPE, check=False).stdout)
    assert shown["books"]["spans"]["spooled"] == waits


@pytest.mark.parametrize("make, repair, says", [
    (lambda folder: folder.write_text("in the way"), os.unlink, "cannot be written"),
    (lambda folder: (folder.mkdir(), (folder / "board_count.spool").write_bytes(b"nonsense" * 9999)),
     None, "was damaged"),
], ids=["folder", "file"])
def test_a_spool_that_cannot_be_used_is_said_in_a_line_and_used_when_it_can(pool_at, away, tmp_path,
                                                                          make, repair, says):
    folder = tmp_path / "spool"
    make(folder)
    pool = pool_at(away, OTEL_C_SPOOL_DIR=folder)
    assert pool.text().count(says) == 1
    if repair:
        ask(pool, 20)
        repair(folder)
        folder.mkdir()
        eventually(lambda: "kept on disk again" in pool.text(), 20, "the repair to be seen")
    ask(pool)
    books = eventually(lambda: (found := pool.settled(0.2)["spans"])["spooled"] >= 3 * REQUESTS and found,
                       20, "spans on disk")
    with Sink(away) as sink:
        eventually(lambda: pool.settled(0.2)["spans"]["spooled"] == 0, 30, "everything sent")
        arrived = ids(sink)
        assert len(arrived) == len(set(arrived)) >= books["spooled"]


def test_what_is_too_old_is_dropped_and_counted(pool_at, away):
    pool = pool_at(away, OTEL_C_SPOOL_MAX_AGE_S=1)
    ask(pool, 50)
    books = eventually(lambda: (found := pool.settled(0.2)["spans"])["dropped"] > 0
                       and found["spooled"] == 0 and found, 40, "everything too old")
    assert books["dropped"] == books["ended"]


def test_the_bound_in_bytes_is_kept_and_counted(pool_at, away, tmp_path):
    """Batches of one span each: a row of the file costs a page, whatever is in it."""
    limit = 4 * 1024 * 1024
    pool = pool_at(away, OTEL_C_SPOOL_MAX_BYTES=limit, OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1,
                   OTEL_LOGS_EXPORTER="none")
    with Clients(lambda: pool.get("/board/1"), count=2):
        eventually(lambda: pool.segment()["spans"]["dropped"] > 0, 60, "more than may wait")
    books = eventually(lambda: (found := pool.settled(0.2)["spans"])["spooled"] > 0 and found, 20, "books")
    assert books["ended"] == books["spooled"] + books["dropped"]
    assert (tmp_path / "spool" / "board_count.spool").stat().st_size < limit * 1.5
