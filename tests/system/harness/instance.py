"""A folder that workers of another user can reach, and what a failed test shows of it."""

import os
import shutil
import tempfile
from pathlib import Path

TAIL_BYTES = 4000


class Folder:
    """A temporary folder, short enough for socket paths, open for an unprivileged worker."""

    def __init__(self, prefix):
        self.path = Path(tempfile.mkdtemp(prefix=f"board-{prefix}-"))
        self.path.chmod(0o777 if os.geteuid() == 0 else 0o755)

    def close(self):
        self.remove()

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def tails(*folders):
    """(name, end of the text) of each log file below the folders."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (path.suffix in (".log", ".out", ".err")
                                   or path.parent.name == "log"):
                with open(path, "rb") as file:
                    file.seek(max(0, path.stat().st_size - TAIL_BYTES))
                    text = file.read().decode("utf-8", "replace")
                if text.strip():
                    yield str(path.relative_to(folder)), text
