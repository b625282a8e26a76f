"""The configuration file, and --print-config: what is in force, from where, and as such a file."""

import json
import os
import subprocess

import pytest

from harness.paths import LAUNCHER, clean_environment

SECRET = "api-key=very%20secret"


@pytest.fixture
def launch(built, tmp_path):
    def run(*arguments, **environment):
        return subprocess.run(
            [LAUNCHER, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=20, check=False, cwd=tmp_path,
            env=clean_environment(**environment))
    return run


def test_a_file_says_what_runs_and_variables_only_what_it_asks_them(launch, tmp_path):
    (tmp_path / "otel.yaml").write_text(f"""
file_format: "1.1"
resource:
  attributes:
    - name: service.name
      value: ${{NAME:-unnamed}}
    - name: team
      value: "a,b=c"
  detection/development:
    detectors:
      - host:
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_file/development:
            output_stream: file://{tmp_path}/metrics.json
""")
    done = launch("--", "true", OTEL_CONFIG_FILE="otel.yaml", NAME="shop",
                  OTEL_SERVICE_NAME="not-this", OTEL_TRACES_EXPORTER="no-such-exporter")

    assert done.returncode == 0 and done.stderr == ""
    line = json.loads((tmp_path / "metrics.json").read_text().splitlines()[0])
    resource = {item["key"]: item["value"].get("stringValue") for item in
                line["resourceMetrics"][0]["resource"]["attributes"]}
    assert resource["service.name"] == "shop"
    assert resource["team"] == "a,b=c"
    assert "host.name" in resource and "os.type" in resource
    assert "process.command" not in resource


def test_what_is_wrong_is_told_with_its_place_and_what_is_allowed_there(launch, tmp_path):
    (tmp_path / "wrong.yaml").write_text("""file_format: "1.1"
tracer_provider:
  procesors: []
  limits:
    attribute_count_limit: many
""")
    done = launch("--config_file", "wrong.yaml", "--", "touch", "started")

    assert done.returncode == 2 and not (tmp_path / "started").exists()
    first, second = done.stderr.splitlines()
    assert 'wrong.yaml:3:3: there is no "procesors" here, but processors' in first
    assert "wrong.yaml:5:28:" in second and "whole number" in second


@pytest.mark.parametrize("text, place", [
    ("a: [1\n", "bad.yaml:2:1: "), ("a: 1\nb: ${1X}\n", "bad.yaml:2:4: "), ("", "bad.yaml: ")])
def test_what_is_not_yaml_is_told_with_its_place(launch, tmp_path, text, place):
    (tmp_path / "bad.yaml").write_text(text)
    done = launch("--config_file=bad.yaml", "--", "true")
    assert done.returncode == 2 and place in done.stderr


def printed(done):
    assert done.returncode == 0, done.stderr
    lines = (line.split("\t# ") for line in done.stdout.splitlines() if " = " in line)
    return {left.split(" = ")[0]: (left.split(" = ", 1)[1], origin) for left, origin in lines}


def test_print_config_shows_each_value_and_its_origin(launch, tmp_path):
    values = printed(launch("--print-config", "--service_name", "shop",
                            OTEL_BSP_MAX_QUEUE_SIZE="7", OTEL_PYTHON_CONTEXT="thread_local",
                            OTEL_EXPORTER_OTLP_HEADERS=SECRET))
    assert values["service_name"] == ("shop", "option --service_name")
    assert values["bsp_max_queue_size"] == ("7", "variable OTEL_BSP_MAX_QUEUE_SIZE")
    assert values["context"] == ("thread_local", "variable OTEL_PYTHON_CONTEXT")
    assert values["blrp_max_queue_size"] == ("2048", "default")
    assert values["exporter_otlp_headers"][0] == "(set, not shown)"

    (tmp_path / "c.yaml").write_text('file_format: "1.0"\nlog_level: warn\n')
    older = printed(launch("--print-config", OTEL_EXPERIMENTAL_CONFIG_FILE="c.yaml"))
    assert older["config_file"] == ("c.yaml", "variable OTEL_EXPERIMENTAL_CONFIG_FILE")
    assert older["log_level"] == ("warn", "file c.yaml:2:12")
    values = printed(launch("--print-config", "--config_file", "c.yaml",
                            OTEL_EXPERIMENTAL_CONFIG_FILE="no-such.yaml"))
    assert values["log_level"] == ("warn", "file c.yaml:2:12")
    assert values["traces_exporter"][0] == "none"


@pytest.mark.parametrize("options", [
    [],
    ["--traces_exporter=otlp,console,zipkin", "--metrics_exporter=otlp_file,prometheus",
     "--logs_exporter=none", "--exporter_otlp_protocol=grpc", "--exporter_otlp_compression=gzip",
     "--traces_sampler=parentbased_traceidratio", "--traces_sampler_arg=0.3"],
    ["--propagators=b3,baggage", "--attribute_count_limit=9", "--span_event_count_limit=3",
     "--service_name=a \"quoted\" $name: #x", "--resource_attributes=k=v%2C%24,z=1",
     "--experimental_resource_detectors=os,otel,host", "--c_pool=p", "--c_host_metrics=true",
     "--bsp_schedule_delay=0", "--bsp_max_export_batch_size=1", "--log_level=debug",
     "--disabled_instrumentations=sqlite3,logging", "--traces_sampler=always_off",
     "--exporter_otlp_traces_endpoint=https://user:word@host:1/x"],
])
def test_as_a_file_it_gives_the_same_configuration_and_no_secret(launch, tmp_path, options):
    secrets = {f"OTEL_EXPORTER_OTLP_{signal}_HEADERS": SECRET
               for signal in ("TRACES", "METRICS", "LOGS")}
    first = launch("--print-config=yaml", *options, **secrets)
    assert first.returncode == 0, first.stderr
    assert "secret" not in first.stdout and "user:word" not in first.stdout
    (tmp_path / "same.yaml").write_text(first.stdout)

    again = launch("--print-config=yaml", "--config_file", tmp_path / "same.yaml", **secrets,
                   OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="https://user:word@host:1/x")

    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout
    assert os.path.getsize(tmp_path / "same.yaml") > 500


TYPED = """
    - {name: service.name, value: shop}
    - {name: plain, value: 5}
    - {name: flag, value: true, type: bool}
    - {name: count, value: -9007199254740993, type: int}
    - {name: share, value: 0.1, type: double}
    - {name: names, value: ["a, b", 'c"d', "", é], type: string_array}
    - {name: flags, value: [true, false], type: bool_array}
    - {name: counts, value: [1, -2], type: int_array}
    - {name: shares, value: [1, 2.5e-9], type: double_array}
    - {name: nothing, value: [], type: int_array}
    - {name: no.names, value: [], type: string_array}
"""
VALUES = {"service.name": "shop", "plain": "5", "listed": "1", "flag": True,
          "count": -9007199254740993, "share": 0.1, "names": ["a, b", 'c"d', "", "é"],
          "flags": [True, False], "counts": [1, -2], "shares": [1, 2.5e-9], "nothing": [],
          "no.names": []}
EXTRAS = """file_format: "1.1"
resource:
  attributes_list: listed=1
  attributes:TYPED  schema_url: https://example.org/schema
meter_provider:
  readers:
    - periodic:
        cardinality_limits:
          default: 300
          counter: 7
        exporter:
          console:
    - pull:
        exporter:
          prometheus/development:
  views:
    - selector:
      stream:
    - selector:
        instrument_name: http.server.active_requests
        instrument_type: observable_up_down_counter
        unit: "{request}"
        meter_name: fcgi
        meter_version: "1"
        meter_schema_url: https://example.org
      stream:
        name: renamed
        description: 'a "quoted" $$ word'
        aggregation:
          drop:
        aggregation_cardinality_limit: 12
        attribute_keys:
          included: [a.*, "b"]
          excluded: [a.c]
    - selector:
        instrument_name: "http.*"
      stream:
        aggregation:
          explicit_bucket_histogram:
            boundaries: [-1, 0.1, 1.0e+30]
            record_min_max: false
        attribute_keys:
          included: []
    - selector:
        instrument_type: histogram
      stream:
        aggregation:
          base2_exponential_bucket_histogram:
            max_size: 20
            max_scale: -3
instrumentation/development:
  general:
    http:
      server:
        known_methods: [GET, PROPFIND]
        request_captured_headers: [x-a, x-b]
      client:
        known_methods: [GET, PROPFIND]
""".replace("TYPED", TYPED)


def test_what_no_option_can_say_is_printed_and_read_again(launch, tmp_path):
    (tmp_path / "first.yaml").write_text(EXTRAS)
    first = launch("--print-config=yaml", "--config_file=first.yaml")
    assert first.returncode == 0, first.stderr
    (tmp_path / "second.yaml").write_text(first.stdout)

    second = launch("--print-config=yaml", "--config_file=second.yaml")

    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    said = [line.strip() for line in first.stdout.splitlines()]
    for line in ("counter: 7", "histogram: 300", 'instrument_name: "http.*"', 'unit: "{request}"',
                 'instrument_type: "observable_up_down_counter"', 'meter_name: "fcgi"', "drop:",
                 'description: "a \\"quoted\\" $$ word"', "aggregation_cardinality_limit: 12",
                 '- "a.*"', '- "a.c"', "included: []", "record_min_max: false", "max_size: 20",
                 "boundaries: [-1, 0.10000000000000001, 1e+30]", "max_scale: -3",
                 'instrumentation_http_known_methods: "GET,PROPFIND"', "interval: 60000",
                 'schema_url: "https://example.org/schema"', "type: string_array",
                 "value: -9007199254740993", "value: [true, false]", "value: []"):
        assert line in said, f"{line} is not in\n{first.stdout}"


def test_client_and_server_know_the_same_methods(launch, tmp_path):
    (tmp_path / "c.yaml").write_text(EXTRAS.replace("      client:\n        known_methods: [GET",
                                                    "      client:\n        known_methods: [PUT"))

    done = launch("--print-config", "--config_file=c.yaml")

    assert done.returncode == 2 and "there is one for all" in done.stderr


@pytest.mark.parametrize("protocol", ["http/json", "http/protobuf"])
def test_attributes_of_the_resource_have_their_types_at_the_collector(launch, collectors, tmp_path,
                                                                      protocol):
    collector = collectors()
    encoding = protocol.partition("/")[2]
    (tmp_path / "c.yaml").write_text(f"""file_format: "1.1"
resource:
  attributes_list: listed=1
  attributes:{TYPED}
meter_provider:
  readers:
    - periodic:
        exporter:
          otlp_http:
            encoding: {encoding}
            endpoint: {collector.endpoint(protocol)}/v1/metrics
""")

    done = launch("--config_file=c.yaml", "--", "true")

    assert done.returncode == 0 and done.stderr == ""
    resource = collector.point("process.memory.usage").resource
    found = {key: resource.get(key) for key in VALUES}
    assert found == VALUES
    assert {key: type(value) for key, value in found.items() if key != "shares"} == \
        {key: type(value) for key, value in VALUES.items() if key != "shares"}


@pytest.mark.parametrize("item, place, why", [
    ("{name: a, value: 1, type: number}", "4:33", "a type is one of string, bool, int"),
    ("{name: a, value: x, type: int}", "4:24", "must be a whole number"),
    ("{name: a, value: 1, type: int_array}", "4:24", "must be a list"),
    ("{name: a, value: [1, x], type: int_array}", "4:28", "must be a whole number"),
    ("{name: a, value: [1, null], type: int_array}", "4:28", "a value is missing"),
    ("{name: a, value: 9223372036854775808, type: int}", "4:24", "more than 64 bits"),
    ("{name: a, value: .inf, type: double}", "4:24", "no number that can be sent"),
    ("{name: a, value: [x]}", "4:24", "without a type a value is text")])
def test_a_typed_attribute_that_is_wrong_is_told_with_its_place(launch, tmp_path, item, place, why):
    (tmp_path / "c.yaml").write_text(f"""file_format: "1.1"
resource:
  attributes:
    - {item}
""")
    done = launch("--config_file=c.yaml", "--", "true")

    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert f"c.yaml:{place}: " in done.stderr and why in done.stderr
