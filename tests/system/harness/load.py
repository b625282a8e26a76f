"""Load: wrk at full speed, and a few steady clients that note every answer."""

import collections
import json
import subprocess
import threading
import time
from pathlib import Path
from types import SimpleNamespace

from .paths import tool

SCRIPT = Path(__file__).with_name("wrk.lua")


class Wrk:
    """wrk in the background: `with Wrk(url, 3) as load: …`, then load.result."""

    def __init__(self, url, duration_s, connections=16):
        self.result = None
        self._duration_s = duration_s
        self._process = subprocess.Popen(
            [tool("wrk"), "-t1", f"-c{connections}", f"-d{duration_s}s", "-s", SCRIPT, url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_running(self):
        return self._process.poll() is None

    def wait(self):
        output, _ = self._process.communicate(timeout=self._duration_s + 30)
        line = next((line for line in output.splitlines() if line.startswith("{")), None)
        assert line, f"wrk said nothing: {output}"
        self.result = SimpleNamespace(**json.loads(line))
        return self.result

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.wait()
        else:
            self._process.kill()
            self._process.communicate()


class Clients:
    """Threads that each send one request after the other until told to stop; every answer's
    status (or the error's name) and time is kept."""

    def __init__(self, send, count=4, pause_s=0.0):
        self.statuses = collections.Counter()
        self.slowest_s = 0.0
        self._send, self._pause_s = send, pause_s
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(count)]

    def _run(self):
        while not self._stop.is_set():
            start = time.monotonic()
            try:
                status = self._send().status
            except Exception as error:  # whatever it is, it is an answer that did not come
                status = type(error).__name__
            taken = time.monotonic() - start
            with self._lock:
                self.statuses[status] += 1
                self.slowest_s = max(self.slowest_s, taken)
            if self._pause_s:
                self._stop.wait(self._pause_s)

    def answers(self):
        return sum(self.statuses.values())

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


def together(functions):
    """Calls all at once, each in a thread of its own; gives their results in order."""
    results = [None] * len(functions)
    gate = threading.Barrier(len(functions))

    def call(place, function):
        gate.wait()
        results[place] = function()

    threads = [threading.Thread(target=call, args=pair, daemon=True)
               for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
