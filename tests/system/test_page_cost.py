"""What the page costs while nobody looks, in instructions, which are the same on a busy machine."""

import re
import shutil
import subprocess

import pytest

from harness.compiled import compiled

COUNT = 2500  # requests, of which the launcher publishes once, as in half a second at 5,000 a second
RATE = 5000
CORE = 2e9  # instructions a second: what a slow core does


def instructions(part):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                           compiled("view_cost"), part, str(COUNT)],
                          check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_the_page_costs_the_launcher_under_one_percent_and_the_worker_what_it_was_asked_to_tell(
        record_property):
    counted = [instructions(part) for part in ("record", "queue", "shown", "launcher")]
    queue, shown, launcher = ((more - less) / COUNT for less, more in zip(counted, counted[1:]))
    record_property("instructions a request", f"{queue:.0f} {shown:.0f} {launcher:.0f}")
    print(f"a request: queue time {queue:.0f}, its parts and the thread's state {shown:.0f}, "
          f"the launcher's view {launcher:.0f} instructions")

    assert launcher * RATE < 0.01 * CORE, f"{launcher * RATE / CORE:.2%} of a core"
    # Attribute and histogram of the queue time; the time of writing and four states of the thread.
    # There is no other: the view is gathered from what telemetry records anyway.
    assert 0 < queue < 1200 and 0 < shown < 1200
