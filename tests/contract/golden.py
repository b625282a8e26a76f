"""What the service must answer, computed from the database file by nothing but Python's own
sqlite3 and json: an independent statement of the contract.

    golden.py BOARD.DB             prints every case with its expected answer, one a line
    golden.py BOARD.DB TARGET      prints the expected body of one GET

A case is a request as it goes over the wire, and what comes back. Targets are bytes: a client can
send anything. The expectations follow what nginx does to a target before the application sees it:
it decodes, resolves dot segments, merges slashes, and refuses what is no target at all.
"""

import contextlib
import email.utils
import json
import re
import sqlite3
import sys
from datetime import datetime, timezone
from http import HTTPStatus
from typing import NamedTuple, Optional

JSON = "application/json"
HTML = "text/html; charset=utf-8"
PROBLEM = "application/problem+json"
ALLOW = "GET, HEAD, OPTIONS"
JSON_ROWS_MAX = 100
COUNT_MAX = 2**63 - 1

POST_COLUMNS = ("content", "create_date", "seq", "title", "update_date")
CALL_COLUMNS = ("call_url", "call_url_parameter", "end_time", "seq", "start_time", "user_id",
                "user_ip")
DATES = {"create_date", "update_date", "start_time", "end_time"}


# --- cases ---------------------------------------------------------------------------------------

class Case(NamedTuple):
    name: str
    target: bytes
    kind: str                     # posts, board, log, page, status, options, method, error
    method: str = "GET"
    count: int = 0                # posts: as asked
    path: Optional[str] = None    # posts: as the log keeps it
    status: int = 200             # error
    headers: tuple = ()
    body: bytes = b""
    html: bool = False            # error: the form for a browser
    version: str = "HTTP/1.1"


CASES = []


def case(name, target, kind, **more):
    target = target if isinstance(target, bytes) else target.encode()
    CASES.append(Case(name, target, kind, **more))


def posts(name, target, count, path=None, **more):
    text = target if isinstance(target, str) else target.decode()
    case(name, target, "posts", count=count, path=path or text.split("?")[0], **more)


def error(name, target, status, **more):
    case(name, target, "error", status=status, **more)


# Counts that are numbers.
for number in (0, 1, 2, 7, 10, 50, 99, 100, 101, 102, 200, 999, 1000, 1001, 10000):
    posts(f"count {number}", f"/board/{number}", number)
posts("2^31 - 1", "/board/2147483647", 2**31 - 1)
posts("2^31", "/board/2147483648", 2**31)
posts("2^32", "/board/4294967296", 2**32)
posts("2^63 - 1", "/board/9223372036854775807", COUNT_MAX)
error("2^63", "/board/9223372036854775808", 400)
error("2^63 + 1", "/board/9223372036854775809", 400)
error("2^64 - 1", "/board/18446744073709551615", 400)
error("2^64", "/board/18446744073709551616", 400)
error("2^64 + 1 would wrap to 1", "/board/18446744073709551617", 400)
error("20 digits", "/board/99999999999999999999", 400)
error("1,000 digits", "/board/" + "9" * 1000, 400)
error("10,000 digits", "/board/" + "9" * 10000, 400)
error("20,000 digits: more than a line of the front", "/board/" + "9" * 20000, 414)
posts("leading zeros", "/board/007", 7)
posts("zero, twice", "/board/00", 0)
posts("many leading zeros", "/board/" + "0" * 200 + "7", 7)
posts("10,000 leading zeros", "/board/" + "0" * 10000 + "7", 7)
posts("2^63 - 1 with leading zeros", "/board/0009223372036854775807", COUNT_MAX)
error("2^63 with leading zeros", "/board/0009223372036854775808", 400)

# Counts that are none.
for name, text in (
        ("minus one", "-1"), ("minus zero", "-0"), ("plus five", "+5"), ("exponent", "1e3"),
        ("fraction", "1.5"), ("whole fraction", "1.0"), ("hexadecimal", "0x10"),
        ("word", "abc"), ("digit and letter", "1x"), ("letter and digit", "x1"),
        ("underscore", "1_000"), ("comma", "1,000"), ("infinity", "inf"), ("not a number", "nan"),
        ("nothing", ""), ("trailing slash", "5/"), ("two counts", "5/6"),
        ("path parameter", "5;a=1"),
        ("quote", "'"), ("injection", "1'--"), ("star", "*"), ("braces", "{count}"),
        ("backslash", "5\\"), ("tilde", "~"), ("at", "@")):
    error(f"count is {name}", f"/board/{text}", 404)
for name, text in (
        ("a blank", "%20"), ("blank and digit", "%205"), ("digit and blank", "5%20"),
        ("tab and digit", "%095"), ("newline and digit", "%0A5"), ("digit and newline", "5%0A"),
        ("carriage return", "5%0D"), ("no-break space", "%C2%A05"), ("a plus", "%2B5"),
        ("a minus", "%2D5"), ("%31x", "%31x"), ("twice encoded", "%2531"),
        ("arabic-indic digit", "%D9%A3"), ("full-width digit", "%EF%BC%95"),
        ("superscript two", "%C2%B2"), ("devanagari digit", "%E0%A5%AB"),
        ("roman numeral", "%E2%85%A4"), ("mathematical digit", "%F0%9D%9F%93"),
        ("byte 255", "%FF"), ("overlong digit", "%C0%B1"), ("DEL", "5%7F"), ("slash", "5%2F"),
        ("question mark", "5%3F"), ("hash", "5%23"), ("percent", "5%25")):
    error(f"count is {name}, encoded", f"/board/{text}", 404)
error("arabic-indic digit, as it is", "/board/".encode() + "٣".encode(), 404)
error("full-width digit, as it is", "/board/".encode() + "５".encode(), 404)
error("byte 255, as it is", b"/board/\xff", 404)

# Encodings and forms that come to the same path.
posts("a digit encoded", "/board/%31", 1, "/board/1")
posts("all digits encoded", "/board/%31%30", 10, "/board/10")
posts("the route encoded", "/%62oard/3", 3, "/board/3")
posts("the slash encoded", "/board%2F3", 3, "/board/3")
posts("lower-case hex digits", "/%62%6f%61%72%64/3", 3, "/board/3")
posts("two slashes in front", "//board/3", 3, "/board/3")
posts("two slashes within", "/board//3", 3, "/board/3")
posts("many slashes", "////board////3", 3, "/board/3")
posts("a dot segment", "/board/./3", 3, "/board/3")
posts("a dot segment, encoded", "/board/%2e/3", 3, "/board/3")
posts("up and down again", "/log/../board/3", 3, "/board/3")
posts("up and down again, encoded", "/log/%2e%2E/board/3", 3, "/board/3")
posts("query", "/board/3?x=1", 3, "/board/3")
posts("empty query", "/board/3?", 3, "/board/3")
posts("query with another count", "/board/3?count=7", 3, "/board/3")
posts("query with a path", "/board/3?/../../log", 3, "/board/3")
posts("query with quotes", "/board/3?a='%22;DROP%20TABLE%20board", 3, "/board/3")
posts("query with %00", "/board/3?a=%00", 3, "/board/3")
posts("query with a broken escape", "/board/3?a=%zz", 3, "/board/3")
posts("fragment", "/board/3#top", 3, "/board/3")
posts("whole address", "http://other.example/board/3", 3, "/board/3")
posts("HTTP/1.0", "/board/3", 3, version="HTTP/1.0")
error("a dot", "/board/.", 404)
error("a dot, encoded", "/board/%2e", 404)
error("%2e before a digit is a dot", "/board/%2e5", 404)
case("two dots lead to the page", "/board/..", "page")

# What is no target at all: nginx refuses it.
error("%00", "/board/%00", 400)
error("digit and %00", "/board/5%00", 400)
error("%00 in a path that is unknown", "/%00", 400)
error("escape of one digit", "/board/%3", 400)
error("escape of no digit", "/board/%", 400)
error("escape of letters", "/board/%zz", 400)
error("above the root", "/../board/3", 400)
error("above the root, encoded", "/%2e%2e/%2e%2e/etc/passwd", 400)
error("no slash in front", "board/3", 400)
error("a blank in the middle", "/board/ 3", 400)
error("a star", "*", 400, method="OPTIONS")

# The other routes.
case("every post", "/board", "board")
case("every post, with a query", "/board?count=3", "board")
case("every post, two slashes", "//board", "board")
case("every post, encoded", "/bo%61rd", "board")
case("log", "/log", "log")
case("log with a query", "/log?seq=1", "log")
case("log, encoded", "/%6Cog", "log")
error("user", "/user", 500)
error("user with a query", "/user?id=1", 500)
error("user for a browser", "/user", 500, headers=(("Accept", "text/html"),), html=True)
case("page", "/", "page")
case("page with a query", "/?a=b", "page")
case("page, for a browser", "/", "page", headers=(("Accept", "text/html,*/*;q=0.8"),))
case("state of the pools", "/status.json", "status")
for name, target in (
        ("unknown", "/nope"), ("longer name", "/boards"), ("shorter name", "/boar"),
        ("upper case", "/BOARD"), ("upper case with a count", "/Board/3"),
        ("log with a slash", "/log/"), ("log with a count", "/log/3"),
        ("user with a slash", "/user/"),
        ("user with a number", "/user/1"), ("favicon", "/favicon.ico"), ("robots", "/robots.txt"),
        ("the database", "/board.db"), ("the log of the database", "/board.db-wal"),
        ("version control", "/.git/config"), ("environment", "/.env"), ("script", "/index.php"),
        ("a long path", "/" + "a" * 4000), ("a non-ASCII path", "/%C3%BC"),
        ("a path of escapes", "/%20%20"),
        ("markup in the path", "/%3Cscript%3Ealert(1)%3C/script%3E")):
    error(f"unknown path: {name}", target, 404)
error("markup in the path, for a browser", "/%3Cscript%3Ealert(1)%3C/script%3E", 404,
      headers=(("Accept", "text/html"),), html=True)

# Methods.
for target in ("/board", "/board/3", "/log", "/user", "/"):
    for method in ("POST", "PUT", "DELETE", "PATCH", "FOO", "PROPFIND"):
        case(f"{method} {target}", target, "method", method=method)
    case(f"OPTIONS {target}", target, "options", method="OPTIONS")
posts("HEAD of a count", "/board/3", 3, method="HEAD")
posts("HEAD of count 0", "/board/0", 0, method="HEAD")
posts("HEAD of a count with a sentence", "/board/200", 200, method="HEAD")
case("HEAD of every post", "/board", "board", method="HEAD")
case("HEAD of the log", "/log", "log", method="HEAD")
case("HEAD of the page", "/", "page", method="HEAD")
error("HEAD of user", "/user", 500, method="HEAD")
error("HEAD of an unknown path", "/nope", 404, method="HEAD")
error("HEAD of a count that is none", "/board/abc", 404, method="HEAD")
error("POST to an unknown path", "/nope", 404, method="POST")
error("OPTIONS of an unknown path", "/nope", 404, method="OPTIONS")
error("POST to a count that is none", "/board/abc", 404, method="POST")
case("TRACE", "/board/3", "method", method="TRACE")
case("POST with a body", "/board/3", "method", method="POST", body=b"title=x")
error("POST with a body that is too large", "/board/3", 413, method="POST", body=b"x" * 70000)
error("lower-case method", "/board/3", 400, method="get")
posts("GET with a body", "/board/3", 3, body=b"ignored")

# What the client prefers.
for accept, html in (
        ("text/html", True), ("text/html;q=0.9, application/json;q=0.8", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("*/*", False), ("application/json", False), ("application/json, text/html;q=0.9", False),
        ("application/problem+json", False), ("", False),
        ("image/png", False), ("text/html;q=0", False)):
    error(f"Accept: {accept}", "/nope", 404, headers=(("Accept", accept),), html=html)
posts("posts stay JSON for a browser", "/board/3", 3, headers=(("Accept", "text/html"),))
error("a count that is none, for a browser", "/board/abc", 404, headers=(("Accept", "text/html"),),
      html=True)
error("a count too large, for a browser", "/board/9223372036854775808", 400,
      headers=(("Accept", "text/html"),), html=True)

# Headers that must not matter.
posts("a header with underscores", "/board/3", 3, headers=(("custom_request_header", "value"),))
posts("two traceparents", "/board/3", 3, headers=(
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")))
posts("a broken traceparent", "/board/3", 3, headers=(("traceparent", "00-xyz"),))
posts("no compression", "/board/3", 3, headers=(("Accept-Encoding", "gzip, br"),))
posts("no ranges", "/board/3", 3, headers=(("Range", "bytes=0-1"),))
posts("no conditions", "/board/3", 3, headers=(
    ("If-None-Match", "*"), ("If-Modified-Since", "Sat, 01 Jun 2030 12:00:00 GMT")))


# --- rows as JSON --------------------------------------------------------------------------------

STORED_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})"
                         r"(\.[0-9]{1,6})?")


def text_of(value):
    """A column as text: bytes that are no UTF-8 are replaced as Python's decoder does."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def date_of(value):
    """The stored local time as it stands, labelled GMT; None when it cannot be read."""
    text = text_of(value)
    found = STORED_DATE.fullmatch(text) if text is not None else None
    if not found:
        return None
    try:
        moment = datetime(*(int(part) for part in found.groups()[:6]), tzinfo=timezone.utc)
    except ValueError:
        return None
    return email.utils.format_datetime(moment, usegmt=True)


def rows_of(db, table, columns, limit=-1):
    with contextlib.closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True,
                                            timeout=10)) as connection:
        connection.text_factory = bytes
        rows = connection.execute(
            f"SELECT {', '.join(columns)} FROM {table} ORDER BY seq LIMIT ?", (limit,)).fetchall()
    convert = [date_of if name in DATES else int if name == "seq" else text_of for name in columns]
    return [{name: make(value) for name, make, value in zip(columns, convert, row)} for row in rows]


def dumps(rows):
    """As Python writes it, and a newline."""
    return json.dumps(rows, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def sentence(count):
    """Matches the answer for more than 100 rows."""
    return re.compile(rb"Successfully fetched %d data items in [0-9]+\.[0-9]{2} ms" % count)


# --- answers -------------------------------------------------------------------------------------

class Answer(NamedTuple):
    status: int
    type: Optional[str]                # Content-Type; None: any
    body: object                       # bytes, a compiled pattern for all of it, or None: any
    headers: tuple = ()                # others that must be there, with their value
    row: Optional[tuple] = None        # call_url and call_url_parameter of the row it leaves


def answer(db, one):
    """What the case must give for this database, at this moment."""
    if one.kind == "posts":
        row = (one.path, str(one.count))
        if one.count > JSON_ROWS_MAX:
            return Answer(200, HTML, sentence(one.count), row=row)
        return Answer(200, JSON, dumps(rows_of(db, "board", POST_COLUMNS, one.count)), row=row)
    if one.kind == "board":
        rows = rows_of(db, "board", POST_COLUMNS)
        if len(rows) > JSON_ROWS_MAX:
            return Answer(200, HTML, sentence(len(rows)))
        return Answer(200, JSON, dumps(rows))
    if one.kind == "log":
        return Answer(200, JSON, dumps(rows_of(db, "log_api", CALL_COLUMNS)))
    if one.kind == "page":
        return Answer(200, HTML, re.compile(rb".*\bWelcome\b.*", re.DOTALL))
    if one.kind == "status":
        return Answer(200, JSON, None)
    if one.kind == "options":
        return Answer(200, None, b"", (("Allow", ALLOW),))
    if one.kind == "method":
        return Answer(405, PROBLEM, None, (("Allow", ALLOW),))
    return Answer(one.status, HTML if one.html else PROBLEM, None)


def check_problem(body, status):
    """An error document of RFC 9457 that leads to the telemetry."""
    problem = json.loads(body)
    assert problem["type"] == "about:blank" and problem["status"] == status
    assert problem["title"] and problem["detail"].endswith(".")
    if status not in (413, 414):  # whose names RFC 9110 has changed
        assert problem["title"] == HTTPStatus(status).phrase
    identity = problem.get("trace_id") or problem.get("request_id")
    assert re.fullmatch("[0-9a-f]{32}", identity), problem


def check_page(body, status):
    """The same for a browser."""
    text = body.decode("utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert f"{status} {HTTPStatus(status).phrase}" in text
    assert "<script" not in text
    assert re.search("<code>[0-9a-f]{32}</code>", text)


def main():
    db = sys.argv[1]
    if len(sys.argv) > 2:
        target = sys.argv[2].encode()
        one = next(case for case in CASES if case.target == target and case.method == "GET")
        sys.stdout.buffer.write(answer(db, one).body)
        return
    for one in CASES:
        expected = answer(db, one)
        body = expected.body
        size = len(body) if isinstance(body, bytes) else "pattern" if body else "-"
        print(f"{one.method:8} {one.target[:48].decode('ascii', 'backslashreplace'):48} "
              f"{expected.status} {expected.type or '-':26} {size}  {one.name}")


if __name__ == "__main__":
    main()
