"""A real collector of a test's own: OTLP and Zipkin in, one file a signal out."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

from .paths import free_ports
from .telemetry import SIGNALS, FileTelemetry
from .wait import eventually


def find():
    """$OTELCOL, the path, or what make run has built before."""
    cached = sorted(Path.home().glob(".cache/board-otel/otelcol-*"))
    return os.environ.get("OTELCOL") or shutil.which("otelcol") or (cached and str(cached[-1]))


class Collector(FileTelemetry):
    """tls: what the receivers' `tls:` says. grpc: its port. Ask it what arrived; endpoints by
    protocol."""

    def __init__(self, folder, tls=None, grpc=None):
        super().__init__(folder)
        self.http, self.grpc, self.zipkin = free_ports(3)
        self.grpc = grpc or self.grpc
        self.scheme = "https" if tls else "http"
        receiver = {"tls": tls} if tls else {}
        config = {
            "receivers": {
                "otlp": {"protocols": {
                    "http": {"endpoint": f"127.0.0.1:{self.http}", **receiver},
                    "grpc": {"endpoint": f"127.0.0.1:{self.grpc}", **receiver}}},
                "zipkin": {"endpoint": f"127.0.0.1:{self.zipkin}"}},
            "exporters": {f"file/{signal}": {"path": f"{folder}/{signal}.json",
                                             "append": True} for signal in SIGNALS},
            "service": {
                "telemetry": {"metrics": {"level": "none"}},
                "pipelines": {signal: {
                    "receivers": ["otlp", "zipkin"] if signal == "traces" else ["otlp"],
                    "exporters": [f"file/{signal}"]} for signal in SIGNALS}}}
        self.config = folder / "config.yaml"
        self.config.write_text(json.dumps(config))
        self.process = None
        self.start()

    def endpoint(self, protocol):
        return f"{self.scheme}://127.0.0.1:{self.grpc if protocol == 'grpc' else self.http}"

    def start(self):
        with open(self.folder / "collector.log", "ab") as log:
            self.process = subprocess.Popen([find(), "--config", self.config], stderr=log,
                                            stdout=log, stdin=subprocess.DEVNULL)
        for port in (self.http, self.grpc, self.zipkin):
            eventually(lambda port=port: _listens(port), 20, "the collector")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def close(self):
        super().close()
        self.stop()


def _listens(port):
    with socket.create_connection(("127.0.0.1", port), 1):
        return True
