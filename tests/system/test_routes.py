"""Every route answers as board-http's contract says, through nginx. The contract's finer points
have golden answers of their own (tests/contract)."""

import json
import signal
from datetime import datetime

import pytest

from harness import processes
from harness.wait import eventually

POST_KEYS = ["content", "create_date", "seq", "title", "update_date"]
CALL_KEYS = ["call_url", "call_url_parameter", "end_time", "seq", "start_time", "user_id",
             "user_ip"]


def as_json(rows):
    return (json.dumps(rows, sort_keys=True, separators=(",", ":")) + "\n").encode()


def as_date(text):
    return datetime.fromisoformat(text).strftime("%a, %d %b %Y %H:%M:%S GMT")


def posts(service, count):
    rows = service.query("SELECT content, create_date, seq, title, update_date FROM board "
                         "ORDER BY seq LIMIT ?", count)
    return [dict(zip(POST_KEYS, (row[0], as_date(row[1]), row[2], row[3], as_date(row[4]))))
            for row in rows]


def test_the_page_says_welcome(service):
    answer = service.get("/")

    assert answer.status == 200
    assert answer.type.startswith("text/html")
    assert "Welcome" in answer.text


def test_board_of_more_than_100_posts_is_a_sentence(service):
    answer = service.get("/board")

    assert answer.status == 200
    assert answer.type == "text/html; charset=utf-8"
    assert answer.text.startswith("Successfully fetched 1000 data items in ")
    assert answer.text.rstrip("\n").endswith(" ms")


@pytest.mark.parametrize("count", [1, 99, 100])
def test_board_count_gives_the_first_posts_to_the_byte(service, count):
    answer = service.get(f"/board/{count}")

    assert answer.status == 200
    assert answer.type == "application/json"
    assert answer.body == as_json(posts(service, count))


def test_board_count_above_100_is_a_sentence_with_the_count_asked_for(service):
    answer = service.get("/board/101")

    assert answer.status == 200
    assert answer.text.startswith("Successfully fetched 101 data items in ")


def test_board_zero_is_empty_and_writes_its_row(service):
    before = service.log_rows()

    answer = service.get("/board/0")

    assert (answer.status, answer.body) == (200, b"[]\n")
    assert service.log_rows() == before + 1


def test_the_row_is_there_when_the_answer_is(service):
    service.get("/board/007")

    url, parameter, address, user, start, end = service.query(
        "SELECT call_url, call_url_parameter, user_ip, user_id, start_time, end_time "
        "FROM log_api ORDER BY seq DESC LIMIT 1")[0]
    assert (url, str(parameter), address) == ("/board/007", "7", "127.0.0.1")
    assert len(user) == 30 and user.isalnum()
    assert datetime.fromisoformat(start) <= datetime.fromisoformat(end)


def test_log_gives_every_row_by_seq(service):
    service.get("/board/3")

    rows = service.get("/log").json()

    assert [row["seq"] for row in rows] == sorted(row["seq"] for row in rows)
    assert len(rows) == service.log_rows()
    assert list(rows[-1]) == CALL_KEYS


def test_user_fails_with_a_problem_that_names_its_trace(service):
    answer = service.traced("/user")

    assert answer.status == 500
    assert answer.type == "application/problem+json"
    assert answer.json()["status"] == 500
    assert answer.trace_id in answer.text


def test_a_browser_gets_an_error_as_a_page(service):
    answer = service.get("/user", {"Accept": "text/html,application/xhtml+xml"})

    assert answer.status == 500
    assert answer.type.startswith("text/html")


@pytest.mark.parametrize("target, status", [
    ("/board/-1", 404), ("/board/abc", 404), ("/board/1.5", 404), ("/board/", 404),
    ("/board/%31x", 404), ("/nowhere", 404), ("/board/9223372036854775808", 400),
    ("/board/%31", 200), ("/board/1?x=2", 200)])
def test_odd_targets_get_the_status_of_the_contract(service, target, status):
    assert service.get(target).status == status


@pytest.mark.parametrize("target", ["/", "/board", "/board/1", "/log", "/user"])
def test_other_methods_are_refused_with_those_that_are_allowed(service, target):
    answer = service.get(target, method="POST")

    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("target", ["/", "/board", "/board/1", "/log", "/user"])
def test_options_allow_and_run_no_handler(service, target):
    before = service.log_rows()

    answer = service.get(target, method="OPTIONS")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert service.log_rows() == before


def test_head_writes_the_row_and_sends_no_body(service):
    before = service.log_rows()

    answer = service.get("/board/2", method="HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert service.log_rows() == before + 1


def test_the_pages_data_is_json(service):
    answer = service.get("/status.json")

    assert answer.status == 200
    assert answer.type.startswith("application/json")
    assert isinstance(answer.json(), dict)


def test_every_answer_has_its_security_headers_and_its_ids(service):
    for target in ("/", "/board/1", "/nowhere"):
        answer = service.traced(target)
        wanted = None if target == "/" else answer.trace_id  # the page is not traced
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"]
        assert answer.headers.get("X-Trace-Id") == wanted
        assert len(answer.headers["X-Request-Id"]) == 32
        assert "/" not in answer.headers["Server"], "no version"


@pytest.mark.parametrize("headers, body, status", [
    ({"X-Big": "x" * 40000}, None, 431), ({}, b"x" * 200000, 413)], ids=["header", "body"])
def test_what_is_too_large_is_a_problem_of_nginxs_own(service, headers, body, status):
    answer = service.get("/board/1", headers, body=body)

    assert answer.status == status
    assert answer.type == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_the_access_log_knows_the_trace(service):
    answer = service.traced("/board/5")

    line = eventually(lambda: [line for line in service.access_log() if answer.trace_id in line],
                      what="the line of the access log")[-1]

    entry = json.loads(line)
    assert (entry["status"], entry["client"]) == (200, "127.0.0.1")
    assert entry["request_id"] == answer.headers["X-Request-Id"]


def test_a_pool_that_is_down_is_503_for_its_route_alone(services):
    service = services(rows=50)
    keeper = int((service.run / "user.keeper.pid").read_text())
    processes.kill(keeper, signal.SIGTERM)
    processes.wait_gone(keeper)

    answer = service.get("/user")

    assert answer.status == 503
    assert answer.headers["Retry-After"]
    assert answer.type == "application/problem+json"
    assert answer.json()["request_id"]
    assert service.get("/board/1").status == 200
    assert service.control("restart", "user").status == 0
    assert service.get("/user").status == 500
