"""What metrics become: temporality and histograms by option, views by a configuration file."""

import json
import subprocess

import pytest

from harness.paths import LAUNCHER, clean_environment

DURATION = "otel.sdk.metric_reader.collection.duration"
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
def metrics(built, tmp_path):
    """name -> the metric of the last document that has it, of a short run."""
    def run(*arguments):
        done = subprocess.run(
            [LAUNCHER, "--traces_exporter=none", "--logs_exporter=none",
             f"--c_file_dir={tmp_path}", *arguments, "--", "sleep", "0.5"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=20, check=False, cwd=tmp_path, env=clean_environment())
        assert done.returncode == 0, done.stderr
        return {metric["name"]: metric
                for line in (tmp_path / "metrics.json").read_text().splitlines()
                for group in json.loads(line)["resourceMetrics"]
                for scope in group["scopeMetrics"] for metric in scope["metrics"]}
    return run


PLAIN = ("--metrics_exporter=otlp_file", "--metric_export_interval=100")


@pytest.mark.parametrize("preference, number", [("cumulative", 2), ("delta", 1), ("lowmemory", 1)])
def test_the_temporality_is_the_one_asked_for(metrics, preference, number):
    found = metrics(*PLAIN, f"--exporter_otlp_metrics_temporality_preference={preference}")

    assert found[DURATION]["histogram"]["aggregationTemporality"] == number


def test_histograms_are_of_the_kind_asked_for(metrics):
    assert "histogram" in metrics(*PLAIN)[DURATION]
    found = metrics(*PLAIN, "--exporter_otlp_metrics_default_histogram_aggregation="
                            "base2_exponential_bucket_histogram")
    assert "exponentialHistogram" in found[DURATION]


def test_views_of_a_file_drop_rename_and_shape_streams(metrics, tmp_path):
    (tmp_path / "views.yaml").write_text(VIEWS.format(folder=tmp_path))

    found = metrics("--config_file=views.yaml")

    assert not any(name.startswith("otel.sdk.exporter.") for name in found)
    assert any(name.startswith("process.") for name in found)
    assert DURATION not in found
    assert found["collection"]["description"] == "How long it took"
    (point,) = found["collection"]["histogram"]["dataPoints"]
    assert point["explicitBounds"] == [1, 2] and len(point["bucketCounts"]) == 3
    assert [item["key"] for item in point["attributes"]] == ["otel.component.type"]
