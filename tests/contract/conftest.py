"""Fixtures of the contract tests: a service and the file behind it."""

import os
from types import SimpleNamespace

import pytest
from live_file import write


@pytest.fixture(scope="session")
def board(request):
    """The service that BOARD_URL and BOARD_DB name, else one of the tests' own."""
    if "BOARD_URL" in os.environ:
        return SimpleNamespace(url=os.environ["BOARD_URL"].rstrip("/"), db=os.environ["BOARD_DB"])
    return request.getfixturevalue("service")


@pytest.fixture
def tables(board):
    """Lets a test put its own rows into both tables, and puts the old ones back."""
    kept = {}
    names = ("board", "log_api")
    with write(board.db) as connection:
        for name in names:
            kept[name] = connection.execute(f"SELECT * FROM {name}").fetchall()

    def replace(rows):
        with write(board.db) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for name, values in rows.items():
                connection.execute(f"DELETE FROM {name}")
                if values:
                    places = ",".join("?" * len(values[0]))
                    connection.executemany(f"INSERT INTO {name} VALUES ({places})", values)
            connection.execute("COMMIT")

    yield replace
    replace(kept)
