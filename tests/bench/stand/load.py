"""One load on one address: wrk as fast as it goes, h2load at a fixed rate or of a fixed number.
Each gives what the client saw, and the CPU time a request that each part took."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import SimpleNamespace

from harness.paths import tool

_LUA = Path(__file__).with_name("report.lua")


def _ticks(pid):
    try:
        fields = Path(f"/proc/{pid}/schedstat").read_text().split()
        threads = Path(f"/proc/{pid}/task")
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads.iterdir()) \
            if threads.exists() else int(fields[0])
    except (OSError, ValueError):
        return 0


def cpu_ns(target):
    """{part: nanoseconds} of what serves there."""
    return {part: sum(map(_ticks, pids)) for part, pids in target.pids().items()} \
        if hasattr(target, "pids") else {}


def wrk(url, connections=16, seconds=2, threads=1, counts=False, target=None):
    before = cpu_ns(target)
    done = subprocess.run(
        [tool("wrk"), f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s",
         _LUA, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "BENCH_COUNT": "1" if counts else "0"})
    line = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
    if line is None:
        raise RuntimeError(f"wrk on {url}: {done.stdout[-500:]}")
    result = SimpleNamespace(**json.loads(line))
    result.rate = result.requests / result.seconds
    after = cpu_ns(target)
    result.cpu_us = {part: (after[part] - before.get(part, 0)) / max(result.requests, 1) / 1e3
                     for part in after}
    return result


def _quantile(ordered, part):
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def at_rate(urls, rate, connections=16, seconds=10):
    """h2load at a fixed rate. times: (start_us, status, duration_us) of each request."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        subprocess.run(
            [tool("h2load"), "--h1", "-t1", f"-c{connections}", f"-D{seconds}",
             f"--rps={rate / connections:.3f}", f"--log-file={log}", *urls],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        times = [tuple(map(int, line.split()[:3])) for line in log.read_text().splitlines()]
    durations = sorted(duration for _, _, duration in times)
    return SimpleNamespace(
        times=times, rate=len(times) / seconds, bad=sum(not 200 <= status < 400 for _, status, _ in times),
        p50_us=_quantile(durations, 0.5), p99_us=_quantile(durations, 0.99), max_us=durations[-1])


def exactly(url, requests, connections=64):
    """So many requests, each with its answer: how many of them were 2xx."""
    done = subprocess.run(
        [tool("h2load"), "--h1", "-t1", f"-c{connections}", "-n", str(requests), url],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("status codes:"))
    return int(line.split()[2])
