"""Bad input by the million: the unit tests with chance in them, for longer. Their short form is
`make test`, where they run under ASan and UBSan, and TSan, too."""

import collections
import http.client
import json
import mmap
import os
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

import test_otlp_random
from harness import processes, sanitizer
from harness.load import Clients
from harness.paths import BUILD
from harness.pool import Pool
from harness.wait import eventually
from torture import cpu_s, row

ASAN = BUILD.parent / "asan"
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1"}


def run_longer(run, times, *names):
    """The unit programs, so many times as long; of the build with sanitizers where there is one."""
    for name in names:
        program = next(path for build in (ASAN, BUILD) if (path := build / "unit" / name).exists())
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env={**os.environ, **SANITIZERS, "TEST_TIMES": str(times)})
        passed = len(re.findall(r"^\[ +OK \]", done.stdout, re.MULTILINE))
        run.holds(f"{name}, {times} times as long, {'with sanitizers' if ASAN in program.parents else 'without them'}",
                  done.returncode == 0 and passed > 0, f"{passed} tests" if done.returncode == 0 else done.stdout[-600:])


@row("B3", "texts by chance through both escapers, against slow references", full_s=60)
def texts(run):
    run_longer(run, 50, "otel/base/test_json_escape", "fcgi_app/view/test_post_json")
    run.did("texts, each escaper", 10_000_000)


@row("B4", "mutations of traceparent, tracestate, baggage and the other propagators' headers", full_s=60)
def headers(run):
    run_longer(run, 10, *(f"otel/record/test_propagate_{name}"
                          for name in ("tracecontext", "baggage", "b3", "jaeger", "xray")))
    run.did("mutations, each header, at least", 1_000_000)


@row("B5", "records by chance through the encoders, read by an independent decoder", full_s=60)
def records(run):
    times = 56
    with tempfile.TemporaryDirectory(prefix="board-records-") as folder:
        path = Path(folder) / "records"
        subprocess.run([test_otlp_random.PROGRAM], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "RECORDS_FILE": str(path), "TEST_TIMES": str(times)})
        counts = test_otlp_random.check_file(path)
    run.did("spans, points and log records", sum(counts.values()))
    run.holds("JSON and protobuf say the same, in the protocol's shape", sum(counts.values()) >= 100_000, dict(counts))


@row("B6", "mutations of a receiver's answers, trailers and headers, and of heads that come in", full_s=60)
def answers(run):
    run_longer(run, 50, "otel/agent/pipeline/test_answer", *(f"otel/agent/send/test_{name}"
                                                            for name in ("grpc_status", "retry", "http_head")))
    run.did("mutations, each parser", 1_000_000)


class ScribbledPool(Pool):
    """Its counters were written over: no book of it balances."""

    def check_books(self, timeout=5.0):
        pass


GROWTH_KB = 4096
SCRIBBLE_BYTES = 64


def own_memory_kb(pid):
    """Not the segment, whose pages it touches one after the other."""
    return int(re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])


def scribble(shared, chance, slots):
    """Bytes by chance, as a worker gone bad may write: half of them where something is, a slot's
    head or the ring's beginning; and anywhere, but for the launcher's own pid and the like in the
    first page, by which a test finds it."""
    slot = chance.choice(slots)
    at = chance.choice((
        slot["head_offset"] + chance.randrange(-256, 256), slot["ring_offset"] + chance.randrange(1 << 16),
        chance.randrange(4096, slots[0]["head_offset"]), chance.randrange(4096, len(shared) - SCRIBBLE_BYTES)))
    size = chance.choice((1, 4, 8, SCRIBBLE_BYTES))
    at = min(max(at, 4096), len(shared) - size)
    shared[at:at + size] = chance.choice((chance.randbytes(size), bytes(size), b"\xff" * size))


@row("scribble", "a worker gone bad writes anything anywhere into the segment, under load", full_s=30, short_s=2)
def scribbled(run):
    seed = random.randrange(2**31)
    chance, sink = random.Random(seed), run.sink()
    pool = run.started(ScribbledPool(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})).start()
    launcher, writes, slots = pool.process.pid, 0, pool.segment()["slots"][:16]
    with Clients(lambda: pool.get("/board/10", timeout=2), count=2, pause_s=0.002) as clients, \
            open(pool.segment_path, "r+b") as file, mmap.mmap(file.fileno(), 0) as shared:
        eventually(lambda: clients.statuses[200] > 50, what="load")
        before, cpu, begin = own_memory_kb(launcher), cpu_s(launcher), time.monotonic()
        while time.monotonic() < begin + run.seconds:
            for _ in range(100):
                scribble(shared, chance, slots)
            writes += 100
            time.sleep(0.005)
        grown, share = own_memory_kb(launcher) - before, (cpu_s(launcher) - cpu) / (time.monotonic() - begin)
    run.did("writes by chance", writes)
    run.did("requests meanwhile", clients.answers())
    run.holds("the launcher lives", processes.is_alive(launcher), f"seed {seed}")
    # A sanitizer keeps what was freed.
    run.holds(f"and does not grow by {GROWTH_KB} KB", grown <= GROWTH_KB or sanitizer.is_on(), f"{grown} KB")
    run.holds("nor spin", share < 0.9, f"{share:.2f} of a processor")
    stopped = pool.stop(10)
    run.holds("no sanitizer has a word to say", not sanitizer.reports(pool.text()), sanitizer.reports(pool.text())[:1])
    run.holds("and leaves when it is told to", stopped.seconds < 5, f"{stopped.seconds:.2f} s, status {stopped.status}")


NAMES, NAMES_A_REQUEST, PATHS = 100_000, 50, 10_000


@row("flood", "100,000 names of headers, 10,000 paths and methods, of one client", full_s=60)
def flood(run):
    """Nothing that a client sends becomes a key, or a stream of its own, or stays in memory."""
    service = run.service(rows=200)
    launcher = service.launcher("board_count")
    before = own_memory_kb(launcher)
    connection = http.client.HTTPConnection("127.0.0.1", service.ports.http, timeout=10)
    statuses = collections.Counter()

    def send(method, target, headers=()):
        connection.request(method, target, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        statuses[answer.status] += 1
    for first in range(0, NAMES, NAMES_A_REQUEST):
        send("GET", "/board/1", {f"X-Flood-{first + i}": "x" for i in range(NAMES_A_REQUEST)})
    run.did("names of headers", NAMES)
    for number in range(PATHS):
        if number % 2:
            send(f"ODD{chr(65 + number % 26)}{chr(65 + number // 26 % 26)}", "/board/1")
        else:
            send("GET", f"/board/{number}x")
    run.did("paths and methods", PATHS)
    connection.close()
    grown = own_memory_kb(launcher) - before
    probe = service.traced("/board/1", {"X-Flood-1": "x"})
    span = service.telemetry.server_span(probe.trace_id)
    points = service.telemetry.points("http.server.request.duration")
    sets = {json.dumps(point.attributes, sort_keys=True) for point in points}
    run.holds("each was answered", set(statuses) == {200, 404, 405}, dict(statuses))
    run.holds("none is a key of a span", not [key for key in span.attributes if "flood" in key.lower()])
    run.holds("none is a stream of a metric", len(sets) < 40 and not any("ODD" in text or "x\"" in text for text in sets),
              f"{len(sets)} sets")
    run.holds(f"the launcher has not grown by {GROWTH_KB} KB", grown <= GROWTH_KB, f"{grown} KB")
