"""L8, L9, L10, L12: nothing is lost, nothing grows, and more rows cost no more."""

import contextlib
import os
import statistics
import subprocess
import threading
import time

from stand.load import at_rate, exactly, wrk
from stand.progress import say
from stand.result import Result, at_least, at_most, interval, row
from stand.rounds import ROUNDS, Case, Turns, spread

from .speed import ratio_result


@row("L8", "answers 200 minus rows in log_api after 60 s at full load", ("wrk", "h2load", "nginx"))
def every_row(stage_of):
    with stage_of() as stage:
        ours = stage.board("L8")
        url = ours.url + "/board/100"
        wanted = int(60 * wrk(url, 64, 3).rate)
        ours.pools["board_count"].settled(30)  # those that wrk left under way
        before = ours.log_rows()
        answers = exactly(url, wanted)
        missing = answers - (ours.log_rows() - before)
        yield Result("L8", "answers 200 minus rows in log_api", missing, "0", missing == 0,
                     ours=f"{answers:,} answers of {wanted:,}")


CALLS = 1_000_000
SELECT = ("SELECT call_url, call_url_parameter, end_time, seq, start_time, user_id, user_ip "
          "FROM log_api ORDER BY seq")


def _read(command):
    """Seconds until all of it has come."""
    begun = time.monotonic()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun


def _peak_kb(pids):
    """The most that each has held in memory."""
    return {pid: _status_kb(pid, "VmHWM") for pid in pids}


def _grown_mb(before):
    """Of the one that grew most."""
    return max(after - before[pid] for pid, after in _peak_kb(before).items()) / 1024


@contextlib.contextmanager
def _over_and_over(command):
    """The command again and again, while something else is measured."""
    is_over = threading.Event()

    def loop():
        while not is_over.is_set():
            _read(command)
    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@row("L10", "/log with 1,000,000 rows: memory, rate against sqlite3, p99 of /board/1 meanwhile",
     ("curl", "sqlite3", "h2load", "nginx"))
def long_log(stage_of):
    with stage_of() as stage:
        ours = stage.board("L10", pools=("log", "board_count"), calls=CALLS)
        log = ["curl", "-sf", ours.url + "/log"]
        shell = ["sqlite3", "-readonly", ours.db, ".mode json", SELECT]
        pids = ours.pools["log"].workers()
        before = _peak_kb(pids)
        _read(log)
        grown = _grown_mb(before)
        board, ratios, seconds, shares, idle = [ours.url + "/board/1"], [], [], [], []
        for number in range(ROUNDS):
            seconds.append(_read(log))
            ratios.append(_read(shell) / seconds[-1])
            idle.append(at_rate(board, 500, 8, 2))
            with _over_and_over(log):
                busy = at_rate(board, 500, 8, 2)
            shares.append(busy.p99_us / idle[-1].p99_us)
            say(f"    round {number + 1} of {ROUNDS}: {seconds[-1]:.2f} s, sqlite3 {ratios[-1]:.2f} times that; "
                f"p99 of /board/1 {idle[-1].p99_us} us, meanwhile {busy.p99_us} us")
        rate, p99 = spread(ratios), spread(shares)
        yield Result("L10", "a new worker's growth by an answer of 1,000,000 rows, MB", **at_most(grown, 4),
                     note=f"{_grown_mb(before):.1f} MB when every thread of it has given some")
        yield Result("L10", "/log : sqlite3 .mode json, 1,000,000 rows", **at_least(rate.median, 2),
                     ours=f"{CALLS / statistics.median(seconds):,.0f} rows/s", spread=interval(rate))
        yield Result("L10", "p99 of /board/1 meanwhile : idle", **at_most(p99.median, 3),
                     ours="500/s", spread=interval(p99),
                     reference=f"{statistics.median(run.p99_us for run in idle):.0f} us")


@row("L12", "/board/100 with 1,000,000 posts against 10,000, c16")
def many_posts(stage_of):
    with stage_of() as stage:
        small, large = stage.board("L12 small"), stage.board("L12 large", rows=1000000)
        case = Case("1,000,000", large.url + "/board/100", large)
        turns = Turns([Case("10,000", small.url + "/board/100", small), case], 16)
        yield ratio_result("L12", "1,000,000 posts : 10,000, c16", turns, case, 0.95)


def _status_kb(pid, field):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field + ":"))


def _held(board):
    """Resident KB and descriptors of workers and launchers, summed."""
    parts = board.pids()
    pids = [pid for part in ("workers", "launcher") for pid in parts[part]]
    resident = sum(_status_kb(pid, "VmRSS") for pid in pids)
    return resident, sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


@row("L9", "soak, 3 minutes at 70 % with a mix of routes: memory, descriptors, WAL, p99",
     ("wrk", "h2load", "nginx"), is_long=True)
def soak(stage_of):
    with stage_of() as stage:
        ours = stage.board("L9", pools=("board_count", "user"))
        urls = [ours.url + path for path in ("/board/100", "/board/1", "/user")]
        rate = 0.7 * wrk(urls[0], 16, 3).rate
        held, runs, wal = [], [], 0
        for minute in range(3):
            runs.append(at_rate(urls, rate, 16, 60))
            held.append(_held(ours))
            wal = max(wal, os.path.getsize(f"{ours.db}-wal"))
            say(f"    minute {minute + 1}: {held[-1][0]} KB, {held[-1][1]} descriptors, p99 {runs[-1].p99_us} us")
        at = {"ours": f"{runs[0].rate:.0f}/s"}
        yield Result("L9", "resident memory, minute 1 to 3, MB",
                     **at_most((held[2][0] - held[0][0]) / 1024, 0.5), **at)
        yield Result("L9", "descriptors, minute 1 to 3", **at_most(held[2][1] - held[0][1], 0), **at)
        yield Result("L9", "largest WAL at a minute's end, MB", **at_most(wal / 2**20, 16), **at)
        yield Result("L9", "p99 of minute 3 : minute 1", **at_most(runs[2].p99_us / runs[0].p99_us, 1.2), **at)
