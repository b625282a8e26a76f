"""The small C programs of tests/programs, compiled when a test first asks for one."""

import os
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from .paths import ROOT

_folder = tempfile.TemporaryDirectory(prefix="board-programs-", ignore_cleanup_errors=True)
_FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-O1", "-g", "-pthread",
          f"-I{ROOT}/otel", f"-I{ROOT}/otel/include"]
_SEGMENT = [*sorted((ROOT / "otel/segment").glob("*.c")), *sorted((ROOT / "otel/base").glob("*.c"))]
_MORE = {  # beyond libfcgi
    "database": ["-lsqlite3"],
    "count_allocations": ["-shared", "-fPIC"],
    "segment_tool": [*_SEGMENT, "-lm"],
}


@lru_cache(maxsize=None)
def compiled(name, *flags):
    out = Path(_folder.name) / "".join([name, *flags]) / name
    out.parent.mkdir()
    subprocess.run([os.environ.get("CC", "cc"), *_FLAGS, *flags, ROOT / f"tests/programs/{name}.c", "-o",
                    out, *_MORE.get(name, []), "-Wl,--as-needed", "-lfcgi"], check=True)
    return out
