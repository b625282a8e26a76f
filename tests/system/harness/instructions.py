"""Instructions that telemetry takes in a worker for each request, counted by callgrind: the same
on a busy machine. Nobody drains the segment, so only as many are asked for as its ring has room for."""

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from . import database
from .hooked import Hooked
from .paths import program, tool
from .telemetry import new_trace_id, traceparent
from .wait import eventually

WARM, COUNTED = 20, 100
STATED = Path(__file__).resolve().parents[2] / "bench/telemetry_instructions.txt"
TELEMETRY = {"libotel.so", "libotel_hooks.so"}


def stated():
    """What a request may cost: the number in the file, 5 % aside."""
    return int(STATED.read_text(encoding="utf-8").split()[0])


def _ask(worker, times):
    for _ in range(times):
        answer = worker.get("/board/100", route="/board/{count}", headers={
            "traceparent": traceparent(new_trace_id()), "User-Agent": "cost/1.0"})
        assert answer.status == 200


def _control(worker, order):
    subprocess.run([tool("callgrind_control"), order, str(worker.process.pid)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _counted(dump):
    """By library: of its own functions, and of what telemetry's called in it. The format: "ob=(7)
    PATH" begins a library, later "ob=(7)" alone; "cob=" says where the next call goes when it
    leaves it; behind "calls=" stands the line with all that the call cost."""
    paths, own, called = {}, Counter(), Counter()
    library = callee = None
    is_call = False
    for line in dump.splitlines():
        if match := re.match(r"(c?)ob=(\(\d+\))(?: (.*))?$", line):
            paths.setdefault(match[2], Path(match[3] or "").name)
            callee = paths[match[2]]
            library = library if match[1] else callee
        elif line.startswith("calls="):
            is_call = True
        elif match := re.match(r"[+\-*\d]\S* \S+ (\d+)$|[+\-*\d]\S* (\d+)$", line):
            cost = int(match[1] or match[2])
            if not is_call:
                own[library] += cost
            elif library in TELEMETRY:
                called[callee] += cost
            is_call, callee = False, library
    return own, called


def of_telemetry():
    """A request: /board/100 with its committed row, all threads of the worker together. What the
    hooks wrap is not theirs; what they and the recorder ask of the C library is."""
    with tempfile.TemporaryDirectory() as folder:
        db, out = Path(folder) / "board.db", Path(folder) / "counted"
        database.create(db, 200)
        with Hooked(tool("valgrind"), "--tool=callgrind", f"--callgrind-out-file={out}",
                    program("board_count"), segment=("header=content-type",),
                    environment={"BOARD_DB": db, "BOARD_THREADS": 1}) as worker:
            _ask(worker, WARM)
            _control(worker, "--zero")
            _ask(worker, COUNTED)
            _control(worker, "--dump")
            dump = Path(f"{out}.1")
            eventually(lambda: dump.exists() and "totals:" in dump.read_text(), 10,
                       "what callgrind counted")
            own, called = _counted(dump.read_text())
    assert all(own[library] > 0 for library in (*TELEMETRY, "board_count"))
    helped = sum(cost for library, cost in called.items() if library.startswith("libc."))
    return (sum(own[library] for library in TELEMETRY) + helped) / COUNTED
