"""The wall clock is set on and back under load, and a program forks in the middle of its telemetry."""

import time

from harness import processes
from harness.compiled import compiled
from harness.load import Clients
from harness.telemetry import SERVER
from harness.wall_clock import WallClock
from harness.wait import eventually
from torture import cpu_s, row, span_ids, until

STEPS_S = (0.01, -0.01, 3600, -3600, -3600, 3600)
STEP_EACH_S = 0.4
EXPORTS_S = 0.5  # as the metrics are told to leave
BUSY = 0.5  # of a processor: the launcher of a pool under this load takes a tenth


@row("F7", "the wall clock is set by 10 ms and by an hour, on and back, under load", full_s=30, short_s=2.5)
def clock_steps(run):
    sink, clock = run.sink(), run.started(WallClock())
    pool = run.pool(environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
                                 "OTEL_METRIC_EXPORT_INTERVAL": int(EXPORTS_S * 1000), **clock.environment()})
    rows, launcher, steps = pool.log_rows(), pool.segment()["launcher_pid"], 0
    reads = clock.reads()
    with Clients(lambda: pool.get("/board/10"), count=2, pause_s=0.005) as clients:
        eventually(lambda: sink.points("http.server.request.duration"), 10, "metrics")
        begin, exports, cpu = time.monotonic(), len(sink.requests), cpu_s(launcher)
        for turn in until(run.seconds):
            clock.step(STEPS_S[turn % len(STEPS_S)])
            steps += 1
            time.sleep(STEP_EACH_S)
        taken, cpu = time.monotonic() - begin, cpu_s(launcher) - cpu
        exports = [path for path, *_ in sink.requests[exports:]]
    segment = pool.settled()
    run.did("steps of the clock", steps)
    spans = sink.spans()
    starts = [span.start for span in spans]
    run.holds("the steps were seen: starts are an hour apart", clock.reads() > reads and
              max(starts) - min(starts) > 3590e9, f"{(max(starts) - min(starts)) / 1e9:.0f} s")
    longest = max(span.end - span.start for span in spans) / 1e9
    run.holds("no span ends before its start", all(span.end >= span.start for span in spans))
    run.holds("no span is longer than any request was", longest <= clients.slowest_s,
              f"{longest:.3f} s of {clients.slowest_s:.3f} s")
    durations = [point for point in sink.points("http.server.request.duration")]
    run.holds("nor does a metric say so", max(point.max for point in durations) <= clients.slowest_s)
    points = sink.points()
    run.holds("no point of a metric ends before its start", all(point.time >= point.start for point in points),
              sum(point.time < point.start for point in points))
    metrics, traces = exports.count("/v1/metrics"), exports.count("/v1/traces")
    run.holds("metrics left neither early nor late", abs(metrics - taken / EXPORTS_S) <= 2,
              f"{metrics} in {taken:.1f} s, one each {EXPORTS_S} s")
    run.holds("nor did spans", taken / 0.1 * 0.3 <= traces <= taken / 0.1 * 1.5 + 2,
              f"{traces} in {taken:.1f} s, one each 0.1 s")
    run.holds("no busy loop in the launcher", cpu / taken < BUSY, f"{cpu / taken:.2f} of a processor")
    run.lost("answers other than 200", clients.answers() - clients.statuses[200])
    run.sum_rows(pool.log_rows() - rows, clients.statuses[200], 0)
    run.sum_books(segment["spans"], span_ids(sink))
    run.sum_spans(clients.statuses[200], 0, len(sink.spans(kind=SERVER)))


FORKS = 1000
AT_ONCE = 50  # children of one request; a slot of one that is gone is free again when its launcher has looked


@row("F8", "a program forks in the middle of its telemetry, also with its ring half full", full_s=60, short_s=1)
def forks(run):
    wanted, sink = 100 if run.is_short else FORKS, run.sink()
    pool = run.pool(worker=compiled("forks"), workers=1, has_database=False, environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
        "OTEL_BSP_MAX_QUEUE_SIZE": 65536, "OTEL_BLRP_MAX_QUEUE_SIZE": 65536})
    workers, good, slowest = pool.workers(), 0, 0.0
    for _ in range(wanted // AT_ONCE):
        begin = time.monotonic()
        good += int(pool.get(f"/x?{AT_ONCE}", route="/x", timeout=30).body)
        slowest = max(slowest, time.monotonic() - begin)
        # Those of the dead are free again: all but the parent's own.
        eventually(lambda: sum(slot["state"] != 0 for slot in pool.segment()["slots"]) <= 1, 10, "free slots")
    run.did("children", wanted)
    run.holds("each was over within 10 s, and well", good == wanted and slowest < 10, f"{good}, slowest {slowest:.2f} s")

    launcher, half = pool.segment()["launcher_pid"], 0
    processes.kill(launcher, 19)  # SIGSTOP: nobody drains
    try:
        while half < 1 << 19:
            assert int(pool.get("/x?+500", route="/x").body) == 500
            half = max(slot["ring_used"] for slot in pool.segment()["slots"])
        good = int(pool.get(f"/x?{AT_ONCE}", route="/x", timeout=30).body)
    finally:
        processes.kill(launcher, 18)
    run.holds("with the ring half full, too", good == AT_ONCE, f"{half >> 10} KB of 1,024 in the ring")
    segment = pool.settled(20)
    children = sink.spans(name="child")
    ids = {span.span_id for span in children}
    parents = {span.span_id: span for span in sink.spans(name="parent")}
    run.lost("spans of children", wanted + AT_ONCE - len(ids))
    run.holds("each arrived once, under an id of its own", len(children) == len(ids), len(children))
    run.holds("and each in a trace of its own: what was open is its parent's alone",
              len({span.trace_id for span in children}) == len(children))
    run.lost("log records of children", wanted + AT_ONCE - len(sink.logs(body="child")))
    run.holds("the parent's are unharmed", len(parents) == wanted // AT_ONCE + 1 and
              all(span.status != 2 for span in parents.values()), len(parents))
    run.holds("the parent lives", pool.workers() == workers)
    run.holds("nothing was dropped", segment["spans"]["dropped"] + segment["spans"]["failed"] == 0, segment["spans"])
    run.sum_books(segment["spans"], span_ids(sink))
