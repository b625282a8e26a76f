"""Workers, launchers, nginx, the collector, the whole pool: killed or replaced under load."""

import random
import statistics
import time

from harness import processes
from harness.load import Clients
from harness.streams import assert_continuous
from harness.telemetry import SERVER
from harness.wait import eventually
from torture import row, span_ids, until

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
    return segment


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
            processes.kill(victim)
            start = time.monotonic()
            eventually(lambda: set(processes.descendants(parent)) - before, 5, "a new worker")
            back_s.append(time.monotonic() - start)
            kills += 1
            time.sleep(max(0.0, 0.5 - back_s[-1]))
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
    run.holds("metrics are one stream",
              assert_continuous(service.telemetry.points(pool="board_count")) > 0)


@row("nginx", "nginx's worker is killed, under load", full_s=50, short_s=3)
def nginx_killed(run):
    service = run.service(rows=200)
    rows, kills, wanted = service.log_rows(), 0, 3 if run.is_short else 50
    with load(service) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for _ in range(wanted):
            front = next(pid for pid in service.processes() if processes.executable(pid) == "nginx"
                         and "worker" in " ".join(processes.command(pid)))
            processes.kill(front)
            kills += 1
            good = clients.statuses[200]
            eventually(lambda: clients.statuses[200] > good + 20, what="answers after the kill")
    run.did("nginx workers killed", kills)
    account(run, service, clients, rows, kills)


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
    segment = service.settled("board_count", 60)
    run.lost("spans that the launcher gave up", segment["spans"]["failed"] + segment["spans"]["dropped"])
    have = eventually(lambda: len(set(span_ids(service.telemetry))), 10, "spans")
    run.did("spans in the collector's file", have)
