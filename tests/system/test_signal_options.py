"""Settings that each signal has for itself, of exporters and of processors: three signals of one
pool, each with a value of its own, so that a value that is ignored or taken from another fails."""

import time

import pytest

from harness import otlp
from harness.certificates import Authority
from harness.grpc_sink import GrpcSink
from harness.telemetry import SERVER
from harness.wait import eventually

SIGNALS = ("traces", "metrics", "logs")
READERS = {name: otlp.READERS[name] for name in ("traces", "logs")}


def each(suffix, **of_signal):
    """Options of the exporter, by signal."""
    return [f"--exporter_otlp_{signal}_{suffix}={value}" for signal, value in of_signal.items()]


def all_signals(suffix, value):
    return each(suffix, **dict.fromkeys(SIGNALS, value))


def requests(sink):
    """The newest request of each signal, once there is one of each: path, headers."""
    def probe():
        newest = {path.rpartition("/")[2]: (path, headers) for path, _, headers in sink.requests}
        return newest if set(newest) == set(SIGNALS) else None
    return eventually(probe, what="a request of each signal")


def test_endpoint_headers_and_compression_are_each_signals_own(pools, sink):
    pool = pools("board_count", [
        "--exporter_otlp_endpoint=http://127.0.0.1:9", "--exporter_otlp_headers=x-of=all",
        *each("endpoint", **{signal: f"{sink.endpoint}/own/{signal}" for signal in SIGNALS}),
        *each("headers", **{signal: f"x-of={signal}" for signal in SIGNALS}),
        *each("compression", traces="gzip", metrics="deflate", logs="gzip")])
    answer = pool.traced("/board/1")

    found = requests(sink)

    for signal, encoding in zip(SIGNALS, ("gzip", "deflate", "gzip")):
        path, headers = found[signal]
        assert path == f"/own/{signal}" and headers["x-of"] == signal
        assert headers["Content-Encoding"] == encoding
    assert sink.server_span(answer.trace_id) and sink.log_records(answer.trace_id)
    assert sink.point("http.server.request.duration")


def test_a_signals_own_compression_may_be_none(pools, sink):
    pool = pools("board_count", [f"--exporter_otlp_endpoint={sink.endpoint}",
                                 "--exporter_otlp_compression=gzip",
                                 *each("compression", logs="none")])
    pool.get("/board/1")

    found = requests(sink)

    assert "Content-Encoding" not in found["logs"][1]
    assert found["traces"][1]["Content-Encoding"] == found["metrics"][1]["Content-Encoding"] == "gzip"


def timed_out(pool, sink, signal, milliseconds):
    """The line about a request of the signal that took too long: curl tells how long it was."""
    def probe():
        lines = [line for line in pool.text().splitlines()
                 if f"{sink.endpoint}/v1/{signal}" in line and "timed out after" in line]
        return lines and int(lines[0].split("timed out after ")[1].split()[0])
    took = eventually(probe, 6, f"the time-out of {signal}")
    assert milliseconds - 10 <= took < milliseconds + 140, signal


OWN_MS = {"traces": 300, "metrics": 600, "logs": 900}


@pytest.mark.parametrize("options, limits", [
    (each("timeout", **OWN_MS), OWN_MS),
    (["--exporter_otlp_timeout=450"], dict.fromkeys(SIGNALS, 450)),
    (["--exporter_otlp_timeout=450", *each("timeout", logs=800)],
     {"traces": 450, "metrics": 450, "logs": 800}),
    (["--bsp_export_timeout=300", "--metric_export_timeout=600", "--blrp_export_timeout=900"],
     OWN_MS),
    # the shorter of exporter's and processor's
    (["--bsp_export_timeout=300", "--blrp_export_timeout=900", *all_signals("timeout", 500)],
     {"traces": 300, "metrics": 500, "logs": 500})])
def test_an_attempt_takes_no_longer_than_its_time_out(pools, sink, options, limits):
    sink.is_silent = True
    pool = pools("board_count", [f"--exporter_otlp_endpoint={sink.endpoint}", *options])

    pool.get("/board/1")

    for signal, milliseconds in limits.items():
        timed_out(pool, sink, signal, milliseconds)


def grpc(endpoint, *options):
    return ["--exporter_otlp_protocol=grpc", f"--exporter_otlp_endpoint={endpoint}", *options]


def assert_three_signals(pool, receiver):
    answer = pool.traced("/board/1")

    assert receiver.server_span(answer.trace_id) and receiver.log_records(answer.trace_id)
    assert receiver.point("http.server.request.duration")


def test_a_signal_may_be_insecure_by_itself(pools):
    receiver = GrpcSink()
    try:
        assert_three_signals(pools("board_count", grpc(
            receiver.endpoint.removeprefix("http://"), *all_signals("insecure", "true"))), receiver)
    finally:
        receiver.close()


@pytest.mark.parametrize("secure", SIGNALS)
def test_a_signal_that_does_not_say_so_is_secure(pools, secure):
    receiver = GrpcSink()
    pool = pools("board_count", grpc(
        receiver.endpoint.removeprefix("http://"), "--exporter_otlp_insecure=true",
        *each("insecure", **{secure: "false"})))
    try:
        answer = pool.traced("/board/1")
        seen = {"traces": lambda: receiver.spans(trace_id=answer.trace_id, kind=SERVER),
                "metrics": lambda: receiver.points("http.server.request.duration"),
                "logs": lambda: receiver.logs(trace_id=answer.trace_id)}
        refused = seen.pop(secure)

        for signal, probe in seen.items():
            eventually(probe, what=signal)
        eventually(lambda: f"https://{receiver.endpoint.removeprefix('http://')}" in pool.text(),
                   what="the handshake that fails")
        assert not refused()
    finally:
        pool.stop()
        receiver.close()


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_each_signal_has_its_own_certificates(pools, collectors, tmp_path, protocol):
    """The receiver wants to see one; the general options name files that nobody signed."""
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    certificate, key = authority.sign("server")
    collector = collectors(tls={"cert_file": str(certificate), "key_file": str(key),
                                "client_ca_file": str(authority.certificate)})
    wrong, wrong_key = other.sign("wrong")
    files = {signal: authority.sign(f"client-{signal}") for signal in SIGNALS}

    assert_three_signals(pools("board_count", [
        f"--exporter_otlp_protocol={protocol}",
        f"--exporter_otlp_endpoint={collector.endpoint(protocol)}",
        f"--exporter_otlp_certificate={other.certificate}",
        f"--exporter_otlp_client_certificate={wrong}", f"--exporter_otlp_client_key={wrong_key}",
        *all_signals("certificate", authority.certificate),
        *each("client_certificate", **{signal: pair[0] for signal, pair in files.items()}),
        *each("client_key", **{signal: pair[1] for signal, pair in files.items()})]), collector)


# --- processors ---------------------------------------------------------------------------------

def test_records_wait_as_long_as_their_processor_says(pools, sink):
    """Neither the default (5 s, 1 s) nor the other's. A launcher's first batch may go out in half
    the time, so that many of them do not come at once: it is let pass."""
    pool = pools("board_count", [f"--exporter_otlp_endpoint={sink.endpoint}",
                                 "--bsp_schedule_delay=800", "--blrp_schedule_delay=2000"])
    first = pool.traced("/board/1")
    assert sink.server_span(first.trace_id) and sink.log_records(first.trace_id)
    asked = time.monotonic()
    answer = pool.traced("/board/1")

    sink.server_span(answer.trace_id)
    spans_took = time.monotonic() - asked
    sink.log_records(answer.trace_id)
    logs_took = time.monotonic() - asked

    assert 0.7 <= spans_took < 1.6
    assert 1.9 <= logs_took < 3.2


@pytest.mark.parametrize("processor, signal", [("bsp", "spans"), ("blrp", "logs")])
def test_no_more_records_wait_than_the_queue_may_hold(pools, sink, processor, signal):
    sink.is_silent = True
    pool = pools("board_count", [f"--exporter_otlp_endpoint={sink.endpoint}",
                                 f"--{processor}_max_queue_size=8",
                                 f"--{processor}_max_export_batch_size=4"])
    for _ in range(20):
        pool.get("/board/1")

    def held():
        books = pool.segment()[signal]
        return books if books["queued"] >= 12 and books["in_ring"] > 0 else None
    books = eventually(held, what="records that the queue has no room for")

    assert books["queued"] == 8 + 4, "in the queue, and in the body on its way"
    sink.is_silent = False
    pool.settled(20)


@pytest.mark.parametrize("processor, signal", [("bsp", "traces"), ("blrp", "logs")])
def test_an_export_holds_no_more_than_its_batch(pools, sink, processor, signal):
    pool = pools("board_count", [f"--exporter_otlp_endpoint={sink.endpoint}",
                                 f"--{processor}_max_export_batch_size=3"])
    sink.status = 503
    for _ in range(10):
        pool.get("/board/1")
    sink.status = 200
    pool.settled(20)

    sizes = {name: [len(list(reader(document))) for document in sink.documents(name)]
             for name, reader in READERS.items()}
    other = "logs" if signal == "traces" else "traces"

    assert max(sizes[signal]) == 3
    assert max(sizes[other]) > 3
