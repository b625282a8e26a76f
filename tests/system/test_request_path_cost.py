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

FIRST, MORE, LAST = 50, 1000, 20
THREADS = 2

pytestmark = pytest.mark.skipif(not HOOKS.exists(), reason="libotel_hooks.so is not built")

PROGRAMS = {
    "plain": (("plain",), "/x?404"),
    "threads": (("threads", THREADS), "/x?hello"),
    "select": (("database", "notes.db"), "/x?select"),
    "insert": (("database", "notes.db"), "/x?insert"),
    "messages": (("messages",), "/x"),
}


def _ask(program, target, numbers):
    """Each request says its number, so that it is found in what strace wrote."""
    for number in numbers:
        program.get(target, route="/x", headers={"traceparent": traceparent(new_trace_id()),
                                                 "User-Agent": f"cost-{number}-"})


def _requests_of(lines):
    """(number, calls) of each request, thread by thread: what it calls from one accept to its
    next. What the program's start and end call belongs to none, and each request is whole."""
    number, calls = {}, {}
    for line in lines:
        thread, text = line.split(maxsplit=1)
        # "<... read resumed>" is the second half of a call that another thread's interrupted.
        begun = re.match(r"(\w+)\(", text)
        if begun and begun.group(1) in ("accept", "accept4"):
            if thread in number:
                yield number.pop(thread), calls[thread]
            calls[thread] = Counter()
        if begun and thread in calls:
            calls[thread][begun.group(1)] += 1
        if said := re.search(r"cost-(\d+)-", text):
            number[thread] = int(said.group(1))
    for thread, last in number.items():
        yield last, calls[thread]


def _system_calls(arguments, target, is_observed):
    """How often each was called in so many requests, none of them a thread's first."""
    (name, *rest) = arguments
    with Hooked(compiled(name), *rest, segment=["stderr"], is_preloaded=is_observed,
                command=[tool("strace"), "-f", "-qq", "-s", "1000", "-o", "calls"]) as program:
        _ask(program, target, range(FIRST + MORE + LAST))
        program.stop(signal.SIGKILL)  # the threads of one do not hear of SIGTERM
        lines = (program.folder / "calls").read_text().splitlines()
    counted = {number: calls for number, calls in _requests_of(lines)
               if FIRST <= number < FIRST + MORE}
    assert len(counted) == MORE
    return sum(counted.values(), Counter())


def _allocations(arguments, target, requests, is_observed):
    (name, *rest) = arguments
    with Hooked(compiled(name), *rest, segment=["stderr"], is_preloaded=is_observed,
                preload=[compiled("count_allocations")],
                environment={"COUNT_FILE": "allocations"}) as program:
        _ask(program, target, range(FIRST))
        path = program.folder / "allocations"
        (before,) = struct.unpack("=Q", path.read_bytes())
        _ask(program, target, range(FIRST, FIRST + requests))
        (after,) = struct.unpack("=Q", path.read_bytes())
    return after - before


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_request_makes_no_system_call_more(name):
    arguments, target = PROGRAMS[name]

    plain = _system_calls(arguments, target, False)

    assert sum(plain.values()) >= MORE * 5
    assert _system_calls(arguments, target, True) == plain


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_request_makes_no_allocation_more(name):
    arguments, target = PROGRAMS[name]

    plain = _allocations(arguments, target, MORE, False)
    assert plain >= MORE * 5
    assert _allocations(arguments, target, MORE, True) == plain
