"""A receiver of OTLP/HTTP that does as it is told: takes everything, refuses with a status,
waits, or says nothing. What it takes can be asked like the collector's files."""

import gzip
import json
import ssl
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .telemetry import Telemetry

UNPACK = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: lambda body: body}


class Sink(Telemetry):
    """
    status, retry_after: of the answers; 200 takes the document.
    is_closing: each answer is its connection's last.
    delay_s: before each answer. is_silent: reads and never answers, until it is told otherwise.
    requests: (path, status, headers) of every request, in order.
    malformed: (path, headers, first bytes) of what was no JSON; answered with 400.
    """

    def __init__(self, port=0, tls=None):
        """tls: certificate and key; ALPN then offers HTTP/1.1 alone."""
        super().__init__()
        self.status, self.retry_after, self.delay_s, self.is_silent = 200, None, 0.0, False
        self.is_closing = False
        self.requests, self.malformed = [], []
        self._taken = {"traces": [], "metrics": [], "logs": []}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            context.set_alpn_protocols(["http/1.1"])
            # The handshake is the connection's thread's: a client that waits stops no other.
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,),
                                        daemon=True)
        self._thread.start()

    def take(self, path, headers, body):
        """One request: gives the status to answer with."""
        status = self.status
        with self._lock:
            self.requests.append((path, status, dict(headers)))
            if status == 200:
                try:
                    body = UNPACK[headers.get("Content-Encoding")](body)
                    self._taken[path.rpartition("/")[2]].append(json.loads(body))
                except (ValueError, OSError, EOFError, zlib.error):
                    self.malformed.append((path, dict(headers), body[:200]))
                    status = 400
        return status

    def documents(self, signal):
        with self._lock:
            taken, self._taken[signal] = self._taken[signal], []
        return taken

    def close(self):
        self.is_silent = False
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _handler(sink):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # the launcher gave up in the middle of it
                self.close_connection = True
                return
            while sink.is_silent:
                time.sleep(0.05)
            time.sleep(sink.delay_s)
            status = sink.take(self.path, self.headers, body)
            content = b"{}"
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if sink.retry_after is not None and status != 200:
                self.send_header("Retry-After", str(sink.retry_after))
            if sink.is_closing:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        def handle(self):
            try:
                super().handle()
            except (ConnectionError, OSError):
                pass  # the launcher gave up on this connection: its right

        def log_message(self, *_):
            pass

    return Handler
