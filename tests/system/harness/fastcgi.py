"""FastCGI by hand: records in, records out, so that a test may also send what nginx never would.
Specification: FastCGI 1.0, sections 3 and 5."""

import re
import socket
import struct
from types import SimpleNamespace

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN = \
    range(1, 12)
RESPONDER, KEEP_CONNECTION = 1, 1


def record(kind, content=b"", request_id=1, padding=0):
    return struct.pack(">BBHHBx", 1, kind, request_id, len(content), padding) + content + \
        bytes(padding)


def _length(size):
    return struct.pack(">B", size) if size < 128 else struct.pack(">I", size | 1 << 31)


def pairs(params):
    out = b""
    for name, value in params.items():
        name, value = name.encode(), value.encode("latin-1")
        out += _length(len(name)) + _length(len(value)) + name + value
    return out


def begin(is_kept=False):
    return record(BEGIN, struct.pack(">HB5x", RESPONDER, KEEP_CONNECTION if is_kept else 0))


def message(params, is_kept=False):
    """A whole request without a body."""
    return begin(is_kept) + record(PARAMS, pairs(params)) + record(PARAMS) + record(STDIN)


def params_of(target, method="GET", headers=(), route=None, address="192.0.2.7", **more):
    """The parameters as nginx passes them for a request target."""
    path, _, query = target.partition("?")
    made = {
        "REQUEST_METHOD": method, "REQUEST_URI": target, "DOCUMENT_URI": path,
        "SCRIPT_NAME": path, "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_SCHEME": "http", "GATEWAY_INTERFACE": "CGI/1.1", "REMOTE_ADDR": address,
        "REMOTE_PORT": "40000", "SERVER_ADDR": "127.0.0.1", "SERVER_PORT": "5001",
        "SERVER_NAME": "localhost", "HTTP_HOST": "localhost:5001", "CONTENT_LENGTH": "",
        "REQUEST_ID": "00112233445566778899aabbccddeeff", "REQUEST_MSEC": "1717243200.000",
    }
    if route:
        made["OTEL_HTTP_ROUTE"] = route
    for name, value in dict(headers).items():
        made["HTTP_" + name.upper().replace("-", "_")] = value
    made.update(more)
    return made


class Connection:
    """One connection to a worker's socket."""

    def __init__(self, path, timeout=10.0):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))  # waits where the backlog is full
        self.socket.settimeout(timeout)
        self._rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def _read(self, size):
        while len(self._rest) < size:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("the worker closed the connection")
            self._rest += chunk
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def read_record(self):
        _, kind, request_id, length, padding = struct.unpack(">BBHHBx", self._read(8))
        content = self._read(length)
        self._read(padding)
        return kind, request_id, content

    def is_closed(self):
        """True at the end of file or after a reset; waits for at most the time-out."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except socket.timeout:
            return False

    def read_stdout(self):
        """Everything of STDOUT up to END_REQUEST."""
        stdout = []
        while True:
            kind, _, content = self.read_record()
            if kind == STDOUT:
                stdout.append(content)
            elif kind == END:
                return b"".join(stdout)

    def answer(self):
        """The CGI answer, taken apart."""
        return parse(self.read_stdout())

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def parse(stdout):
    head, _, body = re.split(rb"(\r?\n\r?\n)", stdout, maxsplit=1) if b"\n" in stdout \
        else (stdout, b"", b"")
    headers = {}
    for line in head.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    status = int(headers.get("status", "200").split()[0])
    return SimpleNamespace(status=status, headers=headers, body=body, raw=stdout,
                           type=headers.get("content-type", ""))


def request(path, target, timeout=10.0, **how):
    with Connection(path, timeout) as connection:
        connection.send(message(params_of(target, **how)))
        return connection.answer()
