"""A receiver of OTLP/gRPC that does as it is told, on Debian's python3-h2: an HTTP/2 that shares
nothing with libcurl's. What it takes can be asked like the collector's files."""

import gzip
import socket
import threading
import time
import zlib

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from . import otlp_proto
from .telemetry import Telemetry

UNPACK = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: lambda message: message}


class Call:
    """One request, whole. answer() is what a well-made server says."""

    def __init__(self, connection, stream, headers, body, number):
        self.connection, self.stream, self.headers, self.body = connection, stream, headers, body
        self.at, self.number = time.monotonic(), number  # number: of its connection

    def message(self):
        is_packed, length = self.body[0], int.from_bytes(self.body[1:5], "big")
        assert len(self.body) == 5 + length
        return UNPACK[self.headers.get("grpc-encoding") if is_packed else None](self.body[5:])

    def answer(self, status=0, message=None, details=None, content=b""):
        """Headers, one message, trailers."""
        self.headers_out()
        self.connection.send_data(self.stream, b"\0" + len(content).to_bytes(4, "big") + content)
        self.connection.send_headers(self.stream, self.trailers(status, message, details),
                                     end_stream=True)

    def headers_out(self, end=False, status="200"):
        self.connection.send_headers(self.stream, [(":status", status),
                                                   ("content-type", "application/grpc")],
                                     end_stream=end)

    def trailers_only(self, status, message=None, details=None):
        self.connection.send_headers(self.stream, [(":status", "200"), (
            "content-type", "application/grpc"), *self.trailers(status, message, details)],
            end_stream=True)

    @staticmethod
    def trailers(status, message, details):
        found = [("grpc-status", str(status))]
        if message is not None:
            found.append(("grpc-message", message))
        if details is not None:
            found.append(("grpc-status-details-bin", details))
        return found


class GrpcSink(Telemetry):
    """script(call): answers and gives True when the data was taken; None: takes everything.
    calls: every call of the signal that the script is for (traces)."""

    def __init__(self):
        super().__init__()
        self.script, self.calls, self.connections = None, [], 0
        self._taken = {"traces": [], "metrics": [], "logs": []}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def documents(self, signal):
        with self._lock:
            taken, self._taken[signal] = self._taken[signal], []
        return taken

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._serve, args=(peer, number), daemon=True).start()

    def _serve(self, peer, number):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8"))
        streams = {}
        with peer:
            try:
                connection.initiate_connection()
                peer.sendall(connection.data_to_send())
                while data := peer.recv(65536):
                    for event in connection.receive_data(data):
                        self._event(connection, streams, event, number)
                    peer.sendall(connection.data_to_send())
                    if getattr(connection, "is_over", False):
                        return
            except (OSError, h2.exceptions.ProtocolError):
                pass  # the launcher has given up on this connection, or never spoke HTTP/2

    def _event(self, connection, streams, event, number):
        if isinstance(event, h2.events.RequestReceived):
            streams[event.stream_id] = [dict(event.headers), b""]
        elif isinstance(event, h2.events.DataReceived):
            streams[event.stream_id][1] += event.data
            connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            headers, body = streams.pop(event.stream_id)
            self._call(Call(connection, event.stream_id, headers, body, number))

    def _call(self, call):
        signal = {"trace": "traces", "metrics": "metrics",
                  "logs": "logs"}[call.headers[":path"].split(".")[3]]
        script = self.script if signal == "traces" else None
        if signal == "traces":
            self.calls.append(call)
        if script is None:
            call.answer()
        if script is None or script(call):
            with self._lock:
                self._taken[signal].append(otlp_proto.document(signal, call.message()))

    def close(self):
        """A thread that waits in accept would go on, and take the connections of whoever gets the
        descriptor's number next."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
