"""The small C programs of tests/programs and tests/bench/programs, compiled when a test first asks for one."""

import os
import shlex
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from .paths import BUILD, ROOT

_folder = tempfile.TemporaryDirectory(prefix="board-programs-", ignore_cleanup_errors=True)
_FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-O1", "-g", "-pthread",
          f"-I{ROOT}/otel", f"-I{ROOT}/otel/include"]
_SEGMENT = [*sorted((ROOT / "otel/segment").glob("*.c")), *sorted((ROOT / "otel/base").glob("*.c"))]
_MORE = {  # beyond libfcgi
    "caller": ["-lcurl"],
    "caller_handles": ["-lcurl"],
    "database": ["-lsqlite3"],
    "count_allocations": ["-shared", "-fPIC"],
    "faults": ["-shared", "-fPIC"],
    "segment_tool": [*_SEGMENT, "-lm"],
    "forks": [f"-L{BUILD}/lib", "-lotel", f"-Wl,-rpath,{BUILD}/lib"],
    "teller": [f"-L{BUILD}/lib", "-lotel", f"-Wl,-rpath,{BUILD}/lib"],
    "view_cost": ["-O2", *_SEGMENT, *sorted((ROOT / "otel/record").glob("*.c")),
                  *sorted((ROOT / "otel/agent/view").glob("watch*.c")), "-lm"],
}


@lru_cache(maxsize=None)
def compiled(name, *flags):
    out = Path(_folder.name) / "".join([name, *flags]) / name
    out.parent.mkdir()
    source = next(path for folder in ("programs", "bench/programs")
                  if (path := ROOT / "tests" / folder / f"{name}.c").exists())
    subprocess.run([*shlex.split(os.environ.get("CC", "cc")), *_FLAGS, *flags, source, "-o", out, *_MORE.get(name, []), "-Wl,--as-needed", "-lfcgi"], check=True)
    return out
