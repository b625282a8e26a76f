"""What telemetry costs a request: not one system call and not one allocation more, after each
thread's first."""

import re
import signal
import struct
from collections import Counter

import pytest

from harness.compiled import compiled
from harness.hooked import HOOKS, Hooked
from harness.paths import tool
from harness.telemetry import new_trace_id, traceparent

FIRST, MORE = 50, 1000
THREADS = 2
EDGE = 8  # calls of the last request that the end of the program may cut off

pytestmark = pytest.mark.skipif(not HOOKS.exists(), reason="libotel_hooks.so is not built")

PROGRAMS = {
    "plain": (("plain",), "/x?404"),
    "threads": (("threads", THREADS), "/x?hello"),
    "select": (("database", "notes.db"), "/x?select"),
    "insert": (("database", "notes.db"), "/x?insert"),
    "messages": (("messages",), "/x"),
}


def _ask(program, target, count):
    headers = {"traceparent": traceparent(new_trace_id()), "User-Agent": "cost"}
    for _ in range(count):
        program.get(target, route="/x", headers=headers)


def _system_calls(arguments, target, requests, is_observed):
    """How often each was called in a whole life with so many requests."""
    (name, *rest) = arguments
    with Hooked(compiled(name), *rest, segment=["stderr"], is_preloaded=is_observed,
                command=[tool("strace"), "-f", "-qq", "-o", "calls"]) as program:
        _ask(program, target, requests)
        program.stop(signal.SIGKILL)  # the threads of one do not hear of SIGTERM
        lines = (program.folder / "calls").read_text().splitlines()
    # "resumed" is the second half of a call that another thread's interrupted in the log.
    return Counter(found.group(1) for line in lines
                   if (found := re.match(r"\d+ +(\w+)\(", line)))


def _allocations(arguments, target, requests, is_observed):
    (name, *rest) = arguments
    with Hooked(compiled(name), *rest, segment=["stderr"], is_preloaded=is_observed,
                preload=[compiled("count_allocations")],
                environment={"COUNT_FILE": "allocations"}) as program:
        _ask(program, target, FIRST)
        path = program.folder / "allocations"
        (before,) = struct.unpack("=Q", path.read_bytes())
        _ask(program, target, requests)
        (after,) = struct.unpack("=Q", path.read_bytes())
    return after - before


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_request_makes_no_system_call_more(name):
    arguments, target = PROGRAMS[name]

    def of_more(is_observed):
        few = _system_calls(arguments, target, FIRST, is_observed)
        many = _system_calls(arguments, target, FIRST + MORE, is_observed)
        many.subtract(few)
        return many

    plain, observed = of_more(False), of_more(True)
    assert sum(plain.values()) >= MORE * 5
    differences = {call: observed[call] - plain[call] for call in {*plain, *observed}
                   if abs(observed[call] - plain[call]) > EDGE}
    assert not differences


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_request_makes_no_allocation_more(name):
    arguments, target = PROGRAMS[name]

    plain = _allocations(arguments, target, MORE, False)
    assert plain >= MORE * 5
    assert _allocations(arguments, target, MORE, True) == plain
