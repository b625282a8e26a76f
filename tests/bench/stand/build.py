"""The service, built before anything is measured, and the C programs of tests/bench/programs, each
compiled when a row first asks for it."""

import os
import shlex
import subprocess
from functools import lru_cache
from pathlib import Path

from harness.paths import BUILD, ROOT, clean_environment

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
_FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", f"-I{ROOT}/otel/include",
          f"-I{ROOT}/otel", f"-I{ROOT}/fcgi_app", f"-I{PROGRAMS}"]
_PARTS = {  # the archives of the build that each is made of, and the libraries
    "span_cost": (["record", "segment", "base"], ["-lm"]),
    "encode_cost": (["agent", "segment", "base"],
                    ["-lcurl", "-ljson-c", "-lz", "-ldw", "-lelf", "-lsqlite3", "-lyaml", "-lm"]),
    "worker": (["app", "status", "segment", "base"],
               [f"-L{BUILD}/lib", "-lotel", f"-Wl,-rpath,{BUILD}/lib", "-lfcgi", "-lsqlite3", "-lm"]),
    "slow_fsync": ([], ["-shared", "-fPIC", "-ldl"]),
}


def build_service():
    """What is measured is what stands in the tree."""
    below = os.path.relpath(BUILD, ROOT)  # as make's own files name what they depend on
    archives = sorted({archive for archives, _ in _PARTS.values() for archive in archives})
    subprocess.run(["make", "-s", "--no-print-directory", f"-j{os.cpu_count()}", "MODE=release",
                    f"BUILD={below}", "all", *(f"{below}/lib{name}.a" for name in archives)],
                   cwd=ROOT, check=True, env=clean_environment())


@lru_cache(maxsize=None)
def program(name):
    archives, libraries = _PARTS.get(name, ([], []))
    archives = [BUILD / f"lib{archive}.a" for archive in archives]
    out = BUILD / "bench" / name
    out.parent.mkdir(exist_ok=True)
    subprocess.run([*shlex.split(os.environ.get("CC", "cc")), *_FLAGS, PROGRAMS / f"{name}.c", *archives,
                    *libraries, "-o", out], check=True)
    return out
