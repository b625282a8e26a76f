"""The receiver of OTLP misbehaves on the wire, in ways that no well-made server has: whatever it
does, requests do not notice, the books balance, and a batch arrives at most once. (That it is
away, slow or refuses in good form: test_collector_down.py.)"""

import gzip
import json
import socket
import struct
import threading
import time

import pytest

from harness.telemetry import SERVER, Telemetry
from harness.wait import eventually

REQUESTS = 30
ATTEMPT_MS = 400  # time-out of one attempt
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class RawSink(Telemetry):
    """Plays a script to each request of the signal `bad`, and takes those of the others. The
    script gets the connection and returns whether it took the document; None in its place: all
    is well. attempts: (monotonic time, path, headers) of every request of that signal."""

    def __init__(self):
        super().__init__()
        self.script, self.bad, self.attempts = None, "traces", []
        self._taken = {"traces": [], "metrics": [], "logs": []}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.is_over = threading.Event()
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def documents(self, signal):
        with self._lock:
            taken, self._taken[signal] = self._taken[signal], []
        return taken

    def _accept(self):
        while not self.is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while self._one(connection, stream):
                    pass
            except OSError:
                pass  # the launcher has given up on this connection: its right

    def _one(self, connection, stream):
        line = stream.readline()
        if not line:
            return False
        headers = {}
        while (header := stream.readline().strip()):
            name, _, value = header.partition(b":")
            headers[name.decode().lower()] = value.strip().decode()
        body = stream.read(int(headers["content-length"]))
        path = line.split()[1].decode()
        signal = path.rpartition("/")[2]
        script = self.script if signal == self.bad else None
        if signal == self.bad:
            self.attempts.append((time.monotonic(), path, headers))
        if script is None:
            self._take(signal, headers, body)
            connection.sendall(TAKEN)
            return True
        if script(connection):
            self._take(signal, headers, body)
        return False

    def _take(self, signal, headers, body):
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        with self._lock:
            self._taken[signal].append(json.loads(body))

    def close(self):
        self.is_over.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # close alone leaves the thread in accept
        self._accepting.join()
        self._listener.close()


@pytest.fixture
def raw_sink():
    sink = RawSink()
    yield sink
    sink.close()


@pytest.fixture
def observed(pools, raw_sink):
    """A pool that sends to the raw sink."""
    return lambda **environment: pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": raw_sink.endpoint,
        "OTEL_EXPORTER_OTLP_TIMEOUT": ATTEMPT_MS, **environment})


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(_):
    pass


def hang(_):
    time.sleep(3 * ATTEMPT_MS / 1000)


def trickle(connection):
    for byte in TAKEN[:3]:
        connection.sendall(bytes([byte]))
        time.sleep(ATTEMPT_MS / 2000)


def half_a_head(connection):
    connection.sendall(TAKEN[:6])


def ask(pool, count=REQUESTS):
    for _ in range(count):
        assert pool.get("/board/1").status == 200


def assert_each_arrived_once(pool, sink):
    books = pool.settled(20)["spans"]
    ids = [(span.trace_id, span.span_id) for span in sink.spans()]
    assert len(ids) == len(set(ids)) == books["ended"] == books["exported"]


@pytest.mark.parametrize("script", [reset, close, hang, trickle, half_a_head])
def test_a_connection_that_breaks_is_tried_again(observed, raw_sink, script):
    raw_sink.script = script
    pool = observed()

    ask(pool)
    eventually(lambda: len(raw_sink.attempts) >= 2, 10, "a second attempt")
    raw_sink.script = None

    eventually(lambda: len(raw_sink.spans(kind=SERVER)) >= REQUESTS, 20, "what was held back")
    assert_each_arrived_once(pool, raw_sink)


def answers_five_megabytes(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")
    connection.sendall(bytes(5000000))
    return True


def answers_without_end(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(bytes(65536))


@pytest.mark.parametrize("script", [answers_five_megabytes, answers_without_end])
def test_an_answer_that_is_too_large_is_read_no_further(observed, raw_sink, script):
    raw_sink.script = script
    pool = observed()

    ask(pool)

    books = eventually(lambda: (found := pool.settled()["spans"])["failed"] > 0 and found,
                       what="failed spans")
    assert books["exported"] == 0
    point = eventually(lambda: raw_sink.points("otel.sdk.exporter.span.exported",
                                               error_type="response_too_large"),
                       what="the reason in the metrics")[-1]
    assert point.value > 0


def says_too_long(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 100\r\n\r\n{}")
    return True


def test_what_was_taken_is_not_sent_again_for_a_broken_answer(observed, raw_sink):
    raw_sink.script = says_too_long
    pool = observed()

    ask(pool)

    eventually(lambda: len(raw_sink.spans(kind=SERVER)) >= REQUESTS, what="the spans")
    assert_each_arrived_once(pool, raw_sink)


def takes_all_but_one(connection):
    body = b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old for us"}}'
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                       b"Connection: close\r\n"  # the sink does, and the next batch is under way
                       b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    return True


def test_a_partial_success_is_counted_told_once_and_never_repeated(observed, raw_sink):
    raw_sink.script = takes_all_but_one
    pool = observed()

    ask(pool)

    books = pool.settled()["spans"]
    assert books["failed"] == len(raw_sink.attempts) > 0
    assert books["exported"] == books["ended"] - books["failed"]
    assert pool.text().count("too old for us") == 1


def test_retry_after_is_kept_within_a_tenth(observed, raw_sink):
    def busy(connection):
        connection.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n")
    raw_sink.script = busy
    pool = observed()

    ask(pool, 1)
    eventually(lambda: len(raw_sink.attempts) >= 2, 10, "the second attempt")
    raw_sink.script = None

    first, second = (at for at, _, _ in raw_sink.attempts[:2])
    assert 2.0 <= second - first <= 2.2
    pool.settled(20)


def test_attempts_come_further_and_further_apart(observed, raw_sink):
    def busy(connection):
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    raw_sink.script = busy
    pool = observed()

    ask(pool, 1)
    eventually(lambda: len(raw_sink.attempts) >= 4, 15, "four attempts")
    raw_sink.script = None

    times = [at for at, _, _ in raw_sink.attempts[:4]]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert 0.5 <= gaps[0] <= 1.6
    assert all(1.4 * earlier <= later <= 2.1 * earlier + 0.1
               for earlier, later in zip(gaps, gaps[1:])), gaps
    pool.settled(20)


def test_gzip_headers_and_user_agent(observed, raw_sink):
    pool = observed(OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
                    OTEL_EXPORTER_OTLP_HEADERS="api-key=a%20b,x-other=1")

    ask(pool)

    eventually(lambda: len(raw_sink.spans(kind=SERVER)) >= REQUESTS, what="the spans")
    _, path, headers = raw_sink.attempts[0]
    assert path == "/v1/traces"
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "application/json"
    assert headers["api-key"] == "a b"
    assert headers["x-other"] == "1"
    assert headers["user-agent"].startswith("OTel-OTLP-Exporter-C/")
    assert "expect" not in headers


def test_a_stop_does_not_wait_for_a_receiver_that_hangs(observed, raw_sink):
    raw_sink.script = lambda connection: raw_sink.is_over.wait(10) and None
    pool = observed(OTEL_EXPORTER_OTLP_TIMEOUT=10000)
    ask(pool)

    ended = pool.stop()

    assert ended.seconds < 3
