"""What arrived: questions asked of everything that a receiver has written or taken, the same for
the collector's files, the launcher's own files and the scripted receiver."""

import json
import os
import secrets

from . import otlp
from .wait import eventually

SIGNALS = ("traces", "metrics", "logs")
INTERNAL, SERVER, CLIENT = 1, 2, 3
UNSET, OK, ERROR = 0, 1, 2


def new_trace_id():
    return secrets.token_hex(16)


def traceparent(trace_id, span_id="00f067aa0ba902b7", flags="01"):
    return f"00-{trace_id}-{span_id}-{flags}"


class Telemetry:
    """Base: documents(signal) gives the OTLP JSON documents that are new since the last call."""

    def __init__(self):
        self._items = {signal: [] for signal in SIGNALS}

    def documents(self, signal):
        raise NotImplementedError

    def items(self, signal):
        """Every span, data point or log record up to now."""
        for document in self.documents(signal):
            self._items[signal].extend(otlp.READERS[signal](document))
        return self._items[signal]

    def spans(self, **wanted):
        return [span for span in self.items("traces") if _matches(span, wanted)]

    def logs(self, **wanted):
        return [record for record in self.items("logs") if _matches(record, wanted)]

    def points(self, name=None, pool=None, **attributes):
        """Data points in the order of arrival; attribute names with _ for each dot."""
        return [point for point in self.items("metrics")
                if (name is None or point.name == name)
                and (pool is None or point.resource.get("fcgi.pool") == pool)
                and (not attributes or attributes.items() <= {
                    key.replace(".", "_"): value
                    for key, value in point.attributes.items()}.items())]

    def trace(self, trace_id, spans=1, timeout=10):
        """The spans of a trace, once there are at least so many; by start."""
        return eventually(
            lambda: (found := self.spans(trace_id=trace_id)) and len(found) >= spans
            and sorted(found, key=lambda span: span.start),
            timeout, f"{spans} spans of trace {trace_id}")

    def server_span(self, trace_id, timeout=10):
        return eventually(lambda: self.spans(trace_id=trace_id, kind=SERVER), timeout,
                          f"the SERVER span of trace {trace_id}")[0]

    def log_records(self, trace_id, count=1, timeout=10):
        return eventually(
            lambda: (found := self.logs(trace_id=trace_id)) and len(found) >= count and found,
            timeout, f"{count} log records of trace {trace_id}")

    def point(self, name, pool=None, timeout=10, **attributes):
        """The newest data point of a stream."""
        return eventually(lambda: self.points(name, pool, **attributes), timeout,
                          f"metric {name} {attributes} of pool {pool}")[-1]


def _matches(item, wanted):
    return all(getattr(item, name) == value for name, value in wanted.items())


class FileTelemetry(Telemetry):
    """traces.json, metrics.json and logs.json of a folder, one document a line, as the collector
    writes them and as the launcher itself does. A line without its end is left for later; a file
    that was rotated away is read to its end first."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self._open = {}

    def documents(self, signal):
        path = self.folder / f"{signal}.json"
        while True:
            if signal not in self._open:
                try:
                    self._open[signal] = open(path, "rb")
                except FileNotFoundError:
                    return
            file = self._open[signal]
            is_rotated = self._is_rotated(path, file)
            while (line := file.readline()).endswith(b"\n"):
                yield json.loads(line)
            file.seek(-len(line), os.SEEK_CUR)
            if not is_rotated:
                return
            file.close()
            del self._open[signal]

    @staticmethod
    def _is_rotated(path, file):
        try:
            return os.stat(path).st_ino != os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return False

    def close(self):
        for file in self._open.values():
            file.close()
        self._open.clear()
