"""The service and the Flask application that it replaces, on one file: each opens what the other
made, unchanged, and their answers are the same bytes."""

import re
import subprocess

import pytest
import wire
from harness.paths import program
from live_file import query

pytest.importorskip("flask_sqlalchemy", reason="python3-flask-sqlalchemy is not installed")
import flask_board  # noqa: E402

TEXTS = ["plain", 'with "quotes" and \\', "Grüße, 中文, \U0001f600", "\u2028\u2029 </script>",
         "", "\x00\x01\x1f", "line\nbreak\ttab", "x" * 2000, "'; DROP TABLE board; --",
         *(f"post {n}" for n in range(60))]


def flask_get(app, target):
    with app.app_context():
        return app.test_client().get(target)


def run_seed(path, *options):
    done = subprocess.run([program("board_seed"), path, *options], capture_output=True, text=True,
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


def expected_bodies(app):
    """What Flask answers; the routes that write come first, so that the log has all rows."""
    bodies = {target: flask_get(app, target).data
              for target in ("/board/1", "/board/10", "/board/69", "/board")}
    bodies["/board/0"] = b"[]\n"  # Flask's limit(0) is the same; asked for once, by us
    bodies["/board/007"] = flask_get(app, "/board/7").data
    bodies["/board/100"] = bodies["/board"]
    bodies["/log"] = flask_get(app, "/log").data
    return bodies


def test_a_flask_file_opens_unchanged_and_gives_the_same_bytes(services, flask_file):
    app, path = flask_file
    schema = query(path, "SELECT sql FROM sqlite_master ORDER BY name")
    expected = expected_bodies(app)
    calls = query(path, "SELECT count(*) FROM log_api")[0][0]
    targets = sorted(expected, key=lambda target: target != "/log")  # the others write into it

    service = start_on(services, path)
    for target in targets:
        answer = wire.send(service.url, "GET", target.encode())
        assert answer.status == 200
        assert answer.type == "application/json"
        assert answer.body == expected[target], target

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
    run_seed(path, "--rows", "50")

    app = flask_board.make(path)
    rows = flask_get(app, "/board").get_json()
    flask_get(app, "/board/5")

    assert len(rows) == 50
    assert all(len(row["title"]) == 20 and len(row["content"]) == 300 for row in rows)
    assert rows[0]["create_date"].endswith(" GMT")
    assert len(flask_get(app, "/log").get_json()) == 1
    run_seed(path, "--check")


def test_our_tables_are_those_that_sqlalchemy_makes(tmp_path):
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    run_seed(ours, "--rows", "0")
    flask_board.make(theirs)

    for table in ("board", "log_api"):
        columns = f"PRAGMA table_info({table})"
        assert query(ours, columns) == query(theirs, columns)
    texts = [[re.sub(r"\s+", " ", one[0]) for one in query(path, "SELECT sql FROM sqlite_master"
                                                                 " ORDER BY name")]
             for path in (ours, theirs)]
    assert texts[0] == texts[1]
