"""nginx: the product's own configuration in front of pools, and the plain one that is the peer."""

import os
import shutil
import subprocess

from harness.http import request
from harness.paths import ROOT, free_ports, tool
from harness.wait import eventually

# As quick as nginx serves a file: one worker, sendfile, descriptors kept.
_PEER = """
daemon off;
worker_processes 1;
pid {run}/nginx.pid;
error_log {var}/log/nginx_error.log warn;
events {{ worker_connections 4096; }}
http {{
    include conf/limits.conf;
    include conf/log.conf;
    access_log off;
    default_type application/json;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=100;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = /file {{ alias {file}; }}
        location = /file_logged {{ alias {file}; access_log {var}/log/access.log access buffer=64k flush=1s; }}
        location = /smallest {{ return 200 "{{}}"; }}
        location = /smallest_logged {{
            access_log {var}/log/access.log access buffer=64k flush=1s;
            return 200 "{{}}";
        }}
    }}
}}
"""


class Nginx:
    """run: where sockets and its own files lie (tmpfs); var: its logs, on disk."""

    def __init__(self, run, var):
        self.run, self.var = run, var
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.access_log = var / "log/access.log"
        (var / "log").mkdir(parents=True, exist_ok=True)
        settings = {"RUN": run, "VAR": var, "BIND": "127.0.0.1", "PORT": self.port,
                    "KEEP_CONN": "on", "OPEN_FILES": 8192}
        subprocess.run([ROOT / "nginx/configure", run / "nginx"], check=True,
                       env={**os.environ, **{name: str(value) for name, value in settings.items()}})
        self._process = None

    def start(self):
        globals_ = ["-g", "user root;"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [tool("nginx"), *globals_, "-p", f"{self.run}/nginx/", "-e",
             self.var / "log/nginx_error.log", "-c", self.run / "nginx/nginx.conf"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: request(self.port, "/never").status, 10, "an answer of nginx")
        self.pid = self._process.pid
        return self

    def end(self):
        if self._process:
            self._process.terminate()
            self._process.wait()


class Peer(Nginx):
    """nginx by itself: a file, and two bytes out of the configuration; each with and without the
    product's access log."""

    def __init__(self, run, var, file):
        super().__init__(run, var)
        (run / "nginx/nginx.conf").write_text(
            _PEER.format(run=run, var=var, port=self.port, file=file))
        shutil.rmtree(run / "nginx/html", ignore_errors=True)
