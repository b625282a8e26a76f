"""The service and the Flask application that it replaces, on one file: each opens what the other
made, unchanged, and their answers are the same bytes."""

import contextlib
import re
import sqlite3
import subprocess

import pytest
import wire
from harness.paths import program

pytest.importorskip("flask_sqlalchemy", reason="python3-flask-sqlalchemy is not installed")
import flask_board  # noqa: E402

TEXTS = ["plain", 'with "quotes" and \\', "Grüße, 中文, \U0001f600", "\u2028\u2029 </script>", "", "\x00\x01\x1f",
         "line\nbreak\ttab", "x" * 2000, "'; DROP TABLE board; --", *(f"post {n}" for n in range(60))]


def query(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql).fetchall()


def flask_get(app, target):
    with app.app_context():
        return app.test_client().get(target)


def seed(path, rows):
    done = subprocess.run([program("board_seed"), path, "--rows", str(rows)], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(params=[False, True], ids=["plain_key", "autoincrement"])
def flask_file(request, tmp_path):
    """A file that the Flask application made and filled."""
    path = tmp_path / "board.db"
    app = flask_board.make(path, is_autoincrement=request.param)
    with app.app_context():
        app.board_fill(TEXTS)
    return app, path


def start_on(services, path):
    """The service, started on that file: it is in the place before the first start."""
    service = services(start=False, ROWS=5)
    path.rename(service.db)
    service.db.chmod(0o666)
    return service.start()


def test_a_flask_file_opens_unchanged_and_gives_the_same_bytes(services, flask_file):
    app, path = flask_file
    schema = query(path, "SELECT sql FROM sqlite_master ORDER BY name")
    targets = ["/board", "/board/0", "/board/1", "/board/10", "/board/69", "/board/100", "/board/007", "/log"]
    flask_get(app, "/board/3")
    expected = {target: flask_get(app, target).data for target in ("/board", "/board/1", "/board/10", "/board/69")}
    expected.update({"/board/0": b"[]\n", "/board/100": expected["/board"],
                     "/board/007": flask_get(app, "/board/7").data, "/log": flask_get(app, "/log").data})
    targets.sort(key=lambda target: target != "/log")  # the log first: the others write into it
    calls = query(path, "SELECT count(*) FROM log_api")[0][0]

    service = start_on(services, path)
    answers = {target: wire.send(service.url, "GET", target.encode()) for target in targets}

    for target in targets:
        assert answers[target].status == 200
        assert answers[target].type == "application/json"
        assert answers[target].body == expected[target], target
    assert query(service.db, "SELECT sql FROM sqlite_master ORDER BY name") == schema
    assert query(service.db, "SELECT count(*) FROM log_api")[0][0] == calls + 6
    assert query(service.db, "PRAGMA integrity_check") == [("ok",)]


def test_flask_reads_what_our_service_wrote(services, flask_file):
    _, path = flask_file
    service = start_on(services, path)
    for target in (b"/board/3", b"/board/007", b"/board/%31"):
        assert wire.send(service.url, "GET", target).status == 200

    app = flask_board.make(service.db)
    rows = flask_get(app, "/log").get_json()

    assert [(row["call_url"], row["call_url_parameter"]) for row in rows] == [
        ("/board/3", "3"), ("/board/007", "7"), ("/board/1", "1")]
    assert wire.send(service.url, "GET", b"/log").body == flask_get(app, "/log").data


def test_both_write_to_one_file(services, flask_file):
    _, path = flask_file
    service = start_on(services, path)
    app = flask_board.make(service.db)

    for n in range(20):
        assert wire.send(service.url, "GET", b"/board/%d" % n).status == 200
        assert flask_get(app, f"/board/{n}").status_code == 200

    parameters = query(service.db, "SELECT call_url_parameter FROM log_api ORDER BY seq")
    assert [int(one[0]) for one in parameters] == [n for n in range(20) for _ in range(2)]
    assert query(service.db, "PRAGMA integrity_check") == [("ok",)]


def test_flask_opens_a_file_that_we_made(tmp_path):
    path = tmp_path / "board.db"
    seed(path, 50)

    app = flask_board.make(path)
    rows = flask_get(app, "/board").get_json()
    flask_get(app, "/board/5")

    assert len(rows) == 50 and all(len(row["title"]) == 20 and len(row["content"]) == 300 for row in rows)
    assert rows[0]["create_date"].endswith(" GMT")
    assert len(flask_get(app, "/log").get_json()) == 1
    done = subprocess.run([program("board_seed"), path, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_our_tables_are_those_that_sqlalchemy_makes(tmp_path):
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    seed(ours, 0)
    flask_board.make(theirs)

    for table in ("board", "log_api"):
        assert query(ours, f"PRAGMA table_info({table})") == query(theirs, f"PRAGMA table_info({table})")
    text = "SELECT sql FROM sqlite_master ORDER BY name"
    assert [re.sub(r"\s+", " ", one[0]) for one in query(ours, text)] == \
           [re.sub(r"\s+", " ", one[0]) for one in query(theirs, text)]
