"""Workers, launchers, nginx, the collector, the whole pool: killed or replaced under load."""

import collections
import math
import os
import random
import signal
import statistics
import time

from harness import processes
from harness.load import Clients
from harness.streams import assert_continuous
from harness.telemetry import ERROR, SERVER
from harness.wait import eventually
from torture import row, span_ids, until

BATCH = 512  # spans in one export
REFUSED_A_START = 50  # of clients that try again each 2 ms
CLIENTS = 2  # more of them, and the test itself takes the processors from the pool
ROUTE = "/board/{count}"


def load(service, pause_s=0.002):
    return Clients(lambda: service.get("/board/10"), count=CLIENTS, pause_s=pause_s)


def server_spans(telemetry):
    return [span for span in telemetry.spans(kind=SERVER)
            if span.attributes.get("http.route") == ROUTE]


def broken(clients):
    return clients.answers() - clients.statuses[200]


def account(run, service, clients, rows_before, kills):
    """The three sums of a service whose pool board_count was under load."""
    segment = service.settled("board_count", 30)
    answers = clients.statuses[200]
    run.lost("answers broken", broken(clients), at_most=kills * CLIENTS)
    run.sum_rows(service.log_rows() - rows_before, answers, kills * CLIENTS)
    eventually(lambda: len({id for id in span_ids(service.telemetry)}) >= segment["spans"]["exported"],
               20, "the collector's file")
    here = [(span.trace_id, span.span_id) for span in service.telemetry.spans()
            if span.resource.get("fcgi.pool") == "board_count"]
    run.sum_books(segment["spans"], here)
    spans = [span for span in server_spans(service.telemetry)]
    run.sum_spans(answers, broken(clients), len(spans))
    run.holds("the database is whole", service.query("PRAGMA integrity_check") == [("ok",)])
    hold_streams(run, service)
    return segment


def hold_streams(run, service, may_restart=False):
    """Metrics are cumulative and continuous: so no rate is ever negative."""
    streams = assert_continuous(service.telemetry.points(pool="board_count"), may_restart)
    run.holds("metrics: every stream goes on" + (", or begins anew behind its last point" * may_restart),
              streams > 0, f"{streams} streams")


@row("F1", "a worker is killed each 0.5 s, under load", full_s=60, short_s=5)
def workers_killed(run):
    service = run.service(rows=200)
    rows, kills, back_s = service.log_rows(), 0, []
    parent = next(pid for pid in service.processes_below("board_count")
                  if processes.executable(pid) == "multiwatch")
    with load(service) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in until(run.seconds):
            before = set(processes.descendants(parent))
            victim = random.choice(sorted(before))
            start = time.clock_gettime(time.CLOCK_BOOTTIME)
            processes.kill(victim)
            successor, = eventually(lambda: set(processes.descendants(parent)) - before, 5, "a new worker")
            # By the kernel's own note: how soon this test finds a processor to look does not count.
            back_s.append(processes.start_ticks(successor) / os.sysconf("SC_CLK_TCK") - start)
            kills += 1
            time.sleep(max(0.0, start + 0.5 - time.clock_gettime(time.CLOCK_BOOTTIME)))
    run.did("workers killed", kills)
    run.holds("back within 0.1 s", statistics.median(back_s) < 0.1,
              f"median {statistics.median(back_s):.3f} s, longest {max(back_s):.3f} s")
    segment = account(run, service, clients, rows, kills)
    run.holds("each death is counted", segment["crashes"] == kills, segment["crashes"])


@row("F2", "rolling restarts, under load", full_s=50, short_s=3)
def rolling(run):
    service = run.service(rows=200)
    rows, taken, wanted = service.log_rows(), [], 4 if run.is_short else 50
    with load(service) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in range(wanted):
            done = service.control("restart", "board_count")
            assert done.status == 0, done.output
            taken.append(done.seconds)
    run.did("rolling restarts", wanted)
    run.holds("no worker takes more than 2 s to leave", max(taken) < 6, f"longest roll {max(taken):.1f} s")
    segment = account(run, service, clients, rows, 0)
    run.lost("answers cut", segment["answers_cut"])
    run.holds("nobody crashed", segment["crashes"] == 0, segment["crashes"])


@row("nginx", "nginx's worker and its master are killed in turn, under load", full_s=50, short_s=3)
def nginx_killed(run):
    service = run.service(rows=200)
    rows, kills, wanted, away_s = service.log_rows(), 0, 4 if run.is_short else 50, []

    def front(role):
        return eventually(lambda: next((pid for pid in service.processes()
                                        if processes.executable(pid) == "nginx"
                                        and f"{role} process" in " ".join(processes.command(pid))), None),
                          10, f"nginx's {role}")

    with load(service) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for turn in range(wanted):
            old = front("master")
            victim = front("worker") if turn % 2 else old
            processes.kill(victim)
            start = time.monotonic()
            kills += 1
            if victim == old:
                eventually(lambda: front("master") != old, 10, "another master")
            good = clients.statuses[200]
            eventually(lambda: clients.statuses[200] > good + 20, 10, "answers after the kill")
            away_s.append(time.monotonic() - start)
    run.did("nginx workers and masters killed", kills)
    run.did("seconds until all is well again, median and longest",
            f"{statistics.median(away_s):.2f}, {max(away_s):.2f}")
    # Workers without a master go on until the next master is about to begin: between their letting
    # the port go and its taking it, who connects is refused.
    refused = clients.statuses.pop("ConnectionRefusedError", 0)
    run.lost("connections refused between two nginx", refused, at_most=kills // 2 * REFUSED_A_START)
    account(run, service, clients, rows, kills)


@row("launcher", "a launcher is killed and its keeper starts another, under load", full_s=300, short_s=3)
def launcher_killed(run):
    service = run.service(rows=200)
    rows, wanted, away_s = service.log_rows(), 2 if run.is_short else 50, []
    workers = service.wait_workers("board_count")
    with load(service) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in range(wanted):
            before = service.segment("board_count")
            processes.kill(before["launcher_pid"])
            start = time.monotonic()
            eventually(lambda: adopted(service, before), 20, "a launcher that goes on with the pool")
            away_s.append(time.monotonic() - start)
            good = clients.statuses[200]
            eventually(lambda: clients.statuses[200] > good + 20, what="answers after the kill")
    run.did("launchers killed", wanted)
    run.did("seconds without one, median and longest",
            f"{statistics.median(away_s):.2f}, {max(away_s):.2f}")
    run.lost("answers broken", broken(clients))
    run.holds("the workers are the same", service.workers("board_count") == workers)
    run.sum_rows(service.log_rows() - rows, clients.statuses[200], 0)
    account_killed(run, service, clients, wanted)


def adopted(service, before):
    now = service.segment("board_count")
    return now["launcher_pid"] != before["launcher_pid"] and processes.is_alive(now["launcher_pid"]) \
        and now["program_pid"] == before["program_pid"]


def account_killed(run, service, clients, kills, has_renewed=False):
    """Nothing that had ended is lost with a launcher: its successor finds it in the rings and in the
    journal. Twice may come a batch whose answer it did not live to hear. has_renewed: the workers'
    own counters went with their segments; the books are held to the receiver alone."""
    segment = service.settled("board_count", 30, launchers_killed=math.inf if has_renewed else kills)
    books = segment["spans"]
    run.holds("nobody crashed", segment["crashes"] == 0, segment["crashes"])

    def arrived():
        return [(span.trace_id, span.span_id) for span in service.telemetry.spans()
                if span.resource.get("fcgi.pool") == "board_count"]
    here = eventually(lambda: len(found := arrived()) >= books["exported"] and found, 20,
                      "the collector's file")
    different = len(set(here))
    run.did("spans ended", books["ended"])
    # One that was just being taken out of a ring may stand in the books twice.
    run.lost("spans", books["ended"] - different, at_most=kills)
    run.lost("spans that came twice", len(here) - different, at_most=kills * BATCH)
    run.holds("the books' exported = what the receiver has",
              different - books["dropped"] <= books["exported"] <= len(here),
              f"ended {books['ended']}, exported {books['exported']}, dropped {books['dropped']}; "
              f"receiver {different}, twice {len(here) - different}")
    told = collections.Counter(status == ERROR for status in
                               {(span.trace_id, span.span_id): span.status
                                for span in server_spans(service.telemetry)}.values())
    missing = clients.statuses[200] - told[False]
    run.did("Error spans of requests that were cut off", told[True])
    run.holds("each answer has its SERVER span, but for those counted above",
              0 <= missing <= kills + told[True], missing)
    hold_streams(run, service, may_restart=True)
    return segment


@row("pool", "a whole pool is killed (launcher, manager, workers), under load", full_s=300, short_s=3)
def pool_killed(run):
    service = run.service(rows=200)
    rows, wanted, away_s = service.log_rows(), 2 if run.is_short else 50, []
    open_at_kills = 0
    with load(service) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in range(wanted):
            before = service.segment("board_count")
            # All in one moment: neither may see the other die, and no keeper act in between.
            processes.kill(before["launcher_pid"], signal.SIGSTOP)
            for victim in (*service.processes_below("board_count"), before["launcher_pid"]):
                processes.kill(victim)
            start = time.monotonic()
            open_at_kills += len(service.segment("board_count")["requests"])
            good = clients.statuses[200]
            eventually(lambda: clients.statuses[200] > good + 20, 20, "answers of a new pool")
            away_s.append(time.monotonic() - start)
    run.did("pools killed", wanted)
    run.did("seconds until it answers again, median and longest",
            f"{statistics.median(away_s):.2f}, {max(away_s):.2f}")
    run.holds("no answer but 200 and, while there is no pool, 503",
              set(clients.statuses) <= {200, 502, 503} and clients.statuses[502] <= wanted * CLIENTS,
              dict(clients.statuses))
    run.sum_rows(service.log_rows() - rows, clients.statuses[200], wanted * CLIENTS)
    run.did("requests open at the kills, as their segments have them", open_at_kills)
    segment = account_killed(run, service, clients, wanted, has_renewed=True)
    run.holds("no open request is left", segment["requests"] == [], segment["requests"])
    run.holds("the database is whole", service.query("PRAGMA integrity_check") == [("ok",)])


@row("collector", "the collector is killed and started again, under load", full_s=60, short_s=5)
def collector_killed(run):
    service = run.service(rows=200)
    rows, kills, wanted = service.log_rows(), 0, 2 if run.is_short else 50
    with load(service, pause_s=0.02) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in range(wanted):
            victim = eventually(lambda: next((pid for pid in service.processes()
                                              if "otelcol" in processes.executable(pid)), None),
                                20, "a collector")
            processes.kill(victim)
            processes.wait_gone(victim)
            kills += 1
            good = clients.statuses[200]
            eventually(lambda: clients.statuses[200] > good + 20, what="answers without it")
    run.did("collectors killed", kills)
    run.lost("answers broken", broken(clients))
    run.sum_rows(service.log_rows() - rows, clients.statuses[200], 0)
    books = eventually(lambda: (now := service.settled("board_count", 60)["spans"])["spooled"] == 0
                       and now, 120, "what waited on disk")
    run.did("spans ended", books["ended"])
    run.lost("spans that the launcher gave up", books["failed"] + books["dropped"])
    have = {(span.trace_id, span.span_id) for span in service.telemetry.spans()
            if span.resource.get("fcgi.pool") == "board_count"}
    # It answers before its file has them (its own batches), and is killed with what it holds.
    run.did("spans that a collector had taken when it was killed, and not written", books["exported"] - len(have))
    hold_streams(run, service)
