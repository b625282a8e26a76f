"""The service against the golden answers: each request target, to the byte."""

import re

import golden
import pytest
import wire
from live_file import query


def last_call(db):
    return query(db, "SELECT coalesce(max(seq), 0) FROM log_api")[0][0]


def calls_after(db, seq):
    return query(db, "SELECT call_url, call_url_parameter, user_ip, user_id, start_time, end_time"
                     " FROM log_api WHERE seq > ? ORDER BY seq", seq)


def check_row(rows, expected):
    """The one row that a call leaves, or none."""
    if expected is None:
        assert rows == []
        return
    assert len(rows) == 1
    url, parameter, ip, user, start, end = rows[0]
    assert (url, parameter) == expected
    assert re.fullmatch(r"[0-9a-f.:]+", ip)
    assert re.fullmatch(r"[A-Za-z0-9]{30}", user)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", start)
    assert len(end) == 26 and start <= end


def check_body(one, expected, response):
    if one.method == "HEAD":
        assert response.body == b""
    elif isinstance(expected.body, bytes):
        assert response.body == expected.body
    elif expected.body is not None:
        assert expected.body.fullmatch(response.body), response.body[:200]
    elif expected.type == golden.PROBLEM:
        golden.check_problem(response.body, expected.status)
    elif expected.type == golden.HTML:
        golden.check_page(response.body, expected.status)


def test_there_are_enough_cases():
    assert len(golden.CASES) >= 110
    assert len({one.name for one in golden.CASES}) == len(golden.CASES)


@pytest.mark.parametrize("one", golden.CASES, ids=lambda one: one.name.replace(" ", "_"))
def test_answer_is_the_golden_one(board, one):
    expected = golden.answer(board.db, one)
    before = last_call(board.db)

    response = wire.send(board.url, one.method, one.target, one.headers, one.body, one.version)

    assert response.status == expected.status
    if expected.type is not None:
        assert (response.type or "").lower() == expected.type
    for name, value in expected.headers:
        assert response.headers.get(name) == value
    length = response.headers.get("Content-Length")
    if length is not None and isinstance(expected.body, bytes):
        assert int(length) == len(expected.body)
    check_body(one, expected, response)
    check_row(calls_after(board.db, before), expected.row)
