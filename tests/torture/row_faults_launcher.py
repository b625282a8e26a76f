"""Each allocation and each system call of the launcher fails once, alone, while a request's
telemetry goes through it; then any by chance; then those of its start.

What a request leaves passes in a few batches, so a failure may cost those, and they are counted.

libdw, which reads the lines of a stack, ends its process when it gets no memory (by a null pointer, an
assertion or exit): such a launcher dies, whoever keeps it starts it again, and the pool lives on.
Counted apart, by the caller, and spared where faults come by chance."""

import random
import subprocess
import time
from collections import Counter

from harness import faults as faulty
from harness import sanitizer
from harness.faults import ALLOCATIONS, SYSTEM_CALLS, Faults
from harness.instance import Folder
from harness.load import Clients
from harness.paths import LAUNCHER, clean_environment, tool
from harness.wait import eventually
from torture import row, span_ids
from row_faults import CHANCE, SEED, numbered

PROGRAM = "otel-instrument"
NOT_OURS = ("libdw.so", "libelf.so")
WINDOW_S = 0.3  # in which a request's spans, log records and metrics leave
SAME_MAX = 12   # calls of a name that are tried: it polls hundreds of times
FIRED_S = 0.5
DELIVERED_S = 15.0  # a batch that failed waits before it is tried again
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": 10, "OTEL_BLRP_SCHEDULE_DELAY": 10,
         "OTEL_METRIC_EXPORT_INTERVAL": 200}


def frames(last):
    return " ".join(f"{module}+{offset} {symbol}" for module, offset, symbol in last.frames[:8])


class Walk:
    def __init__(self, run, kind):
        self.run, self.kind = run, kind
        folder = run.started(Folder("faults"))
        self.faults = run.started(Faults(folder.path, PROGRAM))
        self.errors, self.bad, self.fired, self.not_ours = Counter(), [], 0, 0
        self.begin()

    def begin(self):
        self.sink = self.run.sink()
        self.sink.is_closing = True  # a connection for each batch: that it is made is part of the path
        self.pool = self.run.pool("user", workers=1, environment={
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.sink.endpoint, **QUICK, **self.faults.environment})

    def request(self):
        return self.pool.traced().trace_id

    def arrives(self, trace_id):
        """A request's SERVER span, at the receiver."""
        found = eventually(lambda: self.sink.spans(trace_id=trace_id) or
                           self.pool.process.poll() is not None, DELIVERED_S, "a span of it")
        assert found is not True, "the launcher ended"

    def points(self):
        for _ in range(3):
            self.arrives(self.request())
        self.faults.count(self.kind)
        self.request()
        time.sleep(WINDOW_S)
        self.faults.disarm()
        return [(name, number, variant) for name, number in numbered(self.faults.path())
                if number <= SAME_MAX or self.kind == ALLOCATIONS
                for variant in range(self.faults.variants(name))]

    def one(self, name, number, variant):
        self.faults.arm(name, number, variant)
        self.request()
        deadline = time.monotonic() + FIRED_S
        while not self.faults.fired and time.monotonic() < deadline:
            time.sleep(0.002)
        self.faults.disarm()
        if not self.faults.fired:
            return
        last = self.faults.last()
        self.fired += 1
        self.errors[last.error] += 1
        what = f"{last.call} {last.error} ({number})"
        try:
            self.arrives(self.request())
        except AssertionError as error:
            status = self.pool.process.poll()
            if status is not None and faulty.caller(last).startswith(NOT_OURS):
                self.not_ours += 1
            else:
                self.bad.append(f"{what}: status {status} {error}; at {frames(last)}")
            if status is not None:
                self.begin()

    def walk(self, sample=None):
        points = self.points()
        if sample and sample < len(points):
            points = random.Random(SEED).sample(points, sample)
        for point in points:
            self.one(*point)
        return len(points)

    def by_chance(self, seconds):
        with Clients(self.pool.get, count=2, pause_s=0.005) as clients:
            eventually(lambda: clients.answers() > 20, what="load")
            self.faults.arm_by_chance(self.kind, CHANCE, SEED)
            time.sleep(seconds)
            self.faults.disarm()
        self.run.did("requests while any call of the launcher may fail", clients.answers())
        self.run.did("faults by chance", self.faults.fired)
        self.run.holds("they happened", self.faults.fired > seconds, dict(self.faults.by_call()))
        self.run.holds("no request noticed", set(clients.statuses) == {500}, dict(clients.statuses))
        self.arrives(self.request())

    def account(self, points):
        run = self.run
        run.did(f"faults that happened, of {points}", self.fired)
        # What is done but once, such as the reading of a file's lines, is not met again.
        run.holds("many of them happened", self.fired >= 0.4 * points > 0, dict(self.errors))
        run.did("of them libdw's own, which ended the launcher", self.not_ours)
        run.holds("what the next request leaves arrives", not self.bad, "; ".join(self.bad))
        run.holds("what it sends is whole", not self.sink.malformed, self.sink.malformed[:1] or "")
        segment = self.pool.settled(20)
        for name in ("spans", "logs"):
            books = segment[name]
            run.did(f"{name} lost, and counted", books["failed"] + books["dropped"])
        books, received = segment["spans"], span_ids(self.sink)
        different = len(set(received))
        run.did("spans received twice: their answer was lost", len(received) - different)
        # An answer that could not be read may have taken what then failed.
        run.holds("the books: exported <= received <= exported + failed",
                  books["exported"] <= different <= books["exported"] + books["failed"],
                  f"{ {name: count for name, count in books.items() if count} }, received {different}")
        stopped = self.pool.stop()
        reports = sanitizer.reports(self.pool.text())
        run.holds("a clean end", stopped.status == 0 and not reports,
                  f"status {stopped.status} {reports or ''}")


def starts(run, kind, sample):
    """A launcher that starts a program which ends at once."""
    folder = run.started(Folder("faults"))
    faults = run.started(Faults(folder.path, PROGRAM))
    sink = run.sink()
    environment = clean_environment(
        OTEL_C_SEGMENT=folder.path / "segment", OTEL_C_FILE_DIR=folder.path,
        OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint, **faults.environment)

    def start():
        return subprocess.run([LAUNCHER, "--", tool("true")], env=environment, timeout=20, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    faults.count(kind)
    assert start().returncode == 0
    points = [(name, number, variant) for name, number in numbered(faults.path())
              if number <= SAME_MAX or kind == ALLOCATIONS for variant in range(faults.variants(name))]
    if sample and sample < len(points):
        points = random.Random(SEED).sample(points, sample)
    statuses, bad, fired = Counter(), [], 0
    for point in points:
        faults.arm(*point)
        done = start()
        faults.disarm()
        if not faults.fired:
            continue
        fired += 1
        statuses[done.returncode] += 1
        said = done.stdout.decode("utf-8", "replace")
        reports = sanitizer.reports(said)
        if done.returncode not in (0, 1, 2, 126) or reports or (done.returncode and PROGRAM not in said):
            bad.append(f"{faults.last().call} {faults.last().error}: status {done.returncode} {reports} "
                       f"{said[-200:]}; at {frames(faults.last())}")
    run.did(f"starts with a fault that happened, of {len(points)}", fired)
    run.holds("it starts, or says why not", fired > 0 and not bad, "; ".join(bad) or dict(statuses))


def launcher(run, kind):
    walk = Walk(run, kind)
    points = walk.walk(12 if run.is_short else None)
    if run.is_short:
        walk.by_chance(run.seconds)
    walk.account(points)
    if not run.is_short:
        chance = Walk(run, kind)
        chance.by_chance(run.seconds)
        chance.fired = 1
        chance.account(1)
    starts(run, kind, 12 if run.is_short else None)


@row("F4-launcher", "each allocation of the launcher fails once, alone; then any by chance", full_s=60,
     short_s=2)
def allocations(run):
    launcher(run, ALLOCATIONS)


@row("F5-launcher", "each system call of the launcher fails once, alone; then any by chance", full_s=60,
     short_s=2)
def system_calls(run):
    launcher(run, SYSTEM_CALLS)
