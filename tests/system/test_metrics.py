"""The metrics of each route, of the processes, of the machine, and of the telemetry itself."""

import time

import pytest

from harness.streams import assert_continuous, number
from harness.wait import eventually

DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
DATABASE_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
CUMULATIVE = 2
DRAIN_NS = 250_000_000


def newest(service, name, pool, **attributes):
    found = service.telemetry.points(name, pool, **attributes)
    return found[-1] if found else None


def count_of(point):
    return 0 if point is None else number(point)


def grown(service, name, pool, by, do, **attributes):
    """The stream's newest point once it has grown by so much through do(). What was recorded
    before is waited for: it is in a collection that began later than the rings are drained."""
    called_ns = time.time_ns()
    eventually(lambda: service.telemetry.point("process.memory.usage", pool).time
               > called_ns + DRAIN_NS, what=f"the next collection of {pool}")
    before = count_of(newest(service, name, pool, **attributes))
    do()
    def probe():
        point = newest(service, name, pool, **attributes)
        assert count_of(point) == before + by, f"{name}: {count_of(point)}, was {before}"
        return point
    return eventually(probe, what=f"{name} grown by {by}")


@pytest.mark.parametrize("target, route, pool, status", [
    ("/board", "/board", "board", 200),
    ("/board/4", "/board/{count}", "board_count", 200), ("/log", "/log", "log", 200),
    ("/user", "/user", "user", 500)])
def test_request_duration_counts_each_request_of_a_route(service, target, route, pool, status):
    def three():
        for _ in range(3):
            service.get(target)

    point = grown(service, "http.server.request.duration", pool, 3, three,
                  http_route=route, http_request_method="GET", http_response_status_code=status)

    assert (point.kind, point.unit, point.temporality) == ("histogram", "s", CUMULATIVE)
    assert point.bounds == DURATION_BOUNDS
    assert sum(point.buckets) == point.count and 0 < point.sum < point.count * 10
    wanted = {"http.request.method", "url.scheme", "http.route", "http.response.status_code",
              "network.protocol.version"} | ({"error.type"} if status == 500 else set())
    assert set(point.attributes) == wanted


def test_database_operations_are_timed(service):
    point = grown(service, "db.client.operation.duration", "board_count", 1,
                  lambda: service.get("/board/4"), db_query_summary="INSERT log_api")

    assert (point.kind, point.unit) == ("histogram", "s")
    assert point.bounds == DATABASE_BOUNDS
    assert point.attributes["db.system.name"] == "sqlite"
    assert "db.query.text" not in point.attributes


def test_the_total_number_of_posts_is_a_gauge(service):
    service.get("/board")

    point = service.telemetry.point("board.posts", "board")

    assert (point.kind, point.unit, point.value) == ("gauge", "{post}", 1000)


def test_posts_returned_are_counted(service):
    point = grown(service, "board.posts.returned", "board_count", 17,
                  lambda: service.get("/board/17"))

    assert (point.kind, point.unit, point.is_monotonic) == ("sum", "{post}", True)


def test_the_count_asked_for_is_a_histogram(service):
    def two():
        service.get("/board/3")
        service.get("/board/2000")

    before = newest(service, "board.count.requested", "board_count")
    point = grown(service, "board.count.requested", "board_count", 2, two)

    assert (point.kind, point.unit) == ("histogram", "{post}")
    assert before is None or point.sum > before.sum


def test_rows_of_the_log_are_counted(service):
    service.get("/board/1")
    rows = service.log_rows()

    point = grown(service, "board.log.rows.returned", "log", rows, lambda: service.get("/log"))

    assert (point.kind, point.unit, point.is_monotonic) == ("sum", "{row}", True)


def test_errors_are_counted_by_type(service):
    answer = service.traced("/user")
    span = service.telemetry.server_span(answer.trace_id)

    point = grown(service, "board.errors", "user", 1, lambda: service.get("/user"),
                  error_type=span.attributes["error.type"])

    assert (point.kind, point.unit, point.is_monotonic) == ("sum", "{error}", True)


@pytest.mark.parametrize("pool", ["board", "board_count", "log", "user", "status"])
def test_each_pool_tells_what_its_processes_use(service, pool):
    service.get("/")
    telemetry = service.telemetry

    for mode in ("user", "system"):
        point = telemetry.point("process.cpu.time", pool, cpu_mode=mode)
        assert (point.kind, point.unit, point.is_monotonic) == ("sum", "s", True)
    for kind in ("voluntary", "involuntary"):
        point = telemetry.point("process.context_switches", pool,
                                process_context_switch_type=kind)
        assert (point.unit, point.is_monotonic) == ("{context_switch}", True)
    for name, unit, least in (("process.memory.usage", "By", 1 << 20),
                              ("process.memory.virtual", "By", 1 << 20),
                              ("process.thread.count", "{thread}", 2 * 4),
                              ("process.unix.file_descriptor.count", "{file_descriptor}", 6)):
        point = telemetry.point(name, pool)
        assert (point.kind, point.unit, point.is_monotonic) == ("sum", unit, False)
        assert point.value >= least, name


def test_the_machine_is_described_by_one_launcher_only(service):
    telemetry = service.telemetry

    for name, unit, attributes in (
            ("system.cpu.time", "s", {"cpu_mode": "user", "cpu_logical_number": 0}),
            ("system.memory.usage", "By", {"system_memory_state": "used"}),
            ("system.disk.io", "By", {"disk_io_direction": "read"}),
            ("system.network.io", "By", {"network_io_direction": "receive"})):
        point = telemetry.point(name, **attributes)
        assert point.unit == unit, name

    senders = {point.resource["fcgi.pool"] for point in telemetry.points()
               if point.name.startswith("system.")}
    assert senders == {"status"}


def test_active_requests_are_back_at_none(service):
    service.get("/board/1")

    def idle():
        point = newest(service, "http.server.active_requests", "board_count",
                       http_request_method="GET")
        return point is None or point.value == 0
    eventually(idle, what="no active request")


@pytest.mark.parametrize("pool", ["board", "board_count", "log", "user", "status"])
def test_the_metrics_about_telemetry_tell_the_books(service, pool):
    service.get("/board/1")

    def probe():
        books = service.settled(pool)["spans"]
        points = [point for point in service.telemetry.points("otel.sdk.exporter.span.exported",
                                                              pool)
                  if "error.type" not in point.attributes]
        told = points[-1].value if points else 0
        assert told == books["exported"], (told, books)
        return True
    eventually(probe, 15, f"the exported spans of {pool} in the metrics")


def test_what_is_started_created_and_live_is_told(service):
    """Of a pool at rest: as many as the books have, and none that lives."""
    for _ in range(3):
        service.get("/board/1")

    def probe():
        books = {name: service.settled("board_count")[name] for name in ("spans", "logs")}
        def total(name, **attributes):
            points = [point for point in service.telemetry.points(name, "board_count", **attributes)]
            last = max((point.time for point in points), default=None)
            return sum(point.value for point in points if point.time == last)
        assert total("otel.sdk.span.started") == books["spans"]["ended"] > 0
        assert total("otel.sdk.log.created") == books["logs"]["ended"] > 0
        assert service.telemetry.points("otel.sdk.span.live", "board_count")
        assert total("otel.sdk.span.live") == 0
        return True
    eventually(probe, 15, "the metrics of a pool at rest")


def test_what_was_exported_is_what_arrived(service):
    service.get("/board/1")

    def probe():
        exported = sum(service.settled(pool)["spans"]["exported"]
                       for pool in ("board", "board_count", "log", "user", "status"))
        assert len(service.telemetry.spans()) == exported
        return True
    eventually(probe, 15, "as many spans in the file as were exported")


def test_streams_are_cumulative_and_start_once(service):
    service.get("/board/1")
    service.telemetry.point("http.server.request.duration", "board_count")

    assert assert_continuous(service.telemetry.points()) > 100
