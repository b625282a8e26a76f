"""L5, L6, L7, L11: how long an answer takes, and whether everybody gets one."""

import statistics

from stand.build import program
from stand.load import at_rate, wrk
from stand.progress import say
from stand.result import Result, at_least, at_most, row
from stand.rounds import spread


@row("L5", "p99 at a fixed 10,000 requests/s (60 % of capacity where that is less), c16",
     ("wrk", "nginx", "h2load"))
def fixed_rate(stage_of):
    with stage_of() as stage:
        ours = stage.board("L5")
        url = ours.url + "/board/100"
        capacity = statistics.median(wrk(url, 16, 2).rate for _ in range(3))
        rate = min(10000, 0.6 * capacity)
        runs = []
        for _ in range(3):
            runs.append(at_rate([url], rate, 16, 10))
            say(f"    {rate:.0f}/s: p50 {runs[-1].p50_us} us, p99 {runs[-1].p99_us} us")
        p99 = spread([run.p99_us / 1e3 for run in runs])
        times = statistics.median(run.p99_us / run.p50_us for run in runs)
        bad = sum(run.bad for run in runs)
        common = {"ours": f"{rate:.0f}/s asked, {runs[0].rate:.0f}/s got", "note": f"{bad} failed",
                  "spread": f"{p99.low:.2f}-{p99.high:.2f} ms"}
        yield Result("L5", "p99 at a fixed rate, ms", **at_most(p99.median, 3), **common)
        yield Result("L5", "p99 : p50 at a fixed rate", **at_most(times, 4), **common)


@row("L6", "64 clients, 2 processes, 20 s: the slowest client's share of the median; failures")
def fairness(stage_of):
    with stage_of() as stage:
        ours = stage.board("L6")
        run = wrk(ours.url + "/board/100", 64, 20, threads=64, counts=True)
        share = min(run.per_thread) / statistics.median(run.per_thread)
        yield Result("L6", "slowest client : median client, c64", **at_least(share, 0.9),
                     ours=f"{run.rate:.0f}/s")
        yield Result("L6", "failures in 20 s, c64", **at_most(run.status + run.broken, 0))


@row("L7", "p99 at c64 with 1 in 1,000 requests slowed by 20 ms")
def slow_among_many(stage_of):
    with stage_of() as stage:
        ours = stage.board("L7", worker=program("worker"), environment={"BENCH_SLOW_EVERY": 1000})
        wrk(ours.url + "/board/100", 64, 1)
        runs = [wrk(ours.url + "/board/100", 64, 3) for _ in range(5)]
        p99 = spread([run.p99_us / 1e3 for run in runs])
        yield Result("L7", "p99 with a slow request in 1,000, c64, ms", **at_most(p99.median, 8),
                     ours=f"{statistics.median(run.rate for run in runs):.0f}/s",
                     spread=f"{p99.low:.2f}-{p99.high:.2f}")


@row("L11", "overload, 256 connections: 200 or 503 within 1 s, nothing else; throughput against peak")
def overload(stage_of):
    with stage_of() as stage:
        ours = stage.board("L11")
        url = ours.url + "/board/100"
        wrk(url, 64, 1)
        ratios, slowest, broken = [], 0, 0
        for _ in range(5):
            peak, run = wrk(url, 64, 2), wrk(url, 256, 2)
            ratios.append(run.rate / peak.rate)
            slowest, broken = max(slowest, run.max_us / 1e6), broken + run.broken
        ours.nginx.end()  # its log is whole
        # 499: a client (wrk, at its end) that did not wait.
        strange = sum(1 for line in ours.nginx.access_log.open()
                      if not any(f'"status":{status},' in line for status in (200, 503, 499)))
        ratio = spread(ratios)
        yield Result("L11", "c256 : c64 in throughput", **at_least(ratio.median, 0.9),
                     spread=f"{ratio.low:.3f}-{ratio.high:.3f}")
        yield Result("L11", "slowest answer at c256, s", **at_most(slowest, 1))
        yield Result("L11", "answers that are neither 200 nor 503", **at_most(strange + broken, 0))
