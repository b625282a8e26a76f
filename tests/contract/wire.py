"""One request over a socket of its own, exactly as given: no library may tidy it up."""

import http.client
import socket
from types import SimpleNamespace
from urllib.parse import urlsplit


def send(url, method, target, headers=(), body=b"", version="HTTP/1.1", timeout=30):
    at = urlsplit(url)
    lines = [b" ".join((method.encode(), target, version.encode())), b"Host: " + at.netloc.encode()]
    lines += [f"{name}: {value}".encode() for name, value in headers]
    lines += [b"Connection: close"]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(b"Content-Length: %d" % len(body))
    with socket.create_connection((at.hostname, at.port), timeout=timeout) as connection:
        try:
            connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was sent: the answer is there
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return SimpleNamespace(status=response.status, headers=response.headers,
                               type=response.headers.get("Content-Type"), body=response.read())
