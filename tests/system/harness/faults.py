"""Faults on one program's calls: the n-th allocation or system call fails, alone, or any by chance.
The other side is tests/programs/faults.c, preloaded; both look at the same structure in a file."""

import ctypes
import errno
import mmap
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from .compiled import compiled

ALLOCATIONS, SYSTEM_CALLS = 1, 2
OFF = 0
NEVER = 2**63
SHORT = -1
CALLS = 64


class _Facts(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 16), ("kind", ctypes.c_int32),
                ("errors", ctypes.c_int32 * 7)]


class _Control(ctypes.Structure):
    _fields_ = [("at", ctypes.c_uint64), ("one_in", ctypes.c_uint64),
                ("variant", ctypes.c_uint64), ("only", ctypes.c_uint32),
                ("spares", ctypes.c_uint32), ("kinds", ctypes.c_uint32),
                ("counted", ctypes.c_uint64),
                ("fired", ctypes.c_uint64), ("random", ctypes.c_uint64),
                ("error", ctypes.c_int32), ("call", ctypes.c_uint32),
                ("where", ctypes.c_char * 3000), ("fired_by_call", ctypes.c_uint32 * CALLS),
                ("facts", _Facts * CALLS),
                ("path", ctypes.c_uint8 * 65536)]


class Faults:
    """Of one program of a pool: Pool(environment=faults.environment)."""

    def __init__(self, folder, program):
        self._path = Path(folder) / "faults"
        self._path.write_bytes(bytes(ctypes.sizeof(_Control)))
        self._path.chmod(0o666)
        self._file = open(self._path, "r+b")
        self._map = mmap.mmap(self._file.fileno(), 0)
        self._control = _Control.from_buffer(self._map)
        self.environment = {"FAULT_FILE": self._path, "FAULT_PROGRAM": program,
                            "LD_PRELOAD": compiled("faults")}

    def close(self):
        self.disarm()
        del self._control
        self._map.close()
        self._file.close()

    # --- what shall fail ----------------------------------------------------------------------

    def _arm(self, kinds, at=0, one_in=0, variant=0, only=0, seed=0, spares=False):
        self.disarm()
        control = self._control
        control.at, control.one_in, control.variant, control.random = at, one_in, variant, seed
        control.only, control.spares = only, spares
        control.counted = control.fired = 0
        control.fired_by_call = (ctypes.c_uint32 * CALLS)()
        control.where = b""
        control.kinds = kinds

    def arm(self, name, at, variant=0):
        """From here on the at-th call of this name fails; with its variant-th error, by number."""
        call = next(place for place, facts in enumerate(self._control.facts)
                    if facts.name == name.encode())
        self._arm(self._control.facts[call].kind, at, variant=variant, only=call + 1)

    def arm_any(self, kinds, at, variant=0):
        """The at-th of all calls of these kinds."""
        self._arm(kinds, at, variant=variant)

    def count(self, kinds):
        """From here on they are counted alone."""
        self._arm(kinds, NEVER)

    def arm_by_chance(self, kinds, one_in, seed):
        """Any may fail, but for those of libraries that end their process then (SPARED in faults.c)."""
        self._arm(kinds, one_in=one_in, seed=seed, spares=True)

    def disarm(self):
        self._control.kinds = OFF

    # --- what happened ------------------------------------------------------------------------

    @property
    def counted(self):
        return self._control.counted

    @property
    def fired(self):
        return self._control.fired

    def path(self):
        """The names of the calls counted, in order."""
        return [self._name(call) for call in self._control.path[:min(self.counted, 65536)]]

    def variants(self, name):
        """How many errors a call is known for."""
        facts = next(one for one in self._control.facts if one.name == name.encode())
        return next(place for place, error in enumerate(facts.errors) if error == 0)

    def _name(self, call):
        return self._control.facts[call].name.decode()

    def by_call(self):
        """How many failed, by name."""
        return Counter({self._name(call): count for call, count
                        in enumerate(self._control.fired_by_call) if count})

    def last(self):
        """The last that failed: its name, its error, and the callers as (module, offset, symbol)."""
        control = self._control
        frames = [(line.split(" ")[0].partition("+")[0], line.split(" ")[0].partition("+")[2],
                   line.partition(" ")[2])
                  for line in control.where.decode("utf-8", "replace").splitlines()]
        error = "SHORT" if control.error == SHORT else errno.errorcode.get(control.error, "?")
        return SimpleNamespace(call=self._name(control.call), error=error, frames=frames)


def caller(last):
    """The module whose call it was: the nearest that is neither libc nor the tests' library."""
    return next((module for module, _, _ in last.frames
                 if not module.startswith(("libc.so", "libasan", "faults"))), "?")
