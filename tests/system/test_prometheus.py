"""The exporter that is fetched from: by Debian's Prometheus, by an independent parser, and by
clients that behave badly."""

import socket
import subprocess

import pytest

from harness.prometheus import OPENMETRICS, Prometheus, families, fetch, find, targets
from harness.wait import eventually

DURATION = "http_server_request_duration_seconds"


@pytest.fixture
def folder(tmp_path):
    """Where launchers write their addresses down."""
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


@pytest.fixture
def fetched(pools, folder):
    """A pool whose metrics are fetched, and nothing else of it goes anywhere."""
    def make(name="board_count", *options, **environment):
        return pools(name, list(options), environment={
            "OTEL_METRICS_EXPORTER": "prometheus", "OTEL_TRACES_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none", "OTEL_EXPORTER_PROMETHEUS_PORT": "0",
            "OTEL_C_RUN_DIR": folder, **environment})
    return make


@pytest.fixture(scope="session")
def program():
    return find() or pytest.skip("no prometheus: not on the path, and its package cannot be had")


@pytest.fixture
def prometheus(program, tmp_path, folder):
    one = Prometheus(program, tmp_path, folder)
    yield one
    one.close()


def target_of(folder, pool):
    return eventually(lambda: targets(folder).get(pool), what="the address")


def exchange(target, request):
    host, port = target.split(":")
    with socket.create_connection((host, int(port)), 5) as client:
        client.sendall(request)
        client.settimeout(5)
        return client.makefile("rb").read().decode()


def test_prometheus_finds_and_fetches_many_pools(fetched, folder, prometheus):
    pools = {name: fetched(name) for name in ("board", "board_count")}
    for pool in pools.values():
        for _ in range(3):
            assert pool.get().status == 200

    found = eventually(lambda: (found := prometheus.query(f"{DURATION}_count >= 3"))
                       and len(found) == 2 and found, 20, "both pools")

    assert {labels["fcgi_pool"]: labels["http_route"] for labels, _ in found} == {
        "board": "/board", "board_count": "/board/{count}"}
    labels, _ = found[0]
    assert labels["otel_scope_name"] == "board-otel.fcgi" and labels["otel_scope_version"]
    assert labels["otel_scope_schema_url"].startswith("https://opentelemetry.io/schemas/")
    info = prometheus.query('target_info{service_name="board"}')
    assert len({labels["service_instance_id"] for labels, _ in info}) == 2
    assert len(prometheus.query(f'{DURATION}_bucket{{le="+Inf",fcgi_pool="board"}}')) == 1
    assert {target["health"] for target in prometheus.targets()} == {"up"}
    prometheus.query('rate(process_cpu_time_seconds_total[10s]) >= 0')


def test_an_independent_parser_reads_openmetrics(fetched, folder):
    pool = fetched("board_count")
    pool.get("/board/1")
    target = target_of(folder, "board_count")

    found = eventually(lambda: (found := families(target)) and DURATION in found and found,
                       what="the request")

    duration = found[DURATION]
    assert (duration.type, duration.unit) == ("histogram", "seconds")
    buckets = [sample for sample in duration.samples if sample.name.endswith("_bucket")]
    assert buckets[-1].labels["le"] == "+Inf"
    assert [b.value for b in buckets] == sorted(b.value for b in buckets)
    assert found["process_memory_usage_bytes"].type == "gauge"
    assert found["process_cpu_time_seconds"].type == "counter"
    assert found["target"].type == "info"
    assert found["target"].samples[0].labels["fcgi_pool"] == "board_count"


def test_exemplars_lead_from_a_bucket_to_its_trace(fetched, folder):
    pool = fetched("board", OTEL_TRACES_EXPORTER="otlp_file")
    target = target_of(folder, "board")

    answer = pool.traced("/board")

    def exemplars():
        found = families(target).get(DURATION)
        return [sample.exemplar for sample in found.samples if sample.exemplar] if found else []
    exemplar = eventually(exemplars, what="an exemplar")[-1]
    assert exemplar.labels["trace_id"] == answer.trace_id
    assert exemplar.labels["span_id"] == pool.telemetry.server_span(answer.trace_id).span_id
    assert 0 < exemplar.value < 10 and exemplar.timestamp.sec > 0
    assert "# {" not in fetch(target)[1]


def test_promtool_has_nothing_against_the_text(program, fetched, folder):
    pool = fetched("board_count")
    pool.get("/board/1")
    target = target_of(folder, "board_count")
    content_type, text = fetch(target)

    done = subprocess.run([program.with_name("promtool"), "check", "metrics"], input=text, capture_output=True,
                          text=True, timeout=20, check=False)

    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    # The semantic conventions have names that end in .count, we have some in milliseconds: that
    # is all it may find.
    complaints = [line for line in (done.stdout + done.stderr).splitlines()
                  if 'should not have "_count" suffix' not in line
                  and 'use base unit "seconds"' not in line]
    assert complaints == []


def test_each_fetch_is_a_collection_of_its_own(fetched, folder):
    pool = fetched("board")
    target = target_of(folder, "board")

    def count():
        found = families(target).get(DURATION)
        return found and next(sample.value for sample in found.samples
                              if sample.name.endswith("_count"))
    for expected in (1, 2):
        pool.get()
        assert eventually(lambda wanted=expected: (n := count()) and n >= wanted and n) == expected


def test_units_stay_out_of_names_on_demand(fetched, folder):
    pool = fetched("board", OTEL_PYTHON_EXPERIMENTAL_DISABLE_PROMETHEUS_UNIT_NORMALIZATION="true")
    pool.get()

    found = eventually(lambda: (found := families(target_of(folder, "board")))
                       and "http_server_request_duration" in found and found)

    assert found["http_server_request_duration"].unit == ""
    assert found["process_cpu_time"].type == "counter"


def test_the_next_free_port_is_taken_and_told(fetched, folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        pool = fetched("board", OTEL_EXPORTER_PROMETHEUS_PORT=port)
        host, _, other = target_of(folder, "board").partition(":")

        assert host == "localhost" and port < int(other) <= port + 64
        assert f"http://localhost:{other}/metrics; port {port} is taken" in pool.text()

        pool.stop()
        assert targets(folder) == {}


def test_each_family_is_told_once_and_what_may_fall_is_a_gauge(fetched, folder):
    pool = fetched()
    for target in ("/board/1", "/board/2", "/nothing"):
        pool.get(target)
    target = target_of(folder, "board_count")

    def page():
        _, text = fetch(target)
        return text if f"{DURATION}_count" in text else None
    lines = eventually(page, what="a page with requests").splitlines()

    for kind in ("TYPE", "HELP", "UNIT"):
        told = [line.split()[2] for line in lines if line.startswith(f"# {kind} ")]
        assert len(told) == len(set(told)), f"{kind} twice"
    assert "# TYPE process_memory_usage_bytes gauge" in lines, "a sum that is not monotonic"
    assert not any(line.startswith("process_memory_usage_bytes_total") for line in lines)


def test_host_option_decides_where_it_listens(fetched, folder):
    fetched("board", "--exporter_prometheus_host", "127.0.0.2")

    target = target_of(folder, "board")

    assert target.startswith("127.0.0.2:")
    assert fetch(target)
    with pytest.raises(OSError):
        fetch(target.replace("127.0.0.2", "127.0.0.1"))


def test_a_host_that_is_not_ours_is_told_in_one_line(fetched, folder):
    pool = fetched("board", "--exporter_prometheus_host=192.0.2.1")
    lines = [line for line in pool.text().splitlines() if "error" in line]
    assert len(lines) == 1 and "--exporter_prometheus_host" in lines[0]
    assert targets(folder) == {}


def test_it_goes_together_with_otlp(fetched, folder, sink):
    """What is fetched triggers no export, and takes nothing from one."""
    pool = fetched("board", OTEL_METRICS_EXPORTER="otlp,prometheus",
                   OTEL_METRIC_EXPORT_INTERVAL="2000", OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint)
    target = target_of(folder, "board")
    pool.get()

    for _ in range(100):
        fetch(target)

    assert sink.point("http.server.request.duration").count >= 1
    assert len([path for path, *_ in sink.requests if path.endswith("metrics")]) <= 10
    sink.point("otel.sdk.exporter.metric_data_point.exported",
               otel_component_type="prometheus_http_text_metric_exporter")


def test_other_paths_and_methods_are_refused(fetched, folder):
    fetched("board")
    target = target_of(folder, "board")

    def first(request):
        return exchange(target, request.encode()).splitlines()[0]
    assert first("GET / HTTP/1.0\r\n\r\n") == "HTTP/1.1 404 Not Found"
    assert first("DELETE /metrics HTTP/1.1\r\n\r\n") == "HTTP/1.1 405 Method Not Allowed"
    assert first("rubbish\r\n\r\n") == "HTTP/1.1 400 Bad Request"
    head = exchange(target, b"HEAD /metrics HTTP/1.0\r\n\r\n")
    assert head.endswith("\r\n\r\n") and "Content-Length" in head


def test_bad_clients_keep_nobody_waiting(fetched, folder):
    """More connections than there is room for, that say half a request or nothing or read
    nothing: the pool answers, and whoever asks as one should is served."""
    pool = fetched("board")
    target = target_of(folder, "board")
    host, port = target.split(":")
    clients = [socket.create_connection((host, int(port)), 5) for _ in range(40)]
    for place, client in enumerate(clients[20:]):
        client.sendall((b"GET /metrics HTTP/1.1\r\n\r\n", b"G", b"")[place % 3])

    assert pool.get().status == 200
    eventually(lambda: fetch(target, OPENMETRICS), 25, "an answer")
    for client in clients:
        client.close()
