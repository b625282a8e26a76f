"""T1 to T5: what telemetry costs, and what it loses."""

import re
import subprocess

from harness import instructions
from stand.build import program
from stand.load import wrk
from stand.progress import say
from stand.result import Result, at_least, at_most, interval, row
from stand.rounds import Case, Turns, spread

from .speed import cpu_words, ratio_result


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


@row("T2", "throughput and p99 with nobody listening, a sink that hangs, one that answers 503, "
     "against telemetry off, c16")
def unheard(stage_of):
    with stage_of() as stage:
        off = stage.board("T2 off", sink=None)
        cases = []
        for sink, words in (("gone", "nobody listens"), ("hang", "the sink hangs"),
                            ("refuse", "the sink answers 503")):
            board = stage.board(f"T2 {sink}", sink=sink)
            cases.append(Case(words, board.url + "/board/100", board))
        turns = Turns([Case("off", off.url + "/board/100", off), *cases], 16)
        for case in cases:
            yield ratio_result("T2", f"{case.name} : off, c16", turns, case, 0.95, note=cpu_words(case))
            p99 = turns.ratio(case, "p99_us")
            yield Result("T2", f"p99, {case.name} : off, c16", **at_most(p99.median, 1.2),
                         spread=interval(p99), control=f"{turns.control('p99_us').median:.3f}")


@row("T1b", "throughput with telemetry over protobuf and gRPC, against JSON, c16")
def protocols(stage_of):
    with stage_of() as stage:
        boards = {protocol: stage.board(f"T1b {protocol}", protocol=protocol)
                  for protocol in ("http/json", "http/protobuf", "grpc")}
        cases = [Case(protocol, board.url + "/board/100", board) for protocol, board in boards.items()]
        turns = Turns(cases, 16)
        for case in cases[1:]:
            yield ratio_result("T1b", f"{case.name} : http/json, c16", turns, case, 0.97,
                               note=cpu_words(case))


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


@row("T10", "instructions that telemetry takes in the worker for a request", ("valgrind",))
def instructions_of_telemetry(_):
    counted, stated = instructions.of_telemetry(), instructions.stated()
    yield Result("T10", "instructions of telemetry a request", **at_most(counted, 1.05 * stated),
                 reference=f"{stated} stated")


@row("T4", "encode and post in batches of 512: spans a core-second, JSON, protobuf and gRPC", ())
def encode(_):
    for protocol in ("http/json", "http/protobuf", "grpc"):
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
