"""The options of metrics, each shown by what arrives: temporality, histograms, exemplars, and views,
which a configuration file alone can say."""

import json
import subprocess

import pytest

from harness.paths import LAUNCHER, clean_environment
from harness.wait import eventually

DELTA, CUMULATIVE = 1, 2
DURATION = "http.server.request.duration"


def otlp(sink, **options):
    """Options of a pool that sends to the sink."""
    settings = {"exporter_otlp_endpoint": sink.endpoint, "metric_export_interval": 200, **options}
    return [f"--{name}={value}" for name, value in settings.items()]


def durations(sink):
    return sorted(sink.points(DURATION), key=lambda point: point.time)


def asked(pool, times):
    for _ in range(times):
        pool.get("/board/1")


@pytest.mark.parametrize("preference, counter, up_down, observable", [
    ("cumulative", CUMULATIVE, CUMULATIVE, CUMULATIVE), ("delta", DELTA, CUMULATIVE, DELTA),
    ("lowmemory", DELTA, CUMULATIVE, CUMULATIVE)])
def test_temporality_is_what_the_preference_says(pools, sink, preference, counter, up_down,
                                                 observable):
    pool = pools("board_count", otlp(
        sink, exporter_otlp_metrics_temporality_preference=preference))

    asked(pool, 1)

    assert sink.point(DURATION).temporality == counter
    assert sink.point("board.posts.returned").temporality == counter
    assert sink.point("process.memory.usage").temporality == up_down
    assert sink.point("process.cpu.time").temporality == observable


def test_delta_loses_nothing_and_leaves_no_gap_through_an_outage(pools, sink):
    pool = pools("board_count", otlp(sink, exporter_otlp_metrics_temporality_preference="delta"))
    asked(pool, 3)
    eventually(lambda: sum(point.count for point in durations(sink)) >= 3, what="the first points")
    sink.status = 503
    refused = len(sink.requests)
    for _ in range(4):
        asked(pool, 5)
        eventually(lambda before=len(sink.requests): len(sink.requests) > before,
                   what="another attempt")
    sink.status = 200

    asked(pool, 2)

    assert any(status == 503 and path.endswith("metrics")
               for path, status, _ in sink.requests[refused:])
    points = eventually(
        lambda: sum(point.count for point in durations(sink)) == 3 + 20 + 2 and durations(sink),
        20, "all requests")
    processes = sorted({(point.start, point.time) for point in sink.points("process.cpu.time")})
    for (_, end), (start, _) in zip(processes, processes[1:]):
        assert start == end
    assert all(point.start < point.time for point in points)


def test_each_exporter_has_its_own_temporality(pools, sink):
    pool = pools("board_count", otlp(sink, metrics_exporter="otlp,console",
                                     exporter_otlp_metrics_temporality_preference="delta"))

    for _ in range(3):
        asked(pool, 1)
        eventually(lambda before=len(durations(sink)): len(durations(sink)) > before,
                   what="another interval")

    assert all(point.count == 1 for point in durations(sink))
    eventually(lambda: f"{DURATION} count=3" in pool.text(), what="the console's total")


def test_histograms_become_exponential(pools, sink):
    pool = pools("board_count", otlp(
        sink, metrics_exporter="otlp,console",
        exporter_otlp_metrics_default_histogram_aggregation="base2_exponential_bucket_histogram"))

    asked(pool, 3)

    point = eventually(lambda: [point for point in durations(sink) if point.count == 3],
                       what="three requests")[0]
    assert point.kind == "exponentialHistogram"
    eventually(lambda: f"{DURATION} count=3" in pool.text(), what="the console's own")
    assert "scale=" not in pool.text()  # another exporter, whose default is explicit


def test_collections_are_an_interval_apart(pools, sink):
    pools("board_count", otlp(sink, metric_export_interval=400))

    def four():
        times = sorted({point.time for point in sink.points("process.memory.usage")})
        return times if len(times) >= 4 else None
    times = eventually(four, what="four collections")

    assert (times[3] - times[0]) / 3 == pytest.approx(400e6, rel=0.25)


def test_an_export_of_metrics_takes_no_longer_than_its_time_out(pools, sink):
    sink.is_silent = True
    pool = pools("board_count", otlp(sink, metric_export_timeout=300))

    eventually(lambda: any("/v1/metrics" in line and "time" in line
                            for line in pool.text().splitlines()), 5,
               "the time-out, which is 10 s without the option")


@pytest.mark.parametrize("choice, sampler, is_there", [
    ("trace_based", "always_on", True), ("trace_based", "always_off", False),
    ("always_on", "always_off", True), ("always_off", "always_on", False)])
def test_exemplars_are_what_the_filter_says(pools, sink, choice, sampler, is_there):
    pool = pools("board_count", otlp(sink, metrics_exemplar_filter=choice, traces_sampler=sampler))

    answer = pool.traced("/board/1")

    sink.point(DURATION)
    exemplars = [exemplar for point in durations(sink) for exemplar in point.exemplars]
    assert bool(exemplars) == is_there
    if is_there and sampler == "always_on":
        assert answer.trace_id in {exemplar["traceId"] for exemplar in exemplars}
        span = sink.server_span(answer.trace_id)
        exemplar = next(one for one in exemplars if one.get("spanId") == span.span_id)
        assert span.start <= int(exemplar["timeUnixNano"]) <= span.end + 10**9


def test_how_long_exports_take_is_told_with_their_failures(pools, sink):
    sink.status, sink.delay_s = 400, 0.05
    pool = pools("board_count", otlp(sink, metrics_exporter="otlp_file", bsp_schedule_delay=100))
    asked(pool, 1)
    how = {"otel_component_type": "otlp_http_json_span_exporter", "server_port": sink.port}
    eventually(lambda: pool.settled()["spans"]["failed"] > 0, what="refused spans")
    refused = len([path for path, _, _ in sink.requests if path.endswith("traces")])
    sink.status = 200
    asked(pool, 1)

    taken = eventually(lambda: [point for point in pool.telemetry.points(
        "otel.sdk.exporter.operation.duration", **how) if "error.type" not in point.attributes],
        what="the exports that went well")[-1]
    failed = pool.telemetry.point("otel.sdk.exporter.operation.duration", error_type="400", **how)

    assert (taken.kind, taken.unit, taken.bounds) == ("histogram", "s", [])
    assert failed.count == refused and 0.045 * refused <= failed.sum < 2 * refused
    assert taken.count >= 1 and 0.045 <= taken.min <= taken.max < 2


def test_points_that_an_exporter_has_not_sent_yet_are_told_by_another(pools, sink):
    sink.is_silent = True
    pool = pools("board_count", otlp(sink, metrics_exporter="otlp,otlp_file"))

    def under_way():
        points = pool.telemetry.points("otel.sdk.exporter.metric_data_point.inflight",
                                       otel_component_type="otlp_http_json_metric_exporter")
        return points and points[-1].value > 0
    eventually(under_way, what="the points that the receiver keeps waiting")


# --- views ---------------------------------------------------------------------------------------

VIEWS = """file_format: "1.1"
meter_provider:
  readers:
    - periodic:
        interval: 100
        exporter:
          otlp_file/development:
            output_stream: file://{folder}/metrics.json
  views:
    - selector:
        instrument_name: otel.sdk.exporter.*
      stream:
        aggregation:
          drop:
    - selector:
        instrument_name: otel.sdk.metric_reader.collection.duration
        instrument_type: histogram
        unit: s
      stream:
        name: collection
        description: How long it took
        attribute_keys:
          excluded:
            - otel.component.n*
        aggregation:
          explicit_bucket_histogram:
            boundaries: [1, 2]
"""


@pytest.fixture
def of_file(built, tmp_path):
    """name -> the metric of the last document that has it, of a short run with a file."""
    def run(text):
        (tmp_path / "views.yaml").write_text(text.format(folder=tmp_path))
        done = subprocess.run([LAUNCHER, "--config_file=views.yaml", "--", "sleep", "0.5"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=20, check=False,
                              cwd=tmp_path, env=clean_environment())
        assert done.returncode == 0, done.stderr
        return {metric["name"]: metric
                for line in (tmp_path / "metrics.json").read_text().splitlines()
                for group in json.loads(line)["resourceMetrics"]
                for scope in group["scopeMetrics"] for metric in scope["metrics"]}
    return run


def test_views_of_a_file_drop_rename_and_shape_streams(of_file):
    found = of_file(VIEWS)

    assert not any(name.startswith("otel.sdk.exporter.") for name in found)
    assert any(name.startswith("process.") for name in found)
    assert "otel.sdk.metric_reader.collection.duration" not in found
    assert found["collection"]["description"] == "How long it took"
    (point,) = found["collection"]["histogram"]["dataPoints"]
    assert point["explicitBounds"] == [1, 2] and len(point["bucketCounts"]) == 3
    assert [item["key"] for item in point["attributes"]] == ["otel.component.type"]


LIMITS = """file_format: "1.1"
distribution:
  otel-instrument:
    c_host_metrics: true
meter_provider:
  readers:
    - periodic:
        interval: 100
        cardinality_limits:
          {kind}: 4
        exporter:
          otlp_file/development:
            output_stream: file://{{folder}}/metrics.json
  views:
    - selector:
        instrument_name: system.cpu.time
      stream:
        {limit}
"""


def sets(metric):
    """The points of a metric, and how many of them are the overflow."""
    points = metric["sum"]["dataPoints"]
    overflow = [{"key": "otel.metric.overflow", "value": {"boolValue": True}}]
    return len(points), sum(point["attributes"] == overflow for point in points)


@pytest.mark.parametrize("kind, limit, expected", [
    ("default", "aggregation_cardinality_limit: 3", (3, 1)), ("default", "", (4, 1)),
    ("observable_counter", "", (4, 1)), ("gauge", "aggregation_cardinality_limit: 3", (3, 1))])
def test_no_more_sets_of_attributes_are_kept_than_reader_and_view_allow(of_file, kind, limit,
                                                                        expected):
    assert sets(of_file(LIMITS.format(kind=kind, limit=limit))["system.cpu.time"]) == expected


def test_a_limit_of_another_kind_limits_nothing(of_file):
    count, overflow = sets(of_file(LIMITS.format(kind="gauge", limit=""))["system.cpu.time"])

    assert count > 4 and overflow == 0
