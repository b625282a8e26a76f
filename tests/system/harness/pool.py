"""One pool by itself, without nginx: launcher, spawn-fcgi, multiwatch, workers, exactly in the
shape of the service, asked by hand-made FastCGI. Starts in a moment, so that each test may have
its own options."""

import os
import subprocess
import time
from types import SimpleNamespace

from . import database, fastcgi, instance, processes, segment
from .paths import LAUNCHER, clean_environment, program, tool
from .service import QUICK
from .telemetry import FileTelemetry, new_trace_id, traceparent
from .wait import eventually

ROUTES = {"board": "/board", "board_count": "/board/{count}", "log": "/log", "user": "/user",
          "status": "/"}
FIRST_TARGET = {"board": "/board", "board_count": "/board/1", "log": "/log", "user": "/user",
                "status": "/"}


class Pool:
    """options: of the launcher. environment: of everything. is_observed False: no launcher.
    inherited: descriptors that are open in it from the start."""

    def __init__(self, name="board_count", options=(), environment=None, is_observed=True,
                 workers=2, rows=200, worker=None, has_database=True,
                 inherited=()):
        self.name, self._options, self._is_observed = name, list(options), is_observed
        self._worker, self._workers_wanted = worker or program(name), workers
        self._inherited = inherited
        self._folder = instance.Folder("pool")
        self.folder = self._folder.path
        self.db = self.folder / "board.db"
        if has_database:
            database.create(self.db, rows)
        self.socket = self.folder / "sock"
        self.segment_path = self.folder / f"{name}.segment"
        self.output = self.folder / "launcher.log"
        self._environment = {"BOARD_DB": self.db, "BOARD_RUN_DIR": self.folder,
                             "OTEL_C_POOL": name, "OTEL_C_SEGMENT": self.segment_path,
                             "OTEL_C_FILE_DIR": self.folder, "OTEL_SERVICE_NAME": "board",
                             **QUICK, **(environment or {})}
        self.telemetry = FileTelemetry(self.folder)
        self.process = None

    def command(self):
        launcher = [LAUNCHER, *self._options, "--"] if self._is_observed else []
        return [*launcher, tool("spawn-fcgi"), "-n", "-s", self.socket, "-M", "0660", "-b",
                "1024", "--", tool("multiwatch"), "-f", str(self._workers_wanted), "-r",
                "1000000", "-t", "1", "--", self._worker]

    def spawn(self, **environment):
        """Starts it, without waiting for anything. environment: other than the last time."""
        self._environment.update(environment)
        if not os.access(self._worker, os.X_OK):  # multiwatch would try it without end
            raise FileNotFoundError(self._worker)
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in self.command()], stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, pass_fds=self._inherited,
                env=clean_environment(**self._environment))
        return self

    def start(self):
        self.spawn()

        def answers():
            assert self.process.poll() is None, \
                f"ended with {self.process.returncode}:\n{self.text()[-2000:]}"
            return self.get(FIRST_TARGET[self.name], timeout=2.0, OTEL_SUPPRESS="1").status
        eventually(answers, 10, f"the first answer of pool {self.name}")
        return self

    def stop(self, timeout=5.0):
        """SIGTERM; gives the exit status and the seconds it took."""
        start = time.monotonic()
        self.process.terminate()
        status = self.process.wait(timeout)
        return SimpleNamespace(status=status, seconds=time.monotonic() - start)

    def end(self):
        self.telemetry.close()
        if self.process and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                processes.kill(self.process.pid)
                self.process.wait()
        for pid in self.processes():
            processes.kill(pid)
        self._folder.remove()

    def processes(self):
        return processes.of_folder(self.folder)

    def workers(self):
        return [pid for pid in self.processes()
                if processes.executable(pid) == os.path.basename(self._worker)]

    def text(self):
        """What launcher and workers said."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def logs(self):
        return instance.tails(self.folder)

    def get(self, target=None, timeout=10.0, **how):
        how.setdefault("route", ROUTES[self.name])
        return fastcgi.request(self.socket, target or FIRST_TARGET[self.name], timeout, **how)

    def traced(self, target=None, headers=(), **how):
        trace_id = new_trace_id()
        answer = self.get(target, headers={**dict(headers), "traceparent": traceparent(trace_id)},
                          **how)
        answer.trace_id = trace_id
        return answer

    def segment(self):
        return segment.read(self.segment_path)

    def log_rows(self):
        return database.log_rows(self.db)

    def check_books(self, timeout=5.0):
        if self._is_observed and self.segment_path.exists():
            segment.check_books(self.segment_path, timeout)

    def settled(self, timeout=10.0, launchers_killed=0):
        return segment.settled(self.segment_path, timeout, launchers_killed)
