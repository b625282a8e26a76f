"""Where things are. BUILD comes from make; without it the release build of this tree."""

import os
import shutil
import socket
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = (ROOT / os.environ.get("BUILD", "build/release")).resolve()
CONTROL = ROOT / "fcgi_app/service/control"
LAUNCHER = BUILD / "bin/otel-instrument"
POOLS = ("board", "board_count", "log", "user", "status")


def program(name):
    return BUILD / "bin" / name


def tool(name):
    """A program of the system; sbin is not on every user's path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


def free_ports(count):
    """Ports that nobody listens on now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def is_free(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def clean_environment(**settings):
    """The environment without any OTEL_ or BOARD_ variable of the caller's, plus settings."""
    from . import sanitizer  # it asks this file where the build is

    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("OTEL_", "BOARD_", "LD_PRELOAD", "MAKE", "MFLAGS"))}
    kept.update(sanitizer.environment())
    kept.update({name: str(value) for name, value in settings.items()})
    return kept
