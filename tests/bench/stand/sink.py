"""The receiver (programs/sink.c), and what it is told and asked."""

import json
import subprocess
import urllib.request

from .build import program


class Sink:
    def __init__(self, port=0):
        self._process = subprocess.Popen([program("sink"), str(port)], stdout=subprocess.PIPE,
                                         text=True)
        self.port = int(self._process.stdout.readline())
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.pid = self._process.pid

    def _ask(self, path):
        with urllib.request.urlopen(self.endpoint + path, timeout=5) as answer:
            return json.loads(answer.read())

    def mode(self, name):
        """ok, hang or refuse."""
        self._ask(f"/mode/{name}")

    def count(self):
        """requests, spans, logs, bytes that it took."""
        return self._ask("/count")

    def end(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
