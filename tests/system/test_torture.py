"""The short form of `make torture`: each row that has one, for a few seconds."""

import sys

import pytest

from harness.paths import ROOT

sys.path.insert(0, str(ROOT / "tests/torture"))

from torture import Run, all_rows  # noqa: E402


@pytest.mark.parametrize("one", [one for one in all_rows() if one.short_s is not None],
                         ids=lambda one: one.name)
def test_the_row_holds(built, one):
    run = Run(one, is_short=True, say=print)()
    assert run.is_held, "\n".join(run.story())
