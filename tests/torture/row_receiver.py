"""A receiver that misbehaves in every way: a script for each, then it is good again, and all is counted."""

import json
import socket
import struct
import threading
import time

from harness.sink import Sink
from harness.paths import free_ports
from harness.wait import eventually, for_a_while
from torture import row, span_ids

REQUESTS = 20
RETRY_AFTER_S = 2
FOR_GOOD = ("400", "413")  # these are not tried again


def answer(status=200, body=b"{}", length=None, headers=()):
    lines = [f"HTTP/1.1 {status} as told", "Content-Type: application/json",
             f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def drip(connection, is_over):
    """1 byte a second."""
    for byte in answer():
        if is_over.wait(1.0):
            return
        connection.sendall(bytes([byte]))


def hang(connection, is_over):
    is_over.wait()


def reset(connection, _):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say(content, then_hang=False):
    def act(connection, is_over):
        connection.sendall(content)
        if then_hang:
            is_over.wait()
    return act


PARTIAL = json.dumps({"partialSuccess": {"rejectedSpans": "1", "errorMessage": "as told"}}).encode()
CASES = {  # None: nobody listens
    "refuses": None,
    "hangs after accept": hang,
    "hangs in mid-answer": say(answer()[:30], then_hang=True),
    "resets": reset,
    "1 byte a second": drip,
    "400": say(answer(400)),
    "413": say(answer(413)),
    "429": say(answer(429)),
    "503": say(answer(503)),
    "429, Retry-After": say(answer(429, headers=[f"Retry-After: {RETRY_AFTER_S}"])),
    "503, Retry-After": say(answer(503, headers=[f"Retry-After: {RETRY_AFTER_S}"])),
    "5 MB": say(answer(body=b" " * 5_000_000)),
    "wrong length": say(answer(length=100)),
    "partial success": say(answer(body=PARTIAL)),
}
IN_SHORT = ("400", "503, Retry-After")
ANSWERED_OK = ("1 byte a second", "hangs in mid-answer", "wrong length")  # may count as taken


class Scripted:
    """Reads one request a connection, notes its path and time, then acts."""

    def __init__(self, port, act):
        self.arrivals, self.connections = [], 0
        self._act, self._is_over, self._threads = act, threading.Event(), []
        self._listening = socket.create_server(("127.0.0.1", port), backlog=64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self):
        while not self._is_over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        with connection:
            try:
                connection.settimeout(20)
                if self._act is not hang:
                    self._read(connection)
                self._act(connection, self._is_over)
            except OSError:
                pass  # the launcher gave up on it

    def _read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n")
                      if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            body += connection.recv(65536)
        self.arrivals.append((head.split()[1].decode(), time.monotonic()))

    def times(self, path="/v1/traces"):
        return [at for of, at in self.arrivals if of == path]

    def close(self):
        self._is_over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)


def misbehave(run, name, act, seconds):
    port, = free_ports(1)
    scripted = Scripted(port, act) if act else None
    pool = run.pool(environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_EXPORTER_OTLP_TIMEOUT": 1000,
        "OTEL_METRIC_EXPORT_INTERVAL": 60000})
    slowest = 0.0
    for _ in range(REQUESTS):
        start = time.monotonic()
        assert pool.get("/board/1").status == 200
        slowest = max(slowest, time.monotonic() - start)
    for_a_while(lambda: None, seconds)
    times = scripted.times() if scripted else []
    if scripted:
        run.holds(f"{name}: it really happened", scripted.connections > 0, scripted.connections)
        scripted.close()
    sink = Sink(port)
    try:
        assert pool.get("/board/1").status == 200
        eventually(lambda: pool.settled(0.1), 20, f"{name}: the end of what waited")
        books = pool.settled()["spans"]
        received = len(set(span_ids(sink)))
    finally:
        sink.close()
    figure = {part: count for part, count in books.items() if count}
    run.did(f"{name}: attempts", len(times) or (scripted.connections if scripted else 0))
    run.holds(f"{name}: no request waited for it", slowest < 0.5, f"{slowest * 1000:.0f} ms")
    if name in FOR_GOOD:
        run.holds(f"{name}: counted as failed", books["failed"] > 0, figure)
        run.holds(f"{name}: the books balance", books["failed"] + received == books["ended"], figure)
    elif name in ("partial success", "5 MB"):  # an answer above the limit is a failure
        run.holds(f"{name}: what it did not take for sure is counted as failed", books["failed"] > 0, figure)
    else:
        run.holds(f"{name}: all were received, or the first answers took them",
                  (received <= books["exported"] if name in ANSWERED_OK
                   else received == books["exported"])
                  and books["failed"] + books["dropped"] == 0,
                  f"{figure}, received {received}")
    gaps = [after - before for before, after in zip(times, times[1:])]
    if "Retry-After" in name:
        run.holds(f"{name}: kept within 10 %", bool(gaps) and
                  all(RETRY_AFTER_S <= gap <= 1.1 * RETRY_AFTER_S for gap in gaps),
                  [round(gap, 2) for gap in gaps])
    elif name in ("429", "503", "resets"):
        run.holds(f"{name}: the back-off grows", len(gaps) >= 2 and gaps[-1] > gaps[0],
                  [round(gap, 2) for gap in gaps])


@row("F6", "a receiver that misbehaves, case by case", full_s=5, short_s=2.5)
def receiver(run):
    for name, act in CASES.items():
        if not run.is_short or name in IN_SHORT:
            misbehave(run, name, act, run.seconds)
