"""Each allocation and each system call of a request's path fails once, alone; then any by chance.

libfcgi asserts that it gets the memory it asks for, so a worker whose libfcgi gets none dies
(SIGABRT), is started again, and what was open in it is told: counted apart, by the caller."""

import os
import random
import shutil
import sqlite3
import time
from collections import Counter

from harness import faults as faulty
from harness import processes, sanitizer
from harness.faults import ALLOCATIONS, SYSTEM_CALLS, Faults
from harness.instance import Folder
from harness.load import Clients
from harness.wait import eventually
from torture import row, span_ids

NOT_OURS = "libfcgi.so"
TARGETS = {"board_count": "/board/3", "board": "/board", "log": "/log", "user": "/user"}
GOOD = {"user": 500}  # /user always fails
REFUSALS = (500, 503)
ANSWER_S = 5.0
GOOD_AGAIN_S = 2.0
TRIES = 3  # for a fault to happen: which thread calls what first is not always the same
SEED = 8
CHANCE = 100  # one call in so many
CLIENTS = 4


def ask(pool):
    try:
        return pool.get(timeout=ANSWER_S, target=TARGETS[pool.name]).status
    except TimeoutError:
        return "no answer"
    except OSError:  # the connection was cut
        return "cut"


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def numbered(path):
    """(name, how many-th of that name) of each call of a path."""
    seen = Counter()
    for name in path:
        seen[name] += 1
        yield name, seen[name]


class Walk:
    """One pool of one worker with one handler thread, and what came of each fault.

    prepare: called before each request; what it changes is part of the path."""

    def __init__(self, run, name, prepare=None):
        self.run, self.name, self.good = run, name, GOOD.get(name, 200)
        self.folder = run.started(Folder("faults"))
        self.faults = run.started(Faults(self.folder.path, name))
        self.sink = run.sink()
        self.pool = run.pool(name, workers=1, environment={
            "BOARD_THREADS": 1, "OTEL_EXPORTER_OTLP_ENDPOINT": self.sink.endpoint,
            **self.faults.environment})
        self.is_prepared = prepare is not None
        self.prepare = (lambda: prepare(self.pool)) if prepare else lambda: None
        self.answers, self.errors, self.bad, self.open = Counter(), Counter(), [], []
        self.fired, self.not_ours, self.rows = 0, 0, 0

    def settle(self):
        """The calls behind the answer: until the count stands still."""
        counted = -1
        while counted != self.faults.counted:
            counted = self.faults.counted
            time.sleep(0.002)

    def points(self, kind):
        """(name, number, variant) of each call of a request and each of its errors."""
        for _ in range(3):  # what a worker does but once
            ask(self.pool)
        self.prepare()
        self.faults.count(kind)
        assert ask(self.pool) == self.good
        self.settle()
        self.faults.disarm()
        return [(name, number, variant) for name, number in numbered(self.faults.path())
                for variant in range(self.faults.variants(name))]

    def ask(self):
        status = ask(self.pool)
        self.rows += status == 200
        return status

    def one(self, name, number, variant):
        """False when the call was not reached."""
        self.prepare()
        worker, = eventually(self.pool.workers, 5, "a worker")
        self.open.append(descriptors(worker))
        self.faults.arm(name, number, variant)
        status = self.ask()
        self.settle()
        self.faults.disarm()
        if not self.faults.fired:
            return False
        last = self.faults.last()
        what = f"{self.name} {last.call} {last.error} ({number})"
        self.fired += 1
        self.errors[last.error] += 1
        self.answers[status] += 1
        if status not in (self.good, "cut", *REFUSALS):
            self.note(what, f"answer {status}", last)
        try:
            eventually(lambda: self.ask() == self.good, GOOD_AGAIN_S, "a good answer")
        except AssertionError as error:
            self.note(what, str(error), last)
            processes.kill(worker)  # the others shall meet a sound one
            eventually(lambda: self.ask() == self.good, 5, "a new worker")
            return True
        if self.pool.workers() != [worker]:
            self.died(what, last)
            return True
        return True

    def died(self, what, last):
        if faulty.caller(last).startswith(NOT_OURS) and last.error == "ENOMEM":
            self.not_ours += 1
        else:
            self.note(what, "the worker died", last)

    def note(self, what, why, last):
        frames = " ".join(f"{module}+{offset} {symbol}" for module, offset, symbol in last.frames[:8])
        self.bad.append(f"{what}: {why}; at {frames}")

    def walk(self, kind, sample=None):
        """All points, or so many of them, always the same ones of the same path."""
        points = self.points(kind)
        if sample and sample < len(points):
            points = random.Random(SEED).sample(points, sample)
        for point in points:
            for _ in range(TRIES):
                if self.one(*point):
                    break
        return len(points)

    def account(self, what, points, kind):
        """What the row says of this walk."""
        run = self.run
        run.did(f"{what}: faults that happened, of {points}", self.fired)
        run.holds(f"{what}: nearly every fault happened", self.fired >= 0.9 * points > 0,
                  dict(self.errors))
        if kind == ALLOCATIONS:
            run.did(f"{what}: of them libfcgi's own, which ended its worker", self.not_ours)
        run.holds(f"{what}: an answer, an error answer or a cut connection; the next request is good",
                  not self.bad, "; ".join(self.bad) or dict(self.answers))
        if self.name == "board_count" and not self.is_prepared:
            run.holds(f"{what}: acknowledged answers are in the log",
                      self.pool.log_rows() >= self.rows, f"{self.pool.log_rows()} >= {self.rows}")
        # SQLite keeps one that it can't close yet, while another connection holds a lock.
        run.holds(f"{what}: no descriptor is left behind", max(self.open) - min(self.open) <= 1,
                  f"{min(self.open)} to {max(self.open)}")
        books = self.pool.settled(20)["spans"]
        run.sum_books(books, span_ids(self.sink), f"{what}, spans")
        stopped = self.pool.stop()
        reports = sanitizer.reports(self.pool.text())
        run.holds(f"{what}: a clean end" + (", and no report of the sanitizers" if sanitizer.is_on()
                                            else ""), stopped.status == 0 and not reports,
                  f"status {stopped.status} {reports or ''}")


def replace_database(pool):
    """The same database as another file: the next request opens it anew."""
    spare = pool.folder / "spare.db"
    if not spare.exists():
        with sqlite3.connect(pool.db) as db:
            db.execute("VACUUM INTO ?", (str(spare),))
        db.close()
    copy = pool.folder / "copy.db"
    shutil.copyfile(spare, copy)
    with sqlite3.connect(copy) as db:
        db.execute("PRAGMA journal_mode=WAL")
    db.close()
    for name in ("-wal", "-shm"):
        (pool.folder / f"board.db{name}").unlink(missing_ok=True)
    copy.chmod(0o666)
    os.replace(copy, pool.db)


def walk_routes(run, kind, sample):
    for name in (TARGETS if not run.is_short else ("board_count",)):
        walk = Walk(run, name)
        walk.account(TARGETS[name], walk.walk(kind, sample), kind)


def by_chance(run, kind):
    """Any call may fail, under load; libfcgi's own are spared."""
    folder = run.started(Folder("faults"))
    faults = run.started(Faults(folder.path, "board_count"))
    pool = run.pool(environment=faults.environment)
    rows, workers = pool.log_rows(), sorted(pool.workers())
    with Clients(lambda: pool.get("/board/3", timeout=ANSWER_S), count=CLIENTS) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        faults.arm_by_chance(kind, CHANCE, SEED)
        time.sleep(run.seconds)
        faults.disarm()
        good = clients.statuses[200]
        eventually(lambda: clients.statuses[200] > good + 50, GOOD_AGAIN_S, "good answers again")
    run.did("requests while any call may fail", clients.answers())
    run.did("faults by chance", faults.fired)
    run.holds("they happened", faults.fired > run.seconds, dict(faults.by_call()))
    run.holds("no worker died", sorted(pool.workers()) == workers)
    known = {200, *REFUSALS, "ConnectionError", "ConnectionResetError", "BrokenPipeError"}
    run.holds("answers, error answers and cut connections", set(clients.statuses) <= known,
              dict(clients.statuses))
    run.sum_rows(pool.log_rows() - rows, clients.statuses[200],
                 clients.answers() - clients.statuses[200])
    run.holds("no report of the sanitizers", not sanitizer.reports(pool.text()))


def walk_all(run, calls, short_points):
    """Each of the calls, on each route and while the database is opened; then any by chance."""
    walk_routes(run, calls, short_points if run.is_short else None)
    if not run.is_short:
        opening = Walk(run, "board_count", replace_database)
        opening.account("opening the database", opening.walk(calls), calls)
    by_chance(run, calls)


@row("F4", "each allocation of a request's path fails once, alone; then any by chance", full_s=60,
     short_s=2)
def allocations(run):
    walk_all(run, ALLOCATIONS, 20)


@row("F5", "each system call of a request's path fails once, alone; then any by chance", full_s=60,
     short_s=2)
def system_calls(run):
    walk_all(run, SYSTEM_CALLS, 25)
