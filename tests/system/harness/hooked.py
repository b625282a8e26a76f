"""A FastCGI program with the preload library but without a launcher: nobody drains the segment
but the test. Shows exactly what the worker's side records."""

import json
import signal
import socket
import subprocess

from . import fastcgi, instance, processes
from .compiled import compiled
from .paths import BUILD, clean_environment
from .wait import eventually

HOOKS = BUILD / "lib/libotel_hooks.so"


class Hooked:
    """segment: words for segment_tool make; None: the library without a segment. command: in
    front of the program, such as strace."""

    def __init__(self, program, *arguments, segment=(), is_preloaded=True, preload=(),
                 environment=None, command=()):
        self._folder = instance.Folder("hooked")
        self.folder = self._folder.path
        self.segment = self.folder / "segment"
        self.socket = self.folder / "sock"
        self.stderr = self.folder / "stderr"
        settings = dict(environment or {})
        libraries = [*([HOOKS] if is_preloaded else []), *preload]
        if libraries:
            settings["LD_PRELOAD"] = ":".join(map(str, libraries))
        if segment is not None and is_preloaded:
            self._tool("make", self.segment, *segment)
            settings["OTEL_SEGMENT"] = self.segment
        if command:  # an option of strace passes these on to the program alone
            command = [*command, *(f"-E{name}={value}" for name, value in settings.items())]
            settings = {}
        with socket.socket(socket.AF_UNIX) as listening, open(self.stderr, "wb") as stderr:
            listening.bind(str(self.socket))
            listening.listen(64)
            self.process = subprocess.Popen(
                [*map(str, command), str(program), *map(str, arguments)], stdin=listening,
                stdout=subprocess.DEVNULL, stderr=stderr, cwd=self.folder,
                env=clean_environment(**settings))
        self._records = []

    @staticmethod
    def _tool(*arguments):
        return subprocess.run([compiled("segment_tool"), *arguments], check=True,
                              stdout=subprocess.PIPE).stdout

    def get(self, target="/", timeout=10.0, **how):
        return fastcgi.request(self.socket, target, timeout, **how)

    def records(self, of_type=None, **wanted):
        """Every record up to now; by type and by what its items say."""
        for line in self._tool("drain", self.segment).splitlines():
            self._records.append(json.loads(line))
        return [record for record in self._records
                if (of_type is None or record["type"] == of_type)
                and all(record.get(name) == value for name, value in wanted.items())]

    def spans(self, kind, count=1):
        """The spans of a kind, once there are so many: a request ends behind its answer."""
        return eventually(
            lambda: (found := self.records("span", kind=kind)) and len(found) >= count and found,
            5, f"{count} spans of kind {kind}")

    def stop(self, number=signal.SIGTERM):
        """SIGTERM ends libfcgi's accept; gives the exit status. Under a command in front, the
        program below it gets the signal."""
        if self.process.poll() is None:
            below = processes.descendants(self.process.pid)
            processes.kill(below[0] if below else self.process.pid, number)
        return self.process.wait(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            for pid in [*processes.descendants(self.process.pid), self.process.pid]:
                processes.kill(pid)
            self.process.wait()
        self._folder.remove()
