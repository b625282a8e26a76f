"""A disk that fails when it is told to, below board.db and what lies beside it; and a real one that
is small enough to be filled."""

import contextlib
import errno
import mmap
import os
import struct
import subprocess
import tempfile
from pathlib import Path

from .compiled import compiled

NOTHING, READ, WRITE, SYNC, OPEN, PAGES = range(6)


class FailingDisk:
    """For the environment of a pool: environment(), then wrong(WRITE, errno.ENOSPC) … nothing()."""

    def __init__(self):
        self._file = tempfile.NamedTemporaryFile(prefix="board-disk-")
        self._file.write(bytes(16))
        self._file.flush()
        os.chmod(self._file.name, 0o666)
        self._shared = mmap.mmap(self._file.fileno(), 16)

    def environment(self):
        return {"LD_PRELOAD": compiled("failing_disk", "-shared", "-fPIC"), "DISK_FILE": self._file.name}

    def wrong(self, what, error=errno.EIO):
        self._shared[:16] = struct.pack("IIII", what, error, 0, 0)

    def nothing(self):
        """It is well again: gives how often it struck since it was told to."""
        struck = struct.unpack("IIII", self._shared[:16])[2]
        self._shared[:4] = struct.pack("I", NOTHING)
        return struck

    def close(self):
        self._shared.close()
        self._file.close()


class SmallDisk:
    """A file system of its own in memory; only root may mount one: then is_there is false."""

    def __init__(self, size_bytes):
        self.folder = Path(tempfile.mkdtemp(prefix="board-small-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0777", "tmpfs", self.folder],
                              stderr=subprocess.DEVNULL, check=False)
        self.is_there = done.returncode == 0

    def fill(self):
        with open(self.folder / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(4096))

    def make_room(self):
        (self.folder / "filler").unlink()

    def close(self):
        if self.is_there:
            subprocess.run(["umount", "-l", self.folder], check=True)
        self.folder.rmdir()
