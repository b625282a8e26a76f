"""Processes as /proc shows them: who descends from whom, and who belongs to a folder."""

import contextlib
import os
import signal
from pathlib import Path

from .wait import eventually


def pids():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _stat(pid):
    """(name, state, parent) or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    state, parent = rest.split()[:2]
    return name, state, int(parent)


def is_alive(pid):
    stat = _stat(pid)
    return stat is not None and stat[1] not in "ZX"


def start_ticks(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


def executable(pid):
    try:
        return Path(os.readlink(f"/proc/{pid}/exe")).name
    except OSError:
        return ""


def children(pid):
    """Of a process that forks on its first thread alone."""
    return [int(child) for child in
            Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descendants(root):
    """Living processes below root, nearest first."""
    children = {}
    for pid in pids():
        stat = _stat(pid)
        if stat and stat[1] not in "ZX":
            children.setdefault(stat[2], []).append(pid)
    found, queue = [], [root]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def of_folder(*folders):
    """Living processes that name one of the folders in their command line or environment, or
    have a file below it open. (nginx overwrites both texts but keeps its logs open.)"""
    marks = [str(folder) for folder in folders]
    found = []
    for pid in pids():
        if pid == os.getpid() or not is_alive(pid):
            continue
        texts = []
        for name in ("cmdline", "environ"):
            try:
                texts.append(Path(f"/proc/{pid}/{name}").read_bytes().decode("utf-8", "replace"))
            except OSError:
                pass
        try:
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                texts.append(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except OSError:
            pass
        if any(mark in text for mark in marks for text in texts):
            found.append(pid)
    return found


def kill(pid, number=signal.SIGKILL):
    """A process that the test's own instance started; it may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def wait_gone(pid, timeout=5.0):
    eventually(lambda: not is_alive(pid), timeout, f"the end of process {pid}")


def sockets_of(pid):
    """Open connections; the database's files are opened by each thread when it needs them."""
    count = 0
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            count += os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:")
    return count
