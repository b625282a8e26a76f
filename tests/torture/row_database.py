"""The database fails in every way that a file can, is held by a reader, and loses the power under it."""

import contextlib
import errno
import json
import random
import re
import sqlite3
import subprocess
import time
from pathlib import Path

from harness import database, disk
from harness.load import together
from harness.paths import BUILD
from harness.pool import Pool
from harness.wait import eventually
from torture import row

RECOVERY_S = 1.0
TARGET = "/board/100"
CLIENTS = 4


class Board:
    """A pool whose disk fails on demand, a sink for what it says, and the page that shows it."""

    def __init__(self, run, wrong=disk.NOTHING, error=0):
        self.run, self.sink = run, run.sink()
        self.disk = run.started(disk.FailingDisk())
        self.disk.wrong(wrong, error)
        self.pool = run.pool(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": self.sink.endpoint,
                                          **self.disk.environment()})
        self.page = run.pool("status", environment={"BOARD_RUN_DIR": self.pool.folder,
                                                    "BOARD_DB": self.pool.db})
        self.acknowledged, self.rows_before = 0, self.pool.log_rows()

    def ask(self):
        answer = self.pool.traced(TARGET, route="/board/{count}")
        self.acknowledged += answer.status == 200
        return answer


def refusals(board, seconds):
    """What clients are told while it is wrong: four at once, then again until the time is over."""
    told, deadline = [], time.monotonic() + seconds
    while not told or time.monotonic() < deadline:
        told += together([board.ask] * CLIENTS)
    return told


def is_told(answer, words):
    return answer.status in (500, 503) and answer.type == "application/problem+json" and \
        words in json.loads(answer.body)["detail"]


def on_the_page(board, trace_id, words):
    shown = json.loads(board.page.get(f"/status.json?trace={trace_id}", route="/status.json").body)
    return shown["request"] and any(words in line["text"] for line in shown["request"]["logs"])


def tells(board, trace_id, words):
    """The log record of the refused request; its others may come before it."""
    return [record for record in board.sink.logs(trace_id=trace_id) if words in str(record.body)]


def damage(board, name, words, hurt, mend, seconds=0.0):
    """hurt() makes it wrong, mend() right and gives how often it struck, or None where that shows by itself."""
    run, workers = board.run, set(board.pool.workers())
    hurt()
    try:
        told = refusals(board, seconds)
    finally:
        struck = mend()
    mended = time.monotonic()
    eventually(lambda: board.ask().status == 200, 10, f"{name}: a board that is well")
    taken = time.monotonic() - mended
    others = [(answer.status, answer.body[-200:]) for answer in told if not is_told(answer, words)]
    run.did(f"{name}: requests refused", len(told) - len(others))
    run.holds(f"{name}: each is told that \"{words}\", as a problem", not others and struck != 0,
              f"struck {struck}; others {others[:3]}")
    run.holds(f"{name}: well {RECOVERY_S:.0f} s after the repair", taken <= RECOVERY_S, f"{taken:.2f} s")
    run.holds(f"{name}: no worker died", set(board.pool.workers()) == workers)
    if not others:
        trace_id = told[-1].trace_id
        eventually(lambda: tells(board, trace_id, words), 5, f"{name}: a log record that says so")
        eventually(lambda: on_the_page(board, trace_id, words), 5, f"{name}: the request on the page")
        run.holds(f"{name}: a log record and the page say so", True)


def damage_by_disk(board, name, words, what, error=errno.EIO):
    damage(board, name, words, lambda: board.disk.wrong(what, error), board.disk.nothing)


def away(board):
    """The file is renamed, and so opened again by whoever had it."""
    hidden = board.pool.folder / "away.db"
    return lambda: board.pool.db.rename(hidden) and None, lambda: hidden.rename(board.pool.db) and None


def locked(board):
    other = sqlite3.connect(board.pool.db, isolation_level=None, check_same_thread=False)
    return lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK") and None


def read_only(run):
    """From the start: who has it open for writing goes on, whatever its mode becomes."""
    board = Board(run, disk.OPEN, errno.EROFS)
    damage(board, "read-only", "it is read-only", lambda: None, board.disk.nothing)
    run.sum_rows(board.pool.log_rows() - board.rows_before, board.acknowledged, 0)


def small_disk(run):
    """A file system of 6 MB that somebody fills: only root can make one."""
    small = run.started(disk.SmallDisk(6 << 20))
    if not small.is_there:
        run.progress("no small file system: this is not root")
        return
    path = small.folder / "board.db"
    database.create(path)
    pool = Pool(environment={"BOARD_DB": path})
    pool.db = path
    pool = run.started(pool).start()
    rows, workers = pool.log_rows(), set(pool.workers())
    small.fill()
    told = [pool.get(TARGET) for _ in range(20)]
    small.make_room()
    mended = time.monotonic()
    eventually(lambda: pool.get(TARGET).status == 200, 10, "a disk with room")
    taken = time.monotonic() - mended
    refused = [answer for answer in told if is_told(answer, "its disk is full")]
    run.did("a full file system: requests refused", len(refused))
    run.holds("a full file system: each is told so", len(refused) == len(told), len(told) - len(refused))
    run.holds(f"a full file system: well {RECOVERY_S:.0f} s after there is room", taken <= RECOVERY_S, f"{taken:.2f} s")
    run.holds("a full file system: no worker died", set(pool.workers()) == workers)
    run.sum_rows(pool.log_rows() - rows, 1, 0)


@row("F3", "the database is missing, locked, read-only, full, broken, and then well", full_s=10, short_s=0)
def database_fails(run):
    board = Board(run)
    damage(board, "missing", "its file is missing", *away(board))
    damage(board, "locked", "another process has it locked", *locked(board), seconds=run.seconds)
    damage_by_disk(board, "full", "its disk is full", disk.WRITE, errno.ENOSPC)
    damage_by_disk(board, "a write fails", "its disk fails", disk.WRITE)
    damage_by_disk(board, "a sync fails", "its disk fails", disk.SYNC)
    damage_by_disk(board, "a read fails", "its disk cannot read it", disk.READ)
    damage_by_disk(board, "corrupt pages", "its file is corrupt", disk.PAGES)
    run.sum_rows(board.pool.log_rows() - board.rows_before, board.acknowledged, 0)
    run.holds("the file is whole", database.query(board.pool.db, "PRAGMA integrity_check") == [("ok",)])
    read_only(run)
    small_disk(run)


WAL_BYTES, WAL_BACK_S = 16 << 20, 5
RESIDENT_BYTES = 8 << 20  # 512 answers that wait, at most, and what malloc keeps
CONNECTIONS = 16


def resident(pids):
    return sum(int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) for pid in pids) * 1024


@row("F12", "somebody reads from the same snapshot for a long time, at full load", full_s=10, short_s=3)
def long_reader(run):
    service = run.service(rows=200)
    workers, rows = service.wait_workers("board_count"), service.log_rows()
    wal = Path(f"{service.db}-wal")
    with service.wrk("/board/10", int(run.seconds) + WAL_BACK_S + 1, CONNECTIONS) as load:
        eventually(lambda: service.log_rows() > rows + 1000, 10, "load")
        before = resident(workers)
        with contextlib.closing(sqlite3.connect(f"file:{service.db}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            seen, = reader.execute("SELECT count(*) FROM log_api").fetchone()
            deadline, largest, most = time.monotonic() + run.seconds, 0, 0
            while time.monotonic() < deadline:
                largest, most = max(largest, wal.stat().st_size), max(most, resident(workers))
                time.sleep(0.05)
            still, = reader.execute("SELECT count(*) FROM log_api").fetchone()
        begin = time.monotonic()
        eventually(lambda: wal.stat().st_size <= WAL_BYTES, WAL_BACK_S + 1, "a log that is small again")
        back_s = time.monotonic() - begin
    run.did(f"rows written in {run.seconds:.0f} s behind the reader's back", service.log_rows() - seen)
    run.holds("the reader saw one snapshot", still == seen, f"{seen} and {still} rows")
    run.holds("the log could not be begun anew meanwhile", largest > 4 << 20, f"{largest >> 20} MB")
    run.holds(f"-wal is back below 16 MB within {WAL_BACK_S} s", back_s <= WAL_BACK_S,
              f"{back_s:.2f} s, {wal.stat().st_size >> 20} MB")
    run.holds("what waits is bounded: the workers do not grow", most - before <= RESIDENT_BYTES,
              f"{(most - before) >> 10} KB")
    run.lost("answers other than 200", load.result.status + load.result.read + load.result.timeout)
    run.sum_rows(service.log_rows() - rows, load.result.requests, CONNECTIONS)


POWER_LOSS = BUILD / "unit/fcgi_app/store/test_power_loss"
CUTS = 1000


# Its short form is the unit test itself.
@row("F13", "the power goes at moments of a run of commits, on a disk that reorders and tears", full_s=60)
def power_loss(run):
    seed = random.randrange(2**31)
    done = subprocess.run([POWER_LOSS], env={"POWER_LOSS_CUTS": str(CUTS), "POWER_LOSS_SEED": str(seed)},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False)
    run.did("moments", CUTS)
    run.holds("every acknowledged row is there, in a file that is whole", done.returncode == 0,
              f"seed {seed}" if done.returncode == 0 else done.stdout[-1000:])
    for level, lacking in re.findall(r"synchronous=(\d): (\d+ of \d+ files lack rows, \d+ are broken)", done.stdout):
        run.holds(f"and the same disk loses where commits are not synced (synchronous={level})", True, lacking)
