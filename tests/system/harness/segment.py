"""The segment as a second opinion: a small C program that knows only the layout prints it."""

import atexit
import json
import os
import shlex
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from .paths import ROOT
from .wait import eventually

PARTS = ("exported", "in_ring", "queued", "spooled", "failed", "dropped", "sampled_out")


@lru_cache(maxsize=None)
def _dump_program():
    """Compiled once a run, against the layout of this tree."""
    folder = Path(tempfile.mkdtemp(prefix="board-dump-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    out = folder / "segment_dump"
    subprocess.run([*shlex.split(os.environ.get("CC", "cc")), "-std=c11", "-D_GNU_SOURCE", f"-I{ROOT}/otel",
                    f"-I{ROOT}/otel/include", "-o", out,
                    ROOT / "tests/system/harness/segment_dump.c"], check=True)
    return out


def read(path):
    """The segment as a dict; OSError when there is none yet."""
    done = subprocess.run([_dump_program(), path], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise OSError(f"{path}: no segment")
    return json.loads(done.stdout)


def assert_balanced(segment, what):
    """The one formula, for spans and for log records."""
    for signal in ("spans", "logs"):
        books = segment[signal]
        parts = {part: books[part] for part in PARTS}
        assert books["ended"] == sum(parts.values()), \
            f"books of {what}, {signal}: ended {books['ended']} but the parts are {parts}"


def check_books(path, timeout=5.0):
    """Balanced within the time, and gives the segment."""
    def probe():
        segment = read(path)
        assert_balanced(segment, path.name)
        return segment
    return eventually(probe, timeout, f"balanced books of {path.name}")


def settled(path, timeout=10.0, launchers_killed=0):
    """The segment once nothing is on the way: every record has met its end. `ended` is then held
    against the workers' own counters, which the view does not pass through. The books outlive a
    launcher that is killed; one record that it was taking out of a ring may count twice, each time."""
    def probe():
        segment = read(path)
        assert_balanced(segment, path.name)
        # Spans of threads without a slot were never started, and are in no book.
        for signal, counter, stray in (("spans", "spans_ended", 0),
                                       ("logs", "logs_emitted", segment["no_slot_logs"])):
            books = segment[signal]
            assert books["in_ring"] == books["queued"] == 0, books
            counted = stray + sum(slot[counter] for slot in segment["slots"])
            assert books["ended"] >= counted, \
                f"{signal}: {counted} ended in the workers, {books['ended']} in the books"
            if segment["crashes"] == 0:  # else the launcher ended some for the dead
                assert books["ended"] - counted <= launchers_killed, \
                    f"{signal}: {counted} ended in the workers, {books['ended']} in the books"
        return segment
    return eventually(probe, timeout, f"settled books of {path.name}")
