"""Peers that send half, nothing, or read nothing; descriptors that run out; and full load, to the row."""

import contextlib
import os
import resource
import time

from harness import database, fastcgi, processes
from harness.load import Clients
from harness.wait import eventually, for_a_while
from torture import cpu_s, row

TARGET = "/board/1"
TIMEOUT_S = 1.0
PAUSE_S = 0.001  # or the test itself takes the processors from the others
NOISE_S, NOISE_SHORT_S = 0.02, 0.25  # of a client in Python; of one beside the rest of `make test`


class Others:
    """Two steady clients, and how long each of their answers took."""

    def __init__(self, pool, target=TARGET):
        self.times = []
        self._pool, self._target = pool, target
        self.clients = Clients(self._send, count=2, pause_s=0.002)

    def _send(self):
        begin = time.monotonic()
        answer = self._pool.get(self._target)
        self.times.append(time.monotonic() - begin)
        return answer

    def p99(self, since=0):
        times = sorted(self.times[since:])
        return times[int(len(times) * 0.99)]


def hold(run, pool, what, others, act):
    """act() misbehaves while the others go on."""
    begin, calm = len(others.times), others.p99()
    act()
    p99 = others.p99(begin)
    noise = NOISE_SHORT_S if run.is_short else NOISE_S
    run.holds(f"{what}: p99 of others at most twice, or {noise * 1000:.0f} ms", p99 <= max(2 * calm, noise),
              f"{p99 * 1000:.1f} ms, calm {calm * 1000:.1f} ms")
    eventually(lambda: len(pool.segment()["requests"]) <= 2, 5,
               f"{what}: no request left but the others'")


def cut_everywhere(pool, step):
    whole = fastcgi.message(fastcgi.params_of(TARGET))
    for end in range(1, len(whole), step):
        with fastcgi.Connection(pool.socket) as connection:
            connection.send(whole[:end])
        time.sleep(PAUSE_S)
    return len(range(1, len(whole), step))


def half_and_silent(run, pool):
    whole = fastcgi.message(fastcgi.params_of(TARGET))
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(fastcgi.Connection(pool.socket))
        half = [stack.enter_context(fastcgi.Connection(pool.socket, timeout=5)) for _ in range(2)]
        begin = time.monotonic()
        for connection in half:
            connection.send(whole[:len(whole) // 2])
        closed = all(connection.is_closed() for connection in half)
        taken = time.monotonic() - begin
    run.holds("half a request: its slot is free within the timeout", closed and taken <= TIMEOUT_S + 1,
              f"{taken:.2f} s of {TIMEOUT_S} s")


def stopped_reader(run, pool):
    """Takes nothing of 50,000 rows: it is cut off, and what it held is given back."""
    with fastcgi.Connection(pool.socket, timeout=5) as lazy:
        lazy.send(fastcgi.message(fastcgi.params_of("/log")))
        begin = time.monotonic()
        eventually(lambda: pool.segment()["requests"], 5, "an open request")
        eventually(lambda: all(request["route"] != "/log" for request in pool.segment()["requests"]), 10,
                   "the end of the request")
        taken = time.monotonic() - begin
    # Of the last piece the kernel may take a part: then it is tried once more.
    run.holds("a stopped reader: its slot is free within twice the timeout", taken <= 2 * TIMEOUT_S + 1,
              f"{taken:.2f} s of {TIMEOUT_S} s")


@row("F9", "half requests, silent peers, readers that stop, requests cut at every byte", full_s=20, short_s=1)
def bad_peers(run):
    timeouts = {"BOARD_READ_TIMEOUT_MS": int(TIMEOUT_S * 1000), "BOARD_SEND_TIMEOUT_MS": int(TIMEOUT_S * 1000)}
    pool = run.pool(workers=1, environment=timeouts)
    worker, = pool.workers()
    rows = pool.log_rows()
    eventually(lambda: pool.segment()["requests"] == [], 5, "a calm pool")
    sockets, descriptors = processes.sockets_of(worker), len(os.listdir(f"/proc/{worker}/fd"))
    others, cuts = Others(pool), 0

    def cut():
        nonlocal cuts
        deadline = time.monotonic() + run.seconds
        while cuts == 0 or time.monotonic() < deadline:
            cuts += cut_everywhere(pool, 1)
    with others.clients as clients:
        for_a_while(lambda: None, 1 if run.is_short else 3)
        hold(run, pool, "cut at every byte", others, cut)
        hold(run, pool, "half and silent", others, lambda: half_and_silent(run, pool))
    run.did("requests cut", cuts)
    run.lost("answers of others", clients.answers() - clients.statuses[200])
    eventually(lambda: pool.segment()["requests"] == [] and processes.sockets_of(worker) <= sockets, 5,
               "as few sockets as before")
    # The database's files are opened by each thread when it first needs them: db, wal, shm.
    run.holds("descriptors are back", len(os.listdir(f"/proc/{worker}/fd")) <= descriptors + 3 * 5,
              f"{sockets} sockets; {descriptors} descriptors before, {len(os.listdir(f'/proc/{worker}/fd'))} now")
    run.holds("the worker lives", pool.workers() == [worker])
    run.sum_rows(pool.log_rows() - rows, clients.statuses[200], 0)

    log = run.pool("log", workers=1, environment=timeouts)
    database.add_calls(log.db, 50_000)
    others = Others(log, "/nothing")
    with others.clients as clients:
        for_a_while(lambda: None, 0.5)
        hold(run, log, "a stopped reader", others, lambda: stopped_reader(run, log))
    run.lost("answers of others than its reader", clients.answers() - clients.statuses[404])


DESCRIPTORS = 1500
SPARE = 8


def inherited(run):
    """Descriptors 3 to 1,500, open in all that is started from here on; None where that may not be."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 4096:
        return None
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, before[1]))
    made = [os.open("/dev/null", os.O_RDONLY) for _ in range(DESCRIPTORS)]

    class Back:
        @staticmethod
        def close():
            for descriptor in made:
                os.close(descriptor)
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    run.started(Back)
    return made


def used_up(run, pool):
    """No descriptor is left: connections wait, nobody spins, and it is over when some are closed."""
    worker, = pool.workers()
    assert pool.get(TARGET).status == 200
    highest = max(map(int, os.listdir(f"/proc/{worker}/fd")))
    before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as stack:
        kept = stack.enter_context(fastcgi.Connection(pool.socket))
        kept.send(fastcgi.message(fastcgi.params_of(TARGET), is_kept=True))
        answers = [kept.answer()]
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (highest + SPARE, before[1]))
        for _ in range(10 * SPARE):
            stack.enter_context(fastcgi.Connection(pool.socket))
        waits = stack.enter_context(fastcgi.Connection(pool.socket, timeout=0.5))
        waits.send(fastcgi.message(fastcgi.params_of(TARGET)))
        is_waiting = not waits.is_closed()
        begin, cpu = time.monotonic(), cpu_s(worker)
        for_a_while(lambda: None, 1)
        share = (cpu_s(worker) - cpu) / (time.monotonic() - begin)
        kept.send(fastcgi.message(fastcgi.params_of(TARGET), is_kept=True))
        answers.append(kept.answer())
    begin = time.monotonic()
    eventually(lambda: pool.get(TARGET, timeout=2).status == 200, 5, "an answer when some are closed")
    taken = time.monotonic() - begin
    resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
    run.holds("at the limit a new connection waits", is_waiting, f"limit {highest + SPARE}")
    # By a thread that has not opened the database yet, that is a refusal which says why.
    run.holds("and one that is kept is answered", all(
        answer.status == 200 or answer.status == 503 and b"no descriptor" in answer.body for answer in answers),
        [answer.status for answer in answers])
    run.holds("nobody spins", share < 0.2, f"{share:.2f} of a processor")
    run.holds("well when some are closed", taken <= 1, f"{taken:.2f} s")
    run.holds("the worker lives", pool.workers() == [worker])


@row("F10", f"{DESCRIPTORS} descriptors are open from the start; no descriptor is left", full_s=10, short_s=1)
def descriptors(run):
    made = inherited(run)
    if made is None:
        run.progress("descriptors beyond 4,096 are not allowed here")
        made = ()
    pool = run.pool(workers=1, inherited=made)
    rows, worker = pool.log_rows(), pool.workers()[0]
    statuses = [pool.get(TARGET).status for _ in range(100)]
    run.did("descriptors open from the start", len(made))
    run.holds("served above 1,024", max(map(int, os.listdir(f"/proc/{worker}/fd"))) > 1024 or not made)
    run.lost("answers other than 200", len(statuses) - statuses.count(200))
    run.sum_rows(pool.log_rows() - rows, statuses.count(200), 0)
    for turn in range(1 if run.is_short else 5):
        used_up(run, pool)
        run.progress(f"used up {turn + 1}")


CONNECTIONS = 16


@row("L8", "full load: every answer has its row in the call log", full_s=60, short_s=2)
def rows_of_answers(run):
    service = run.service(rows=200)
    rows = service.log_rows()
    with service.wrk("/board/10", int(run.seconds), CONNECTIONS) as load:
        pass
    run.did("answers", load.result.requests)
    run.lost("answers other than 200", load.result.status + load.result.read + load.result.timeout)
    # wrk drops what is open when its time is over.
    run.sum_rows(service.log_rows() - rows, load.result.requests, CONNECTIONS)
    run.holds("the file is whole", service.query("PRAGMA integrity_check") == [("ok",)])
