"""L8, L9, L12: nothing is lost, nothing grows, and more rows cost no more."""

import os

from stand.load import at_rate, exactly, wrk
from stand.progress import say
from stand.result import Result, at_most, row
from stand.rounds import Case, Turns

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


@row("L12", "/board/100 with 1,000,000 posts against 10,000, c16")
def many_posts(stage_of):
    with stage_of() as stage:
        small, large = stage.board("L12 small"), stage.board("L12 large", rows=1000000)
        case = Case("1,000,000", large.url + "/board/100", large)
        turns = Turns([Case("10,000", small.url + "/board/100", small), case], 16)
        yield ratio_result("L12", "1,000,000 posts : 10,000, c16", turns, case, 0.95)


def _held(board):
    """Resident KB and descriptors of workers and launchers, summed."""
    parts = board.pids()
    pids = [pid for part in ("workers", "launcher") for pid in parts[part]]
    resident = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            resident += next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
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
