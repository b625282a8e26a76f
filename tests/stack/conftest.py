"""One stack for each compose, in turn; the tests of `one_compose` see the first alone."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

import containers  # noqa: E402

_live = []


def pytest_configure(config):
    config.addinivalue_line("markers", "one_compose: run with one compose, not with each")


def pytest_generate_tests(metafunc):
    if "stack" in metafunc.fixturenames:
        names = list(containers.COMPOSES)
        if metafunc.definition.get_closest_marker("one_compose"):
            names = names[:1]
        metafunc.parametrize("stack", names, indirect=True, scope="session")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for stack in _live:
            report.sections.extend(stack.logs())


@pytest.fixture(scope="session")
def stack(request):
    reason = containers.why_not()
    if reason:
        pytest.skip(reason)
    compose = containers.COMPOSES[request.param]()
    if compose is None:
        pytest.skip(f"{request.param} is neither installed nor can be built")
    one = containers.Stack(compose)
    _live.append(one)
    try:
        one.output = one.start()
        yield one
    finally:
        left = one.end()
        _live.remove(one)
    assert not left, f"down -v left {left}"
