"""Bounded polls: the only way in which a test waits."""

import time

INTERVAL_S = 0.02


def eventually(probe, timeout=10.0, what="the condition"):
    """Calls probe until it gives something true, and gives that back. An AssertionError or an
    OSError inside the probe means "not yet"; the last one is the reason at the end."""
    deadline = time.monotonic() + timeout
    while True:
        reason = None
        try:
            value = probe()
            if value:
                return value
        except (AssertionError, OSError) as error:
            value, reason = None, error
        if time.monotonic() >= deadline:
            last = f"{type(reason).__name__}: {reason}" if reason else f"last seen: {value!r:.600}"
            raise AssertionError(f"{what} did not come true within {timeout} s; {last}") from reason
        time.sleep(INTERVAL_S)


def for_a_while(probe, duration):
    """Calls probe, which asserts, again and again for a time."""
    deadline = time.monotonic() + duration
    while time.monotonic() < deadline:
        probe()
        time.sleep(INTERVAL_S)
