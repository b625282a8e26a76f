"""The C programs of tests/bench/programs, compiled when a row first asks for one."""

import os
import subprocess
from functools import lru_cache
from pathlib import Path

from harness.paths import BUILD, ROOT

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
_FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", f"-I{ROOT}/otel/include",
          f"-I{ROOT}/otel", f"-I{ROOT}/fcgi_app"]
_PARTS = {  # the archives of the build that each is made of, and the libraries
    "span_cost": (["record", "segment", "base"], ["-lm"]),
    "encode_cost": (["agent", "segment", "base"], ["-lcurl", "-ljson-c", "-lz", "-ldw", "-lelf", "-lsqlite3", "-lm"]),
    "worker": (["app", "status", "segment", "base"],
               [f"-L{BUILD}/lib", "-lotel", f"-Wl,-rpath,{BUILD}/lib", "-lfcgi", "-lsqlite3", "-lm"]),
    "slow_fsync": ([], ["-shared", "-fPIC", "-ldl"]),
}


@lru_cache(maxsize=None)
def program(name):
    archives, libraries = _PARTS.get(name, ([], []))
    archives = [BUILD / f"lib{archive}.a" for archive in archives]
    out = BUILD / "bench" / name
    out.parent.mkdir(exist_ok=True)
    subprocess.run([os.environ.get("CC", "cc"), *_FLAGS, PROGRAMS / f"{name}.c", *archives,
                    *libraries, "-o", out], check=True)
    return out
