"""Every system test ends by checking the books of what it used."""

import pytest

from harness.collector import Collector, find


@pytest.fixture(autouse=True)
def books(request):
    """ended = exported + in ring + queued + spooled + failed + dropped + sampled out. Asked for
    after the test and before its own instances end, which is why it asks for them first."""
    names = [name for name in ("service", "services", "pools") if name in request.fixturenames]
    used = {name: request.getfixturevalue(name) for name in names}
    yield
    if "service" in used:
        used["service"].check_books()
    for name in ("services", "pools"):
        for one in getattr(used.get(name), "made", []):
            one.check_books()


@pytest.fixture(scope="session")
def there():
    if not find():
        pytest.skip("no collector: not in $OTELCOL, not on the path, none built by make run")


@pytest.fixture
def collectors(there, tmp_path):
    made = []

    def make(**how):
        folder = tmp_path / f"collector{len(made)}"
        folder.mkdir()
        made.append(Collector(folder, **how))
        return made[-1]
    yield make
    for one in made:
        one.close()
