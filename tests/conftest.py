"""Fixtures of the system and contract tests.

service     the whole service, one for the session: most tests share it
services    makes a service of the test's own: services(WORKERS=1)
pools       makes one pool of the test's own: pools("user", ["--traces_exporter", "none"])
sink        a scripted OTLP receiver of the test's own

Each system test ends by checking the books of what it used (system/conftest.py). When a test
fails, the ends of all log files of what it used are printed.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "system"))

from harness.paths import CONTROL, LAUNCHER, POOLS, program  # noqa: E402
from harness.pool import Pool  # noqa: E402
from harness.service import Service  # noqa: E402
from harness.sink import Sink  # noqa: E402

_live = []  # what runs now: Service and Pool, in order of their start


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for one in _live:
            for name, text in one.logs():
                report.sections.append((f"{type(one).__name__} {name}", text))


@pytest.fixture(scope="session")
def built():
    """The programs are there; what is missing is named once, not in every test."""
    missing = [str(path) for path in (CONTROL, LAUNCHER, *map(program, POOLS))
               if not path.exists()]
    if missing:
        pytest.exit("not built (make): " + ", ".join(missing), 2)


def _start(one):
    _live.append(one)
    return one.start()


def _end(one):
    _live.remove(one)
    return one.end()


@pytest.fixture(scope="session")
def service(built):
    one = Service(rows=1000)
    try:
        yield _start(one)
    finally:
        left = _end(one)
    assert not left, f"still ran after stop: {left}"


@pytest.fixture
def services(built):
    """A factory; start=False gives one that the test starts itself."""
    made = []

    def make(start=True, **settings):
        one = Service(**settings)
        made.append(one)
        if start:
            return _start(one)
        _live.append(one)
        return one

    make.made = made
    yield make
    for one in reversed(made):
        _end(one)


@pytest.fixture
def pools(built):
    """A factory of single pools; start=False as above."""
    made = []

    def make(name="board_count", options=(), start=True, **how):
        one = Pool(name, options, **how)
        made.append(one)
        if start:
            return _start(one)
        _live.append(one)
        return one

    make.made = made
    yield make
    for one in reversed(made):
        _end(one)


@pytest.fixture
def sink():
    with Sink() as one:
        yield one
