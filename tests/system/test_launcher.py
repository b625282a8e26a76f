"""otel-instrument as a command: options, variables, messages, exit statuses."""

import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from harness import processes
from harness.paths import LAUNCHER, clean_environment, tool
from harness.telemetry import FileTelemetry
from harness.wait import eventually

# The command by which the Flask demo was started, with http/json in the place of its grpc (which
# test_otlp_protocols.py sends to a real collector).
DEMO = ["--log_level", "info", "--traces_exporter", "otlp", "--metrics_exporter", "otlp",
        "--metric_export_interval", "500", "--logs_exporter", "otlp",
        "--service_name", "demo", "--exporter_otlp_protocol", "http/json"]

OPTIONS = """log_level sdk_disabled service_name resource_attributes traces_exporter
metrics_exporter logs_exporter exporter_otlp_endpoint exporter_otlp_protocol exporter_otlp_headers
exporter_otlp_timeout exporter_otlp_compression exporter_otlp_certificate
exporter_otlp_client_certificate exporter_otlp_client_key exporter_otlp_insecure
exporter_otlp_traces_client_certificate exporter_otlp_metrics_client_key
exporter_otlp_logs_insecure exporter_otlp_traces_protocol exporter_otlp_traces_endpoint
exporter_otlp_metrics_endpoint exporter_otlp_logs_endpoint exporter_otlp_traces_headers
exporter_otlp_metrics_timeout exporter_otlp_logs_compression bsp_schedule_delay bsp_export_timeout
bsp_max_queue_size bsp_max_export_batch_size blrp_schedule_delay blrp_export_timeout
blrp_max_queue_size blrp_max_export_batch_size metric_export_interval metric_export_timeout
attribute_value_length_limit attribute_count_limit span_attribute_value_length_limit
span_attribute_count_limit span_event_count_limit span_link_count_limit
event_attribute_count_limit link_attribute_count_limit traces_sampler traces_sampler_arg
propagators disabled_instrumentations c_pool c_segment c_file_dir c_host_metrics""".split()


@pytest.fixture
def launch(built, tmp_path):
    """Runs the launcher to its end; nobody listens where it would send."""
    def run(*arguments, environment=None, timeout=20):
        settings = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none",
                    "OTEL_LOGS_EXPORTER": "none", **(environment or {})}
        return subprocess.run(
            [LAUNCHER, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=timeout, check=False, cwd=tmp_path,
            env=clean_environment(**settings))
    return run


@pytest.fixture
def metrics_of(launch, tmp_path):
    """The metrics' resource after a short program ran, with given options and variables."""
    def run(*options, program=("sleep", "0.2"), **environment):
        folder = tmp_path / f"telemetry{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        done = launch("--metrics_exporter=otlp_file", f"--c_file_dir={folder}", *options, "--",
                      *program, environment=environment)
        assert done.returncode == 0, done.stderr
        points = FileTelemetry(folder).points()
        assert points, done.stderr
        return points[-1].resource
    return run


@pytest.mark.parametrize("script, status", [("exit 0", 0), ("exit 7", 7), ("exit 255", 255)])
def test_the_programs_status_is_the_launchers(launch, script, status):
    assert launch("--", "sh", "-c", script).returncode == status


def test_a_program_ended_by_a_signal_gives_128_and_its_number(launch):
    assert launch("--", "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM


def test_the_two_dashes_may_be_left_out_as_the_python_tool_allows(launch):
    done = launch("--service_name", "x", "sh", "-c", "exit 5")

    assert done.returncode == 5


def test_the_programs_own_options_are_the_programs(launch):
    done = launch("--", "echo", "--service_name", "x", "--help")

    assert done.stdout == "--service_name x --help\n"


def test_stdout_is_the_programs_alone(launch):
    done = launch("--log_level", "debug", "--", "sh", "-c", "printf one; printf two >&2")

    assert done.stdout == "one"
    assert "two" in done.stderr


def test_the_programs_descriptors_are_those_it_has_without_the_launcher(built):
    listing = ["sh", "-c", "exec ls -l /proc/self/fd"]

    def descriptors(*command):
        done = subprocess.run([*command, *listing], stdin=subprocess.DEVNULL, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[passed],
                              env=clean_environment(), timeout=20)
        return re.findall(rb"(\d+) -> ", done.stdout)

    with socket.socket() as one:
        passed = one.fileno()
        alone = descriptors()
        observed = descriptors(LAUNCHER, "--")

    assert str(passed).encode() in alone
    assert observed == alone


def test_debugging_information_is_not_asked_for_in_the_network(pools, tmp_path):
    """libdw would, for each file of a stack; the program keeps its variable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        pool = pools("user", worker=tool("fcgiwrap"), has_database=False, workers=1, environment={
            "DEBUGINFOD_URLS": url, "DEBUGINFOD_CACHE_PATH": tmp_path,
            "OTEL_LOGS_EXPORTER": "otlp_file"})
        worker, = pool.workers()
        assert url.encode() in Path(f"/proc/{worker}/environ").read_bytes()
        eventually(lambda: pool.segment()["workers_live"] == 1, what="a launcher that knows its worker")
        pool.get()
        processes.kill(worker, signal.SIGSEGV)  # in code that has no such information here
        record, = eventually(lambda: [record for record in pool.telemetry.logs()
                                      if "SIGSEGV" in str(record.body)], what="the crash")
        with pytest.raises(TimeoutError):
            server.accept()
    assert "libfcgi" in record.attributes["exception.stacktrace"]


def test_a_program_that_is_not_there_is_127_and_one_line(launch):
    done = launch("--", "/no/such/program")

    assert done.returncode == 127
    assert len(done.stderr.strip().splitlines()) == 1
    assert "/no/such/program" in done.stderr


def test_no_program_is_2_and_one_line(launch):
    done = launch("--service_name", "x")

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_unknown_option_is_2_and_named(launch):
    done = launch("--no_such_option", "1", "--", "true")

    assert done.returncode == 2
    assert "no_such_option" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_help_lists_every_option_and_its_variable(launch):
    done = launch("--help")

    assert done.returncode == 0
    for option in OPTIONS:
        assert f"--{option}" in done.stdout, option
        if option != "disabled_instrumentations":
            assert f"OTEL_{option.upper()}" in done.stdout, option
    for variable in ("OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED",
                     "OTEL_C_LOGGING_AUTO_INSTRUMENTATION_ENABLED",
                     "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
                     "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST",
                     "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE"):
        assert variable in done.stdout, variable


def test_version_is_one_line(launch):
    done = launch("--version")

    assert done.returncode == 0
    assert re.search(r"\d+\.\d+", done.stdout)
    assert len(done.stdout.splitlines()) == 1


def test_an_option_wins_over_its_variable(metrics_of):
    assert metrics_of("--service_name", "option",
                      OTEL_SERVICE_NAME="variable")["service.name"] == "option"


def test_a_variable_wins_over_the_default(metrics_of):
    assert metrics_of(OTEL_SERVICE_NAME="variable")["service.name"] == "variable"


def test_an_empty_variable_is_as_if_unset(metrics_of):
    assert metrics_of(OTEL_SERVICE_NAME="")["service.name"] == "unknown_service:sleep"


def test_the_service_name_wins_over_the_resource_attributes(metrics_of):
    resource = metrics_of(OTEL_RESOURCE_ATTRIBUTES="service.name=a,team=b", OTEL_SERVICE_NAME="c")

    assert (resource["service.name"], resource["team"]) == ("c", "b")


def test_resource_attributes_that_cannot_be_read_are_left_out_whole(metrics_of):
    assert "team" not in metrics_of(OTEL_RESOURCE_ATTRIBUTES="team=b,broken")


@pytest.mark.parametrize("variable, value", [
    ("OTEL_BSP_MAX_QUEUE_SIZE", "many"), ("OTEL_BSP_SCHEDULE_DELAY", "-5"),
    ("OTEL_BSP_SCHEDULE_DELAY", "10x"), ("OTEL_TRACES_SAMPLER", "sometimes"),
    ("OTEL_SDK_DISABLED", "yes"), ("OTEL_PROPAGATORS", "pigeon")])
def test_a_wrong_value_is_one_warning_and_the_default(launch, variable, value):
    done = launch("--", "sh", "-c", "exit 3", environment={variable: value})

    assert done.returncode == 3
    lines = [line for line in done.stderr.splitlines() if value in line]
    assert len(lines) == 1 and variable.lower()[5:] in lines[0].lower(), done.stderr


def test_the_segment_is_gone_when_the_program_is(launch):
    done = launch("--c_pool", "afterwards", "--", "sh", "-c", "printf %s \"$OTEL_SEGMENT\"")

    assert done.stdout
    assert not Path(done.stdout).exists()


def test_secrets_on_the_command_line_are_not_what_ps_shows(launch):
    secret = "authorization=Basic%20c2VjcmV0"

    done = launch("--exporter_otlp_headers", secret, f"--exporter_otlp_traces_headers={secret}",
                  "--exporter_otlp_endpoint", "http://user:secret@127.0.0.1:9",
                  "--", "sh", "-c", "tr '\\0' ' ' </proc/$PPID/cmdline")

    assert done.returncode == 0, done.stderr
    assert "--exporter_otlp_headers ****" in done.stdout
    assert "ecret" not in done.stdout and "c2VjcmV0" not in done.stdout


def test_sdk_disabled_runs_the_program_without_telemetry(launch, tmp_path):
    done = launch("--traces_exporter", "otlp_file", "--metrics_exporter", "otlp_file",
                  "--c_file_dir", tmp_path, "--", "sh", "-c", "exit 4",
                  environment={"OTEL_SDK_DISABLED": "true"})

    assert done.returncode == 4
    assert list(tmp_path.glob("*.json")) == []


def test_the_demos_command_works_and_its_telemetry_arrives(pools, sink):
    pool = pools("board_count", [*DEMO, "--exporter_otlp_endpoint", sink.endpoint], environment={
        "OTEL_SERVICE_NAME": "",
        "OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED": "true",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST": "custom_request_header",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE": "content-type"})

    answer = pool.traced("/board/1", headers={"custom_request_header": "abc"})

    span = sink.server_span(answer.trace_id)
    assert span.resource["service.name"] == "demo"
    assert span.attributes["http.request.header.custom_request_header"] == ["abc"]
    assert span.attributes["http.response.header.content-type"] == ["application/json"]
    assert sink.point("http.server.request.duration").resource["service.name"] == "demo"
    assert sink.log_records(answer.trace_id)


def test_requests_to_the_receiver_are_as_the_protocol_wants(pools, sink):
    pool = pools("board_count", environment={
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint + "/base",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": sink.endpoint + "/elsewhere/logs",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-token=a%20b,x-other=c",
        "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "gzip"})
    answer = pool.traced("/board/1")
    assert sink.server_span(answer.trace_id) and sink.log_records(answer.trace_id)
    sink.point("http.server.request.duration")

    by_path = {path: headers for path, _, headers in sink.requests}

    assert set(by_path) == {"/base/v1/traces", "/base/v1/metrics", "/elsewhere/logs"}
    for headers in by_path.values():
        assert headers["Content-Type"] == "application/json"
        assert headers["User-Agent"].startswith("OTel-OTLP-Exporter-")
        assert (headers["x-token"], headers["x-other"]) == ("a b", "c")
    assert by_path["/base/v1/traces"]["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in by_path["/base/v1/metrics"]


def test_a_sampler_that_keeps_nothing_still_counts_requests(pools, sink):
    pool = pools("board_count", ["--traces_sampler", "always_off"],
                 environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    for _ in range(10):
        pool.get("/board/1")

    eventually(lambda: sink.point("http.server.request.duration",
                                  http_response_status_code=200).count >= 10, what="the metric")

    books = pool.settled()["spans"]
    assert books["ended"] == books["sampled_out"] >= 30
    assert sink.spans() == []


def test_a_ratio_keeps_about_its_part_and_whole_traces(pools, sink):
    pool = pools("board_count", ["--traces_sampler=traceidratio", "--traces_sampler_arg=0.25"],
                 environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    for _ in range(400):
        pool.get("/board/1")
    books = pool.settled()["spans"]

    traces = {}
    eventually(lambda: len(sink.spans()) == books["exported"], what="all exported spans")
    for span in sink.spans():
        traces.setdefault(span.trace_id, []).append(span)
    assert 50 < len(traces) < 160  # 100 +- 7 standard deviations
    assert {len(spans) for spans in traces.values()} == {3}


def test_attribute_limits_cut_and_count(pools, sink):
    pool = pools("board_count", ["--span_attribute_value_length_limit", "8"],
                 environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})

    answer = pool.traced("/board/1", headers={"User-Agent": "a very long name of a browser"})

    assert sink.server_span(answer.trace_id).attributes["user_agent.original"] == "a very l"


def test_without_a_collector_the_launcher_writes_the_files(pools):
    pool = pools("board_count", ["--traces_exporter", "otlp_file", "--metrics_exporter",
                                 "otlp_file", "--logs_exporter", "otlp_file"])

    answer = pool.traced("/board/1")

    assert len(pool.telemetry.trace(answer.trace_id, 3)) == 3
    assert pool.telemetry.log_records(answer.trace_id)
    assert pool.telemetry.point("http.server.request.duration")
    assert {path.name for path in pool.folder.glob("*.json")} == \
        {"traces.json", "metrics.json", "logs.json"}
    pool.settled()


def test_the_console_exporter_writes_to_the_launchers_output(pools):
    pool = pools("user", ["--traces_exporter", "console", "--metrics_exporter", "none",
                          "--logs_exporter", "none"])

    answer = pool.traced()

    eventually(lambda: answer.trace_id in pool.text(), what="the span on the console")


def test_a_segment_that_cannot_be_made_is_one_line_and_no_start(launch):
    done = launch("--c_segment", "/proc/no/such/place", "--", "sh", "-c", "echo started")

    assert done.returncode not in (0, 6) and done.stdout == ""
    assert "/proc/no/such/place" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_sigterm_is_forwarded_and_the_end_awaited(built, tmp_path):
    mark = tmp_path / "ready"
    process = subprocess.Popen(
        [LAUNCHER, "--traces_exporter", "none", "--metrics_exporter", "none", "--logs_exporter",
         "none", "--", "sh", "-c",
         f"trap 'exit 9' TERM; touch {mark}; while :; do sleep 0.05; done"],
        env=clean_environment(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    eventually(mark.exists, what="the program")

    process.terminate()

    assert process.wait(5) == 9
    assert not any(processes.command(pid) and str(mark) in " ".join(processes.command(pid))
                   for pid in processes.pids())
