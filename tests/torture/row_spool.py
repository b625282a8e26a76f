"""The receiver is away for longer than the queue holds, and the launcher is killed meanwhile."""

import shutil
import tempfile
import time

from harness import processes
from harness.load import Clients
from harness.paths import free_ports
from harness.sink import Sink
from harness.wait import eventually, for_a_while
from row_outage import PAUSE_S, SPANS_A_REQUEST, SPANS_A_SECOND, paced
from torture import row, span_ids

QUEUE = 2048
KILL_EACH_S = 5
BATCH = 512


class Folder:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="board-spool-")

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


def launcher_killed(pool):
    processes.kill(pool.process.pid)
    pool.process.wait()
    pool.spawn()
    eventually(lambda: pool.segment()["spans"]["ended"] > 0, what="the next launcher's books")


def on_disk(pool):
    def probe():
        segment = pool.segment()
        assert all(segment[name]["in_ring"] == segment[name]["queued"] == 0 for name in ("spans", "logs"))
        return segment
    return eventually(probe, 20, "everything on disk")


@row("spool", f"the receiver is away, at {SPANS_A_SECOND} spans/s, and the launcher is killed each "
     f"{KILL_EACH_S} s", full_s=120, short_s=6)
def receiver_away_launcher_killed(run):
    port, = free_ports(1)
    pool = run.pool(environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_BSP_MAX_QUEUE_SIZE": QUEUE,
        "OTEL_BLRP_MAX_QUEUE_SIZE": QUEUE, "OTEL_C_SPOOL_DIR": run.started(Folder()).path})
    kills, next_kill = 0, time.monotonic() + KILL_EACH_S

    def kill_when_due():
        nonlocal kills, next_kill
        if time.monotonic() >= next_kill:
            launcher_killed(pool)
            kills, next_kill = kills + 1, time.monotonic() + KILL_EACH_S
    with Clients(paced(lambda: pool.get("/board/1"), PAUSE_S), count=1) as clients:
        for_a_while(kill_when_due, run.seconds)
    run.did("spans in the time when nobody listened", clients.statuses[200] * SPANS_A_REQUEST)
    run.did("launchers killed", kills)
    run.holds("the launcher was killed", kills > 0, kills)
    waits = on_disk(pool)["spans"]
    run.holds("more is on disk than the queue holds", waits["spooled"] > QUEUE or run.is_short, waits["spooled"])
    sink = run.started(Sink(port))
    start = time.monotonic()
    books = eventually(lambda: (found := pool.segment()["spans"])["queued"] + found["spooled"] == 0
                       and found, 60, "an empty spool")
    run.did("seconds until all was there", round(time.monotonic() - start, 1))
    run.lost("answers broken", clients.answers() - clients.statuses[200])
    ids = span_ids(sink)
    repeats = len(ids) - len(set(ids))
    run.lost("spans", clients.statuses[200] * SPANS_A_REQUEST - len(set(ids)))
    # One that was being taken out of a ring may stand in the books twice (otel/agent/ledger.h).
    run.holds("at most one a kill is in the books as lost", books["dropped"] + books["failed"] <= kills,
              books["dropped"] + books["failed"])
    # Killed between a put and the note of it: the journal (otel/agent/journal.h) has them, too.
    run.holds("at most a batch a kill comes twice", repeats <= kills * BATCH, repeats)
    run.holds("spans: the books' exported = what the receiver has", books["exported"] == len(ids),
              f"ended {books['ended']}, exported {books['exported']}, receiver {len(ids)}")
