"""What every row stands on: a row is a function under @row, which is given a Run. It starts what
it needs through the Run (and never ends it: the Run does), does its damage for run.seconds, and
says what it did and what must hold. A file row_*.py in this folder is found by itself.

    @row("F1", "a worker is killed each 0.5 s", full_s=60, short_s=6)
    def workers_killed(run):
        service = run.service(rows=200)
        …
        run.did("workers killed", kills)
        run.lost("answers broken", broken, at_most=kills * CLIENTS)
        run.holds("the pool is back within 0.1 s", median < 0.1, f"{median:.3f} s")
"""

import importlib
import os
import sys
import time
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE.parent / "system") not in sys.path:
    sys.path.insert(0, str(HERE.parent / "system"))

from harness.pool import Pool  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.sink import Sink  # noqa: E402

ROWS = {}


class Row:
    def __init__(self, name, title, full_s, short_s, function):
        self.name, self.title, self.function = name, title, function
        self.full_s, self.short_s = full_s, short_s


def row(name, title, full_s, short_s=None):
    """full_s: of damage, in `make torture`. short_s: in `make test`; None: not part of it."""
    def register(function):
        assert name not in ROWS, f"two rows {name}"
        ROWS[name] = Row(name, title, full_s, short_s, function)
        return function
    return register


def all_rows():
    """In the order of their files, then of their lines."""
    if not ROWS:
        if str(HERE) not in sys.path:
            sys.path.insert(0, str(HERE))
        for path in sorted(HERE.glob("row_*.py")):
            importlib.import_module(path.stem)
    return list(ROWS.values())


class Run:
    """One row, once. done, losses: (what, figure); claims: (what, is it so, figure)."""

    def __init__(self, one, is_short=False, say=lambda text: None):
        self.row, self.is_short, self.seconds = one, is_short, one.short_s if is_short else one.full_s
        self.done, self.losses, self.claims, self.error = [], [], [], None
        self.taken_s = 0.0
        self._say, self._live, self._begin = say, [], time.monotonic()

    # --- what a row starts --------------------------------------------------------------------

    def _start(self, one):
        self._live.append(one)
        return one

    def service(self, **settings):
        return self._start(Service(**settings)).start()

    def pool(self, name="board_count", options=(), **how):
        return self._start(Pool(name, options, **how)).start()

    def sink(self, port=0):
        return self.started(Sink(port))

    def started(self, one):
        """Anything with close(): it is closed at the end of the row."""
        self._live.append(one)
        return one

    # --- what a row says ----------------------------------------------------------------------

    def progress(self, text):
        self._say(f"{self.row.name} {time.monotonic() - self._begin:5.0f} s  {text}")

    def did(self, what, count):
        self.done.append((what, count))
        self.progress(f"{what}: {count}")

    def holds(self, what, is_so, figure=""):
        self.claims.append((what, bool(is_so), str(figure)))
        self.progress(f"{'held' if is_so else 'NOT HELD'}: {what} ({figure})")

    def lost(self, what, count, at_most=0):
        self.losses.append((what, count))
        self.holds(f"{what}: at most {at_most} lost", 0 <= count <= at_most, count)

    # --- the three sums -----------------------------------------------------------------------

    def sum_rows(self, rows, acknowledged, open_at_kills):
        """Log rows = acknowledged answers + at most the requests open at a kill."""
        self.holds("log rows = acknowledged answers + at most the requests open at a kill",
                   acknowledged <= rows <= acknowledged + open_at_kills,
                   f"{rows} = {acknowledged} + {rows - acknowledged} of {open_at_kills}")

    def sum_books(self, books, ids, what="spans", repeats_at_most=0):
        """The books against the receiver's count. ids: of every item that it took."""
        different = len(set(ids))
        repeats = len(ids) - different
        parts = {name: count for name, count in books.items() if count and name != "ended"}
        self.holds(f"{what}: the books' exported = what the receiver has, once",
                   books["exported"] == different and repeats <= repeats_at_most,
                   f"ended {books['ended']} = {parts}; receiver {different}, twice {repeats}")

    def sum_spans(self, answers, broken, server_spans):
        """Requests = answers = SERVER spans; a request that broke may have left one, or none."""
        self.holds("requests = answers = SERVER spans",
                   answers <= server_spans <= answers + broken,
                   f"{answers} answers, {broken} broken, {server_spans} spans")

    # --- the end ------------------------------------------------------------------------------

    @property
    def is_held(self):
        return self.error is None and bool(self.claims) and all(is_so for _, is_so, _ in self.claims)

    def _check_books(self):
        for one in self._live:
            if hasattr(one, "check_books"):
                one.check_books()

    def __call__(self):
        try:
            self.row.function(self)
            self._check_books()
        except Exception:
            self.error = traceback.format_exc()
            for one in self._live:
                for name, text in one.logs() if hasattr(one, "check_books") else ():
                    self.error += f"\n--- {name}\n{text[-2000:]}"
        finally:
            for one in reversed(self._live):
                (one.end if hasattr(one, "end") else one.close)()
        self.taken_s = time.monotonic() - self._begin
        return self

    def story(self):
        """Lines for a person."""
        yield f"{self.row.name}: {self.row.title}: {'held' if self.is_held else 'NOT HELD'}" \
              f" ({self.taken_s:.0f} s)"
        for what, count in self.done:
            yield f"    did   {what}: {count}"
        for what, count in self.losses:
            yield f"    lost  {what}: {count}"
        for what, is_so, figure in self.claims:
            yield f"    {'held' if is_so else 'NOT  '}  {what}: {figure}"
        if self.error:
            yield from ("    " + line for line in self.error.splitlines())


def span_ids(telemetry):
    return [(span.trace_id, span.span_id) for span in telemetry.spans()]


def cpu_s(pid):
    """Seconds of a processor that it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until(seconds):
    """Rounds 0, 1, 2 … until the time is over; at least one."""
    deadline, turn = time.monotonic() + seconds, 0
    while turn == 0 or time.monotonic() < deadline:
        yield turn
        turn += 1
