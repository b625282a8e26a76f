"""T1, T3, T4, T5, T8, T9, T11: what telemetry costs, loses and holds."""

import re
import subprocess
import time

from stand.build import program
from stand.load import exactly, wrk
from stand.progress import say
from stand.result import Result, at_least, at_most, row
from stand.rounds import Case, Turns, spread

from .speed import cpu_words, ratio_result

SPANS_A_REQUEST = 3  # SERVER, SELECT, INSERT


@row("T1", "throughput with 3 spans, 1 log record and the metrics a request, against telemetry off, c16")
def on_against_off(stage_of):
    with stage_of() as stage:
        off, on = stage.board("T1 off", sink=None), stage.board("T1 on")
        case = Case("on", on.url + "/board/100", on)
        turns = Turns([Case("off", off.url + "/board/100", off), case], 16)
        yield ratio_result("T1", "telemetry on : off, c16", turns, case, 0.95, note=cpu_words(case))
        control = turns.control()
        is_quiet = 0.97 <= control.median <= 1.03
        yield Result("T1", "control: off again : off", control.median, "0.97-1.03", is_quiet,
                     spread=f"{control.low:.3f}-{control.high:.3f}",
                     note="" if is_quiet else "beyond it T1 says nothing")


def _numbers(command, pattern, times=5):
    """What the pattern finds in so many runs of it."""
    found = []
    for _ in range(times):
        text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        found.append(float(re.search(pattern, text).group(1)))
        say(f"    {found[-1]:,.0f}")
    return spread(found)


@row("T3", "a span with 12 attributes, in the request thread, ns; 1 and 2 threads", ())
def span(_):
    for threads, bound in ((1, 120), (2, 200)):
        cost = _numbers([program("span_cost"), str(threads)], r"12 attributes +([0-9.]+) ns")
        yield Result("T3", f"a span with 12 attributes, {threads} thread(s), ns",
                     **at_most(cost.median, bound), spread=f"{cost.low:.0f}-{cost.high:.0f}")


@row("T4", "encode and post in batches of 512: spans a core-second, JSON and protobuf", ())
def encode(_):
    for protocol in ("http/json", "http/protobuf"):
        rate = _numbers([program("encode_cost"), "2", protocol], r"^(\d+) spans")
        yield Result("T4", f"spans a core-second, {protocol}", **at_least(rate.median, 1e6),
                     spread=f"{rate.low:,.0f}-{rate.high:,.0f}")


@row("T5", "healthy sink, full load for 10 s, c64: spans and log records dropped or failed")
def healthy(stage_of):
    with stage_of() as stage:
        ours = stage.board("T5")
        run = wrk(ours.url + "/board/100", 64, 10)
        segment = ours.pools["board_count"].settled(30)
        yield Result("T5", "dropped or failed in 10 s, c64", **at_most(ours.dropped(), 0),
                     ours=f"{run.rate:.0f}/s", note=f"{segment['spans']['exported']:,} spans exported")


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


@row("T11", "ready after start (warm), s: a pool answers", ("nginx",))
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


def _answers(pool):
    try:
        return pool.get("/board/1", timeout=2.0).status == 200
    except (OSError, EOFError, AssertionError, ValueError):
        return False
