"""Row T10: what telemetry takes in the worker for a request, in instructions, is what is stated."""

import shutil

import pytest

from harness import instructions


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_a_request_takes_no_more_instructions_of_telemetry_than_stated(record_property):
    counted = instructions.of_telemetry()

    record_property("instructions a request", f"{counted:.0f}")
    print(f"a request: {counted:.0f} instructions of telemetry, {instructions.stated()} stated")
    assert counted <= instructions.stated() * 1.05
    # Less than half would be a request that is not observed.
    assert counted > instructions.stated() / 2
