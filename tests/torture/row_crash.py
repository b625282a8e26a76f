"""Workers die of every signal, under load: what was open in them is told, once."""

import collections
import random
import signal
import threading

from harness import processes
from harness.load import Clients
from harness.telemetry import SERVER, new_trace_id, traceparent
from harness.wait import eventually
from torture import row, span_ids

SIGNALS = [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGKILL]
CLIENTS = 4
FATAL = 21


class Asked:
    """Every request by its trace: what became of it, as its client saw it."""

    def __init__(self, pool):
        self._pool, self._lock, self.outcomes = pool, threading.Lock(), {}

    def __call__(self):
        trace_id, outcome = new_trace_id(), "no answer"
        try:
            answer = self._pool.get("/board/100", headers={"traceparent": traceparent(trace_id)})
            outcome = answer.status
            return answer
        except (ConnectionResetError, BrokenPipeError):
            # The kernel says so of a Unix socket whose other end closed with bytes unread: no
            # worker had begun with this request.
            outcome = "unread"
            raise
        finally:
            with self._lock:
                self.outcomes[trace_id] = outcome


def of_the_dead(span):
    return str(span.attributes.get("error.type", "")).startswith("SIG")


@row("crash", "workers die by SEGV, ABRT, BUS, FPE, ILL and KILL, under load", full_s=600, short_s=5)
def crashes(run):
    deaths, victims = 12 if run.is_short else 1000, []
    sink = run.sink()
    pool = run.pool(environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
        "OTEL_BSP_MAX_QUEUE_SIZE": 65536, "OTEL_BLRP_MAX_QUEUE_SIZE": 65536})
    rows, asked = pool.log_rows(), Asked(pool)
    with Clients(asked, count=CLIENTS, pause_s=0.001) as clients:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        for number in range(deaths):
            workers = eventually(lambda: len(found := pool.workers()) == 2 and found, 5, "two workers")
            good = clients.statuses[200]
            victims.append(random.choice(workers))
            processes.kill(victims[-1], SIGNALS[number % len(SIGNALS)])
            processes.wait_gone(victims[-1])
            eventually(lambda: clients.statuses[200] >= good + 5, 5, "answers after the death")
            if number % 100 == 99:
                run.progress(f"{number + 1} deaths")
    run.did("deaths", deaths)
    segment = eventually(lambda: (now := pool.settled(30))["crashes"] >= deaths and now, 10,
                         "all deaths counted")
    run.holds("each death is counted once", segment["crashes"] == deaths, segment["crashes"])
    told = collections.Counter(record.attributes.get("process.pid") for record in sink.logs()
                               if record.severity >= FATAL)
    run.holds("exactly one FATAL log record each", told == collections.Counter(victims),
              f"{sum(told.values())} records of {len(told)} processes")
    reading = sum(record.attributes.get("otel.c.worker.reading", 0) for record in sink.logs())
    account(run, asked.outcomes, sink, reading)
    run.holds("no open request is left", segment["requests"] == [], segment["requests"])
    run.sum_rows(pool.log_rows() - rows, clients.statuses[200], deaths * CLIENTS)
    run.sum_books(segment["spans"], span_ids(sink))


def account(run, outcomes, sink, reading):
    """Each request against the SERVER spans of its trace. reading: threads that died with a
    connection taken up and no request begun; what they had read of it has no trace yet."""
    spans = collections.defaultdict(list)
    for span in sink.spans(kind=SERVER):
        spans[span.trace_id].append(span)
    kinds = collections.Counter()
    for trace_id, outcome in outcomes.items():
        of_trace = spans[trace_id]
        how = "twice" if len(of_trace) > 1 else "none" if not of_trace \
            else "dead" if of_the_dead(of_trace[0]) else "ended"
        kinds[outcome, how] += 1
    broken = kinds["no answer", "dead"]
    run.did("Error spans of requests that broke", broken)
    run.did("Error spans of requests whose answer had just left", kinds[200, "dead"])
    run.did("requests that no worker had begun to read, and that left none", kinds["unread", "none"])
    run.holds("requests broke", broken > 0, broken)
    run.lost("requests read and not yet begun, without a span", kinds.pop(("no answer", "none"), 0),
             at_most=reading)
    run.holds("every request that was open has exactly one Error span, every other answered one its own",
              set(kinds) <= {("no answer", "dead"), ("unread", "none"), (200, "dead"), (200, "ended")},
              dict(kinds))
