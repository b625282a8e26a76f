"""The same binaries without the launcher: the same answers, byte for byte, and no telemetry."""

import re

import pytest

from harness import database

CASES = {
    "board": [("GET", "/board"), ("HEAD", "/board"), ("POST", "/board"), ("OPTIONS", "/board")],
    "board_count": [("GET", "/board/0"), ("GET", "/board/1"), ("GET", "/board/100"),
                    ("GET", "/board/101"), ("GET", "/board/-1"), ("GET", "/board/007"),
                    ("GET", "/board/9223372036854775808"), ("HEAD", "/board/5"),
                    ("OPTIONS", "/board/5"), ("PUT", "/board/5")],
    "log": [("GET", "/log"), ("HEAD", "/log")],
    "user": [("GET", "/user"), ("OPTIONS", "/user")],
    "status": [("GET", "/nowhere"), ("POST", "/")],
}


def masked(raw):
    """Without what differs between any two answers: durations and trace ids. A problem names
    its trace where there is one."""
    raw = re.sub(rb"in \d+\.\d\d ms", b"in X ms", raw)
    raw = re.sub(rb',?"(trace_id|traceId)":"[0-9a-f]{32}"', b"", raw)
    raw = re.sub(rb"(?i)^x-trace-id: .*\r\n", b"", raw, flags=re.MULTILINE)
    return re.sub(rb"(?i)^content-length: \d+\r\n", b"", raw, flags=re.MULTILINE)


@pytest.mark.parametrize("name", CASES)
def test_answers_are_the_same_byte_for_byte(pools, name):
    observed = pools(name, ["--traces_exporter", "none", "--metrics_exporter", "none",
                            "--logs_exporter", "none"], rows=80)
    plain = pools(name, is_observed=False, rows=80)

    for method, target in CASES[name]:
        answers = [masked(pool.get(target, method=method).raw) for pool in (observed, plain)]
        assert answers[0] == answers[1], f"{method} {target}"
    if name == "board_count":
        assert database.log_rows(observed.db) == database.log_rows(plain.db)


def test_without_a_launcher_nothing_of_telemetry_exists(pools):
    plain = pools("board_count", is_observed=False)
    plain.get("/board/1")

    assert not plain.segment_path.exists()
    for pid in plain.workers():
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            text = maps.read()
        assert "libotel_hooks" not in text and ".segment" not in text


def test_both_accept_loops_give_the_same_answers(pools):
    epoll = pools("board_count", rows=80)
    loop = pools("board_count", environment={"BOARD_ACCEPT": "loop"}, rows=80)

    for method, target in CASES["board_count"]:
        answers = [masked(pool.get(target, method=method).raw) for pool in (epoll, loop)]
        assert answers[0] == answers[1], f"{method} {target}"
    assert epoll.log_rows() == loop.log_rows()
