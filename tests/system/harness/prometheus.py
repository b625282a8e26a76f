"""Debian's Prometheus, fetching from whatever the launchers of a folder have written down."""

import json
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from .paths import ROOT, free_ports
from .wait import eventually

GET_PROGRAM = ROOT / "otel/collector/get_program"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


def find():
    """Debian's program, installed or taken out of its package; None when it cannot be had."""
    done = subprocess.run([GET_PROGRAM, "prometheus"], stdout=subprocess.PIPE, text=True,
                          check=False)
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def fetch(target, accept=None, path="/metrics"):
    """(content type, text) of a page."""
    request = urllib.request.Request(f"http://{target}{path}",
                                     headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def families(target):
    """The page in OpenMetrics, read by an independent parser: families by name."""
    content_type, text = fetch(target, OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    return {family.name: family for family in text_string_to_metric_families(text)}


def targets(folder):
    """What launchers have written down: address by pool."""
    found = [json.loads(path.read_text()) for path in folder.glob("*.prometheus.json")]
    return {entry["labels"]["fcgi_pool"]: entry["targets"][0] for [entry] in found}


class Prometheus:
    """Asks everything in the folder twice a second."""

    def __init__(self, program, folder, addresses):
        self.port, = free_ports(1)
        config = folder / "prometheus.yaml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "500ms", "scrape_timeout": "400ms"},
            "scrape_configs": [{"job_name": "pools", "file_sd_configs": [
                {"files": [f"{addresses}/*.prometheus.json"], "refresh_interval": "1s"}]}]}))
        with open(folder / "prometheus.log", "ab") as log:
            self.process = subprocess.Popen(
                [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--enable-feature=exemplar-storage"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _get(self, path, **query):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """(labels, value) of each series, once there is one."""
        return eventually(lambda: [(found["metric"], float(found["value"][1]))
                                   for found in self._get("query", query=expression)["result"]],
                          20, f"an answer to {expression}")

    def targets(self):
        return self._get("targets")["activeTargets"]

    def close(self):
        self.process.terminate()
        self.process.wait(10)
