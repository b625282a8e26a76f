"""What a row compares, started and ended: pools behind the product's nginx with a sink behind
their launcher (Board), nginx alone (nginx_peer), Flask under gunicorn (Flask). Everything goes through a Stage,
which ends what it began and checks the books of every pool that was observed."""

import os
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from harness import database, fastcgi, processes
from harness.http import request
from harness.paths import BUILD, ROOT, free_ports, tool
from harness.pool import Pool
from harness.segment import PARTS
from harness.wait import eventually

from .build import program
from .front import Nginx, Peer
from .sink import Sink

HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "var/bench"  # on a disk: databases and access logs


def service_settings():
    """OTEL_… as the service sets them for its launchers."""
    text = subprocess.run(["bash", "-c", '. "$0"; env', ROOT / "fcgi_app/service/settings.sh"],
                          check=True, stdout=subprocess.PIPE, text=True,
                          env={"PATH": os.environ["PATH"]}).stdout
    return dict(line.split("=", 1) for line in text.splitlines() if line.startswith("OTEL_"))


def seed(path, rows, calls):
    subprocess.run([BUILD / "bin/board_seed", path, "--rows", str(rows)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if calls:
        database.add_calls(path, calls)


class Board:
    """Pools behind nginx, with so many posts and calls in their log. sink: "ok", "hang", "refuse",
    "gone" (nobody listens), or None: the same workers without a launcher."""

    def __init__(self, name, sink="ok", pools=("board_count",), rows=10000, calls=0, worker=None,
                 db=None, environment=None, is_slow_disk=False, protocol="http/json"):
        self.name = name
        self.run = Path(tempfile.mkdtemp(prefix="bench-", dir="/dev/shm"))
        self.var = FOLDER / self.run.name
        self.var.mkdir(parents=True)
        self.db = db or self.var / "board.db"
        if db is None:
            seed(self.db, rows, calls)
        self.sink = Sink() if sink not in (None, "gone") else None
        if sink in ("hang", "refuse"):
            self.sink.mode(sink)
        self.endpoint = self.sink.endpoint if self.sink else f"http://127.0.0.1:{free_ports(1)[0]}"
        self.is_observed = sink is not None
        self.is_heard = sink == "ok"
        self.is_counted = self.is_heard and protocol == "http/json"  # the sink reads no other
        settings = {**service_settings(), "OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint,
                    "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                    "OTEL_METRIC_EXPORT_INTERVAL": 5000, "BOARD_DB": self.db,
                    **(environment or {})}
        if is_slow_disk:
            settings["LD_PRELOAD"] = program("slow_fsync")
        self.pools = {pool: self._pool(pool, worker, settings) for pool in pools}
        self.nginx = Nginx(self.run, self.var)
        self.url = self.nginx.url

    def _pool(self, name, worker, settings):
        pool = Pool(name, environment=settings, is_observed=self.is_observed, has_database=False,
                    worker=worker)
        pool.db, pool.socket = self.db, self.run / f"{name}.sock"
        return pool

    def start(self):
        for pool in self.pools.values():
            pool.start()
        self.nginx.start()
        return self

    def get(self, target):
        return request(self.nginx.port, target)

    # --- what it costs ------------------------------------------------------------------------

    def pids(self):
        """By part: workers, launcher, nginx, sink; whoever spawns and waits is left out."""
        workers = [pid for pool in self.pools.values() for pid in pool.workers()]
        launchers = [pool.process.pid for pool in self.pools.values()] if self.is_observed else []
        return {"workers": workers, "launcher": launchers,
                "nginx": processes.descendants(self.nginx.pid),
                "sink": [self.sink.pid] if self.sink else []}

    # --- the books ----------------------------------------------------------------------------

    def books(self):
        """None, or what is wrong: the formula, nothing on the way, and the sink's own count."""
        if not self.is_observed:
            return None
        wrong, exported = [], {"spans": 0, "logs": 0}
        for name, pool in self.pools.items():
            try:
                if self.is_heard:
                    segment = pool.settled(30)
                else:  # what waits has nowhere to go
                    pool.check_books()
                    segment = pool.segment()
            except AssertionError as error:
                segment = pool.segment()
                wrong.append(f"{name}: {str(error)[:300]}")
            for signal in exported:
                exported[signal] += segment[signal]["exported"]
                parts = sum(segment[signal][part] for part in PARTS)
                if segment[signal]["ended"] != parts:
                    wrong.append(f"{name}: {signal} ended {segment[signal]['ended']}, parts {parts}")
        if self.is_counted:
            taken = self.sink.count()
            wrong += [f"{signal}: exported {exported[signal]}, the sink took {taken[signal]}"
                      for signal in exported if exported[signal] != taken[signal]]
        return "; ".join(wrong) or None

    def dropped(self):
        return sum(pool.segment()[signal][part] for pool in self.pools.values()
                   for signal in ("spans", "logs") for part in ("dropped", "failed"))

    def log_rows(self):
        return database.log_rows(self.db)

    def end(self):
        self.nginx.end()
        for pool in self.pools.values():
            pool.end()
        if self.sink:
            self.sink.end()
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)


class Flask:
    """gunicorn -w 2 over a database of ours."""

    def __init__(self, db):
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._process = subprocess.Popen(
            [tool("gunicorn"), "-w", "2", "-b", f"127.0.0.1:{self.port}", "--chdir", HERE,
             "--log-level", "error", "flask_peer:app"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "BOARD_DB": str(db)})

    def start(self):
        eventually(lambda: request(self.port, "/board/1").status == 200, 20, "an answer of Flask")
        return self

    def pids(self):
        return {"workers": processes.descendants(self._process.pid)}

    def end(self):
        self._process.terminate()
        self._process.wait()


class Stage(ExitStack):
    """`with Stage(books) as stage: ours = stage.board("ours")`. books: a list that gets (name,
    what is wrong or None) of every observed board."""

    def __init__(self, books):
        super().__init__()
        self._books = books

    def board(self, name, has_books=True, **how):
        """has_books False: the row ends its sink or its pools, and nothing is left to check."""
        board = Board(name, **how)
        self.callback(board.end)
        board.start()
        if board.is_observed and has_books:
            self.callback(lambda: self._books.append((board.name, board.books())))
        return board

    def file(self, content):
        path = FOLDER / "body"
        path.write_bytes(content)
        self.callback(path.unlink)
        return path

    def flask(self, db):
        flask = Flask(db)
        self.callback(flask.end)
        return flask.start()

    def nginx_peer(self, body):
        run = Path(tempfile.mkdtemp(prefix="bench-peer-", dir="/dev/shm"))
        var = FOLDER / run.name
        var.mkdir(parents=True)
        self.callback(shutil.rmtree, run, True)
        self.callback(shutil.rmtree, var, True)
        (var / "body").write_bytes(body)
        peer = Peer(run, var, var / "body")
        self.callback(peer.end)
        return peer.start()
