"""A plain HTTP client: targets and headers go out exactly as given, doubled ones too."""

import http.client
import json
from types import SimpleNamespace


def request(port, target, headers=(), method="GET", timeout=10.0, body=None):
    """headers: pairs, or a dict. A new connection each time."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True,
                              skip_host=any(name.lower() == "host" for name, _ in pairs))
        if body is not None:
            pairs.append(("Content-Length", str(len(body))))
        for name, value in pairs:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        return SimpleNamespace(
            status=answer.status, headers=answer.headers, body=content,
            type=answer.headers.get("Content-Type", ""),
            text=content.decode("utf-8", "replace"), json=lambda: json.loads(content))
    finally:
        connection.close()
