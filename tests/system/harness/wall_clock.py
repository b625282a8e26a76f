"""The wall clock of a pool, set by a test while it runs."""

import mmap
import os
import struct
import tempfile

from .compiled import compiled


class WallClock:
    """environment() for the pool; step(seconds) sets it on or back from where it is."""

    def __init__(self):
        self._file = tempfile.NamedTemporaryFile(prefix="board-clock-")
        self._file.write(bytes(16))
        self._file.flush()
        os.chmod(self._file.name, 0o666)
        self._shared = mmap.mmap(self._file.fileno(), 16)

    def environment(self):
        return {"LD_PRELOAD": compiled("stepping_clock", "-shared", "-fPIC"), "CLOCK_FILE": self._file.name}

    def step(self, seconds):
        offset_ns, = struct.unpack("q", self._shared[:8])
        self._shared[:8] = struct.pack("q", offset_ns + int(seconds * 1e9))

    def reads(self):
        return struct.unpack("Q", self._shared[8:16])[0]

    def close(self):
        self._shared.close()
        self._file.close()
