"""Whatever lies in the database comes out as JSON that two parsers read, to the byte as golden."""

import json
import sqlite3

import golden
import pytest
import wire
from live_file import write

INVALID = [
    b"\x80", b"\xbf", b"\xff", b"\xfe\xff", b"\xc0\x80", b"\xc1\xbf", b"\xc2", b"\xc2a",
    b"\xe0\x80\x80", b"\xe0\xa0", b"\xe0\xa0a", b"\xe2\x82", b"\xed\xa0\x80", b"\xed\xbf\xbf",
    b"\xed\xa0\xbd\xed\xb8\x80", b"\xf0\x80\x80\x80", b"\xf0\x9f\x98", b"\xf0\x9f\x98a",
    b"\xf0\x9f", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80",
    b"a\xffb\xfec", b"\xe4\xb8\xad\xe4\xb8", b"\xef\xbf",
]
VALID = [
    "", " ", '"', "\\", "\\\\", '\\"', "/", "</script>", "'", "`", "\x7f", "\\\x7f", "\\u007f",
    "\\\\u007f", "\u0080", "\u009f", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe",
    "\uffff", "\U00010000", "\U0010ffff", "\ud7ff", "\ue000", "\U0001f600\U0001f468\u200d\U0001f469",
    "e\u0301", "\u05d0\u05d1 \u202eabc", "null", "true", "0", "-1.5e10", "{}", "[]", "a\x00b", "\x00",
    "\x00" * 30, "tab\tnew\nreturn\rform\fback\b", "x" * 2000, "\u00fc" * 2000, "\U0001f600" * 500,
    '"' * 2000, "\x01" * 2000, "a" * 15 + '"', "a" * 16 + "\\", "a" * 17 + "\u00e9", "a" * 31 + "\x1f",
    *(chr(code) for code in range(32)),
]
DATES = [
    None, "2024-06-01 12:00:00.123456", "2024-06-01 12:00:00", "2024-06-01 12:00:00.1",
    "2024-06-01", "2024-06-01T12:00:00", "2024-02-29 23:59:59.999999", "2023-02-29 00:00:00",
    "2000-02-29 00:00:00", "1900-02-29 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59",
    "0000-00-00 00:00:00", "2024-13-01 00:00:00", "2024-06-31 00:00:00", "2024-06-01 24:00:00",
    "2024-06-01 00:60:00", "2024-06-01 00:00:60", " 2024-06-01 12:00:00", "2024-06-01 12:00:00 ",
    "2024-6-1 12:0:0", "", "now", "1717243200", 1717243200, 2460463.0, -1,
    b"2024-06-01 12:00:00", b"\xff\xfe", "\u0662\u0660\u0662\u0664",
    "2024-06-01 12:00:00.1234567", "2024-06-01 12:00:00.", "2024-06-01 12:00:00.12a456",
    "2024-06-01\x0012:00",
]


def values():
    """Texts, blobs, numbers and NULL, in rows of fewer than the sentence needs."""
    odd = [*VALID, *INVALID, *(b"blob " + one for one in INVALID), None, 42, -1.5, b"", b"\x00\x01"]
    return [odd[i:i + 90] for i in range(0, len(odd), 90)]


def chunks():
    for number, texts in enumerate(values()):
        yield pytest.param(number, texts, id=f"chunk{number}")


def board_rows(texts):
    return [(seq, value, texts[-seq], DATES[seq % len(DATES)], DATES[(seq * 7) % len(DATES)])
            for seq, value in enumerate(texts, 1)]


def call_rows(texts):
    return [(seq * 3, value, texts[-seq], DATES[seq % len(DATES)], DATES[(seq * 5) % len(DATES)],
             value, texts[(seq * 11) % len(texts)]) for seq, value in enumerate(texts, 1)]


def check_json(body):
    """Python's parser and SQLite's; neither may see a raw control or a byte beyond ASCII."""
    rows = json.loads(body)
    assert sqlite3.connect(":memory:").execute(
        "SELECT json_array_length(?)", (body.decode("ascii"),)).fetchone()[0] == len(rows)
    return rows


def make_text(db):
    """sqlite3 binds only well-formed text: blobs that don't begin with 'blob ' become text here."""
    with write(db) as connection:
        for table, names in (("board", ("title", "content")),
                             ("log_api", ("user_ip", "user_id", "call_url", "call_url_parameter"))):
            for name in names:
                connection.execute(
                    f"UPDATE {table} SET {name} = CAST({name} AS TEXT)"
                    f" WHERE typeof({name}) = 'blob' AND substr({name}, 1, 5) <> x'626c6f6220'")


@pytest.mark.parametrize("number, texts", chunks())
def test_odd_posts_come_out_as_golden(board, tables, number, texts):
    tables({"board": board_rows(texts), "log_api": []})
    make_text(board.db)

    for one in (golden.Case("all", b"/board", "board"),
                golden.Case("some", b"/board/60", "posts", count=60)):
        response = wire.send(board.url, "GET", one.target)
        expected = golden.answer(board.db, one)
        assert response.body == expected.body
        assert len(check_json(response.body)) == min(len(texts), one.count or len(texts))


@pytest.mark.parametrize("number, texts", chunks())
def test_odd_calls_come_out_as_golden(board, tables, number, texts):
    tables({"log_api": call_rows(texts)})
    make_text(board.db)

    response = wire.send(board.url, "GET", b"/log")

    assert response.body == golden.answer(board.db, golden.Case("log", b"/log", "log")).body
    assert len(check_json(response.body)) == len(texts)


@pytest.mark.parametrize("count", [0, 1, 99, 100])
def test_up_to_100_posts_are_json(board, tables, count):
    tables({"board": [(seq, f"t{seq}", "c", None, None) for seq in range(1, count + 1)]})

    response = wire.send(board.url, "GET", b"/board")

    assert response.type == golden.JSON
    assert response.body == golden.answer(board.db, golden.Case("all", b"/board", "board")).body


def test_101_posts_are_a_sentence(board, tables):
    tables({"board": [(seq, f"t{seq}", "c", None, None) for seq in range(1, 102)]})

    response = wire.send(board.url, "GET", b"/board")
    few = wire.send(board.url, "GET", b"/board/101")

    assert response.type == few.type == golden.HTML
    assert golden.sentence(101).fullmatch(response.body)
    assert golden.sentence(101).fullmatch(few.body)


def test_posts_are_ordered_by_seq_and_not_by_insertion(board, tables):
    tables({"board": [(seq, f"t{seq}", None, None, None) for seq in (5, -3, 2**63 - 1, 1)]})
    one = golden.Case("three", b"/board/3", "posts", count=3)

    response = wire.send(board.url, "GET", one.target)

    assert [row["seq"] for row in json.loads(response.body)] == [-3, 1, 5]
    assert response.body == golden.answer(board.db, one).body


def test_an_empty_log_is_an_empty_array(board, tables):
    tables({"log_api": []})

    assert wire.send(board.url, "GET", b"/log").body == b"[]\n"
