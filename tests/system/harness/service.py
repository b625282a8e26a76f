"""The whole service as a user runs it: nginx, five pools with their launchers, the collector; all
through fcgi_app/service/control, in a folder of its own, on free ports."""

import os
import subprocess
import time
from types import SimpleNamespace

from . import database, http, instance, load, processes, segment
from .paths import BUILD, CONTROL, POOLS, ROOT, clean_environment, free_ports
from .telemetry import FileTelemetry, new_trace_id, traceparent
from .wait import eventually

# Telemetry leaves often, so that tests wait little; every value may be overridden.
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": 100, "OTEL_BLRP_SCHEDULE_DELAY": 100,
         "OTEL_METRIC_EXPORT_INTERVAL": 500}


class Service:
    def __init__(self, rows=1000, **settings):
        self._folder = instance.Folder("service")
        self.var = self._folder.path / "var"
        self.var.mkdir()
        self.var.chmod(self._folder.path.stat().st_mode & 0o777)
        self.db = self.var / "board.db"
        names = ("PORT", "OTLP_GRPC_PORT", "OTLP_HTTP_PORT", "PROMETHEUS_PORT", "HEALTH_PORT")
        ports = dict(zip(names, free_ports(len(names))))
        self.settings = {"VAR": self.var, "BUILD": BUILD, "ROWS": rows, "BIND": "127.0.0.1",
                         **QUICK, **ports, **settings}
        self.ports = SimpleNamespace(
            http=self.settings["PORT"], otlp_grpc=self.settings["OTLP_GRPC_PORT"],
            otlp_http=self.settings["OTLP_HTTP_PORT"],
            prometheus=self.settings["PROMETHEUS_PORT"], health=self.settings["HEALTH_PORT"])
        self.url = f"http://127.0.0.1:{self.ports.http}"
        self.telemetry = FileTelemetry(self.var / "telemetry")
        self.output = self._folder.path / "control.log"
        self.run = None  # where sockets and segments lie; known once it has started

    # --- life ---------------------------------------------------------------------------------

    def control(self, *arguments, timeout=60):
        """Gives status, output and the seconds it took; what stays behind may keep no pipe."""
        start = time.monotonic()
        with open(self.output, "ab") as output:
            begin = output.tell()
            done = subprocess.run([CONTROL, *arguments], cwd=ROOT, timeout=timeout, check=False,
                                  env=clean_environment(**self.settings),
                                  stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT)
        text = self.output.read_bytes()[begin:].decode("utf-8", "replace")
        return SimpleNamespace(status=done.returncode, output=text,
                               seconds=time.monotonic() - start)

    def start(self):
        done = self.control("start", timeout=300)
        assert done.status == 0, f"control start gave {done.status}:\n{done.output}"
        self.run = (self.var / "run").resolve()
        return self

    def stop(self):
        return self.control("stop")

    def end(self):
        """After every test: nothing of ours is left, whatever happened."""
        self.telemetry.close()
        self.stop()
        left = self.processes()
        for pid in left:
            processes.kill(pid)
        self._folder.remove()
        return left

    def processes(self):
        """Living processes of this instance."""
        marks = [self._folder.path] + ([self.run] if self.run else [])
        return processes.of_folder(*marks)

    def logs(self):
        return instance.tails(self._folder.path)

    # --- questions ----------------------------------------------------------------------------

    def get(self, target, headers=(), method="GET", **how):
        return http.request(self.ports.http, target, headers, method, **how)

    def traced(self, target, headers=(), method="GET", **how):
        """The same under a trace id of the test's own: the answer has it as .trace_id."""
        trace_id = new_trace_id()
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        answer = self.get(target, [*pairs, ("traceparent", traceparent(trace_id))], method, **how)
        answer.trace_id = trace_id
        return answer

    def wrk(self, target, duration_s, connections=16):
        return load.Wrk(self.url + target, duration_s, connections)

    def query(self, sql, *parameters):
        return database.query(self.db, sql, *parameters)

    def log_rows(self):
        return database.log_rows(self.db)

    def access_log(self):
        """Lines of nginx's access log."""
        path = next(path for path in sorted((self.var / "log").rglob("*"))
                    if "access" in path.name and path.is_file())
        return path.read_text(encoding="utf-8", errors="replace").splitlines()

    # --- inside -------------------------------------------------------------------------------

    def socket(self, pool):
        return self.run / f"{pool}.sock"

    def segment_path(self, pool):
        return self.run / f"{pool}.segment"

    def segment(self, pool):
        return segment.read(self.segment_path(pool))

    def launcher(self, pool):
        return self.segment(pool)["launcher_pid"]

    def workers(self, pool):
        """The worker processes of a pool."""
        name = (BUILD / "bin" / pool).resolve().name
        return [pid for pid in self.processes_below(pool) if processes.executable(pid) == name]

    def processes_below(self, pool):
        below = self.segment(pool)["program_pid"]
        return [below, *processes.descendants(below)]

    def wait_workers(self, pool, count=None, timeout=5.0):
        wanted = count or int(self.settings.get("WORKERS", 2))
        return eventually(lambda: (found := self.workers(pool)) and len(found) == wanted and found,
                          timeout, f"{wanted} workers of {pool}")

    def check_books(self, timeout=5.0):
        for pool in POOLS if self.run else ():
            if os.path.exists(self.segment_path(pool)):
                segment.check_books(self.segment_path(pool), timeout)

    def settled(self, pool, timeout=10.0, launchers_killed=0):
        return segment.settled(self.segment_path(pool), timeout, launchers_killed)
