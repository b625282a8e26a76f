"""T7, T8, T9, T11: a receiver that goes, memory, leaving and starting."""

import os
import re
import subprocess
import sys
import time

from harness.paths import BUILD, ROOT, clean_environment
from harness.service import Service
from stand.load import exactly, wrk
from stand.progress import say
from stand.result import Result, at_most, row
from stand.rounds import spread

SPANS_A_REQUEST = 3  # SERVER, SELECT, INSERT
ROUNDS = 5


@row("T7", "the sink is away for 30 s at 500 spans/s, the queue holds 16,384, then it is back", ())
def away(_):
    """The row of make torture, which keeps every sum; its figures stand here."""
    sys.path.insert(0, str(ROOT / "tests/torture"))
    from torture import Run, all_rows  # pylint: disable=import-outside-toplevel
    one = next(one for one in all_rows() if one.name == "T7")
    run = Run(one, say=lambda text: say(f"    {text}"))()
    claims = {what: (is_so, figure) for what, is_so, figure in run.claims}
    broken = [what for what, (is_so, _) in claims.items() if not is_so]
    lost = sum(count for _, count in run.losses)
    back = next((figure for what, (_, figure) in claims.items() if what.startswith("all there")), None)
    how = {"ours": "; ".join(f"{count} {what}" for what, count in run.done),
           "note": (run.error or "; ".join(broken))[-300:]}
    yield Result("T7", "lost while the sink was away for 30 s", lost, "0",
                 lost == 0 and not broken and not run.error, **how)
    if back:
        yield Result("T7", "all there after it is back, s", **at_most(float(back.split()[0]), 10))


def _private_mb(pids):
    """RssAnon of the largest of them."""
    largest = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            largest = max(largest, int(re.search(r"RssAnon:\s+(\d+)", status.read()).group(1)))
    return largest / 1024


@row("T8", "RssAnon, MB: a worker, the launcher at full load, and without a sink for 10 minutes",
     is_long=True)
def memory(stage_of):
    with stage_of() as stage:
        ours = stage.board("T8", has_books=False)
        url = ours.url + "/board/100"
        wrk(url, 64, 20)
        pids = ours.pids()
        worker, launcher = _private_mb(pids["workers"]), _private_mb(pids["launcher"])
        yield Result("T8", "a worker after full load, MB", **at_most(worker, 8))
        yield Result("T8", "the launcher after full load, MB", **at_most(launcher, 16))
        ours.sink.end()
        wrk(url, 64, 600)
        grown = _private_mb(ours.pids()["launcher"]) - launcher
        yield Result("T8", "growth of the launcher in 10 minutes without a sink, MB", **at_most(grown, 2))


@row("T9", "exit after SIGTERM with a healthy, a dead and a hanging sink, s", ("h2load", "nginx"))
def leave(stage_of):
    for sink, bound in (("ok", 1), ("gone", 2), ("hang", 2)):
        seconds, lost = [], 0
        for _ in range(3):
            with stage_of() as stage:
                ours = stage.board(f"T9 {sink}", sink=sink, has_books=False)
                pool = ours.pools["board_count"]
                answers = exactly(ours.url + "/board/100", 2000)
                seconds.append(pool.stop(10).seconds)
                if sink == "ok":
                    lost += SPANS_A_REQUEST * answers - ours.sink.count()["spans"]
        took = spread(seconds)
        yield Result("T9", f"exit after SIGTERM, sink {sink}, s", **at_most(took.high, bound),
                     spread=f"{took.low:.2f}-{took.high:.2f}")
        if sink == "ok":
            yield Result("T9", "spans not sent by then, sink ok", lost, "0", lost == 0,
                         ours="3 times 2,000 requests")


@row("T11", "ready after start (warm), s: a pool answers; all of make start", ("nginx", "make"))
def ready(stage_of):
    with stage_of() as stage:
        pool = stage.board("T11", has_books=False).pools["board_count"]
        seconds = []
        for _ in range(5):
            pool.stop(10)
            begun = time.monotonic()
            pool.spawn()
            while not _answers(pool):
                time.sleep(0.002)
            seconds.append(time.monotonic() - begun)
        took = spread(seconds)
        yield Result("T11", "start to first answer of a pool, s", **at_most(took.median, 0.3),
                     spread=f"{took.low:.3f}-{took.high:.3f}")
    yield _whole_service()


def _make(target, service):
    """Seconds that it took, and what it said."""
    settings = {**service.settings, "BUILD": os.path.relpath(BUILD, ROOT)}
    begun = time.monotonic()
    done = subprocess.run(["make", "-s", "--no-print-directory", target], cwd=ROOT, check=True,
                          env=clean_environment(**settings), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return time.monotonic() - begun, done.stdout


def _whole_service():
    """The first start makes the database; it is a cold one, and not counted."""
    service, seconds = Service(rows=10000), []
    try:
        for number in range(ROUNDS + 1):
            took, text = _make("start", service)
            if service.get("/board/1").status != 200:
                raise RuntimeError("the service has started, and does not answer")
            _make("stop", service)
            say(f"    make start: {took:.2f} s{'' if number else ' (cold)'}")
            seconds.append(took)
    finally:
        service.end()
    took = spread(seconds[1:])
    return Result("T11", "make start, warm, s", **at_most(took.median, 3),
                  spread=f"{took.low:.2f}-{took.high:.2f}",
                  note="" if "collector on" in text else "without a collector: none could be had")


def _answers(pool):
    try:
        return pool.get("/board/1", timeout=2.0).status == 200
    except (OSError, EOFError, AssertionError, ValueError):
        return False
