"""The stack in containers as a user runs it: `stack up` by one of the composes, under a project, a
folder and ports of its own, beside whatever else runs; and questions to its back ends."""

import json
import os
import shutil
import subprocess
import urllib.parse
from types import SimpleNamespace

from harness import http, instance
from harness.paths import ROOT, clean_environment, free_ports
from harness.service import QUICK
from harness.telemetry import FileTelemetry, new_trace_id, traceparent
from harness.wait import eventually

UP = ROOT / "fcgi_app/service/stack"
GET_PROGRAM = ROOT / "otel/collector/get_program"
GRAFANA = ROOT / "otel/collector/grafana"
PORTS = ("PORT", "OTLP_GRPC_PORT", "OTLP_HTTP_PORT", "PROMETHEUS_PORT", "HEALTH_PORT",
         "JAEGER_PORT", "PROMETHEUS_SERVER_PORT", "LOKI_PORT")
POOLS = {"board": "/board", "board_count": "/board/1", "log": "/log", "user": "/user",
         "status": "/status.json"}
SERVICES = (*POOLS, "nginx", "traffic", "collector", "jaeger", "prometheus", "loki")
UP_LIMIT_S = 1500  # cold: every program and image is made


def why_not():
    """The reason why the stack cannot run here, or None."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    done = subprocess.run(["docker", "version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=30, check=False)
    return None if done.returncode == 0 else "docker does not answer"


def compose_1():
    return shutil.which("docker-compose")


def compose_5():
    """The plugin that is installed, or one built from its pinned module."""
    done = subprocess.run(["docker", "compose", "version"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode == 0:
        return "docker compose"
    done = subprocess.run([GET_PROGRAM, "compose"], stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


COMPOSES = {"compose-1": compose_1, "compose-5": compose_5}


class Questions:
    """What Jaeger, Prometheus and Loki are asked, wherever they run."""

    def __init__(self, settings, telemetry):
        self.jaeger_port = settings["JAEGER_PORT"]
        self.prometheus_port = settings["PROMETHEUS_SERVER_PORT"]
        self.loki_port = settings["LOKI_PORT"]
        self.telemetry = telemetry

    def jaeger_spans(self, trace_id):
        """The ids of a trace's spans."""
        answer = http.request(self.jaeger_port, f"/api/traces/{trace_id}")
        if answer.status != 200:
            return set()
        return {span["spanID"] for trace in answer.json()["data"] for span in trace["spans"]}

    def prometheus(self, query):
        """The vector that a query gives: (labels, value) pairs."""
        target = "/api/v1/query?" + urllib.parse.urlencode({"query": query})
        answer = http.request(self.prometheus_port, target)
        assert answer.status == 200, f"{query}: {answer.text}"
        result = answer.json()["data"]
        assert result["resultType"] == "vector", f"{query} gives a {result['resultType']}"
        return [(one["metric"], float(one["value"][1])) for one in result["result"]]

    def loki(self, query, limit=5000):
        """The labels of each line of the last quarter of an hour, or of each series."""
        target = "/loki/api/v1/query_range?" + urllib.parse.urlencode(
            {"query": query, "since": "15m", "limit": limit})
        answer = http.request(self.loki_port, target)
        assert answer.status == 200, f"{query}: {answer.text}"
        return [one.get("stream", one.get("metric")) for one in answer.json()["data"]["result"]
                for _ in one["values"]]

    def await_everywhere(self, traces, timeout=60):
        """Each of these traces is, whole, in the files and in Jaeger; each has lines in Loki."""
        for trace_id in traces:
            self.telemetry.server_span(trace_id, timeout)
            self.telemetry.log_records(trace_id, timeout=timeout)
        for trace_id in traces:
            wanted = {span.span_id for span in self.telemetry.spans(trace_id=trace_id)}
            eventually(lambda: self.jaeger_spans(trace_id) >= wanted, timeout,
                       f"trace {trace_id} in Jaeger")
        def in_loki():
            lines = self.loki('{service_name="board"} | trace_id=~"' + "|".join(traces) + '"')
            return {line["trace_id"] for line in lines} >= set(traces)
        eventually(in_loki, timeout, f"lines of {len(traces)} traces in Loki")


class Stack(Questions):
    def __init__(self, compose, **settings):
        self.compose = compose
        self.project = f"board-test-{os.getpid()}-{new_trace_id()[:6]}"
        self._folder = instance.Folder("stack")
        self.var = self._folder.path / "var"
        self.settings = {**QUICK, **dict(zip(PORTS, free_ports(len(PORTS)))),
                         "VAR": self.var, "ENV_FILE": self._folder.path / "env", "ROWS": 1000,
                         "COMPOSE": compose, "COMPOSE_PROJECT_NAME": self.project, **settings}
        # As a person leaves it: a comment behind, no end of the line.
        self.settings["ENV_FILE"].write_text("TRAFFIC=5    # requests a second")
        self.port = SimpleNamespace(
            **{name.lower().removesuffix("_port"): self.settings[name] for name in PORTS})
        super().__init__(self.settings, FileTelemetry(self.var / "telemetry"))

    # --- life ---------------------------------------------------------------------------------

    def _run(self, command, timeout):
        environment = clean_environment(**self.settings)
        environment = {name: value for name, value in environment.items()
                       if name in self.settings or not name.startswith("COMPOSE_")}
        done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=timeout, check=False)
        return SimpleNamespace(status=done.returncode, output=done.stdout)

    def up(self):
        return self._run([UP, "up"], UP_LIMIT_S)

    def start(self):
        done = self.up()
        assert done.status == 0, f"stack up gave {done.status}:\n{done.output}"
        return done.output

    def ask_compose(self, *arguments, timeout=120):
        """A compose command as a person types it; its output."""
        done = self._run([*self.compose.split(), "--env-file", self.settings["ENV_FILE"],
                          *arguments], timeout)
        assert done.status == 0, f"compose {arguments} gave {done.status}:\n{done.output}"
        return done.output

    def end(self):
        """down -v; gives the names of what it left."""
        self.telemetry.close()
        try:
            self.ask_compose("down", "-v")
            return self.left()
        finally:
            self.discard()

    def discard(self):
        self._folder.remove()

    def left(self):
        mark = f"label=com.docker.compose.project={self.project}"
        return [f"{kind} {name}" for kind, command in (
                    ("container", ["ps", "-aq"]), ("volume", ["volume", "ls", "-q"]),
                    ("network", ["network", "ls", "-q"]))
                for name in _docker(*command, "--filter", mark).split()]

    def logs(self):
        yield "docker", self._run([*self.compose.split(), "--env-file", self.settings["ENV_FILE"],
                                   "logs", "--no-color", "--tail=15"], 60).output

    # --- containers ---------------------------------------------------------------------------

    def container(self, service):
        """What docker knows of a service's container."""
        name = _docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}",
                       "--filter", f"label=com.docker.compose.service={service}").strip()
        assert name, f"there is no container of {service}"
        return json.loads(_docker("inspect", name))[0]

    def is_running(self, service):
        return self.container(service)["State"]["Running"]

    def pool_answers(self, pool):
        """Asked over its own socket, as its health check does."""
        path = {"status": "/"}.get(pool, POOLS[pool])
        return _docker("exec", self.container(pool)["Id"], "/usr/lib/board/service/probe",
                       f"/run/board/{pool}.sock", path).strip() == "200"

    def await_ready(self, service, timeout=60):
        """Asked from outside: most of them have no program inside that could."""
        port, path, status = {
            "nginx": (self.port.port, "/", 200), "collector": (self.port.health, "/", 200),
            "jaeger": (self.port.jaeger, "/api/services", 200),
            "prometheus": (self.port.prometheus_server, "/-/ready", 200),
            "loki": (self.port.loki, "/ready", 200), "user": (self.port.port, "/user", 500),
        }.get(service, (self.port.port, POOLS.get(service, "/"), 200))
        eventually(lambda: http.request(port, path).status == status, timeout, f"{service} again")

    # --- questions ----------------------------------------------------------------------------

    def get(self, target, headers=(), **how):
        return http.request(self.port.port, target, headers, **how)

    def traced(self, target):
        """The same under a trace id of the test's own: the answer has it as .trace_id."""
        trace_id = new_trace_id()
        answer = self.get(target, [("traceparent", traceparent(trace_id))])
        answer.trace_id = trace_id
        return answer


def _docker(*arguments):
    return subprocess.run(["docker", *arguments], stdout=subprocess.PIPE, check=False,
                          stdin=subprocess.DEVNULL, text=True, timeout=60).stdout
