"""What nginx never sends to a worker's socket: it may cost its own connection and nothing else."""

import contextlib
import os
import resource
import time

import pytest

from harness import database, fastcgi, processes
from harness.wait import eventually

KNOWN_VALUES = {"FCGI_MAX_CONNS": "", "FCGI_MAX_REQS": "", "FCGI_MPXS_CONNS": ""}
QUICK_S = 1.0

GARBAGE = {
    "get_values": fastcgi.record(fastcgi.GET_VALUES,
                                 fastcgi.pairs(KNOWN_VALUES) * 4, request_id=0),
    "get_values behind begin": fastcgi.begin() + fastcgi.record(
        fastcgi.GET_VALUES, fastcgi.pairs(KNOWN_VALUES) * 4, request_id=0),
    "an unknown management record": fastcgi.record(99, b"x" * 8, request_id=0),
    "a record of another version": b"\x09" + fastcgi.begin()[1:] + b"\0" * 64,
    "a data record": fastcgi.begin() + fastcgi.record(fastcgi.DATA, b"x"),
    "an answer instead of a request": fastcgi.record(fastcgi.STDOUT, b"Status: 200\r\n\r\n"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(4096),
    "noise": bytes((7 * place * place + 13 * place) % 256 for place in range(4096)),
    "lengths that lie": fastcgi.begin() + fastcgi.record(
        fastcgi.PARAMS, b"\xff\xff\xff\xff\xff\xff\xff\xffAB"),
}


@pytest.fixture
def pool(pools):
    """One worker, so that a death would show."""
    return pools("board_count", workers=1)


def assert_unharmed(pool, workers):
    start = time.monotonic()
    assert pool.get("/board/1").status == 200
    assert time.monotonic() - start < QUICK_S
    assert pool.workers() == workers, "the worker was replaced"


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_costs_its_connection_alone(pool, name):
    workers = pool.workers()

    with fastcgi.Connection(pool.socket, timeout=3.0) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(GARBAGE[name])
        assert_unharmed(pool, workers)

    for _ in range(20):
        with fastcgi.Connection(pool.socket) as connection, \
                contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(GARBAGE[name])
    assert_unharmed(pool, workers)


@pytest.mark.parametrize("name", ["get_values", "an unknown management record", "HTTP"])
def test_garbage_is_answered_by_a_close(pool, name):
    with fastcgi.Connection(pool.socket, timeout=3.0) as connection:
        connection.send(GARBAGE[name])

        assert connection.is_closed()


def test_half_requests_and_silent_peers_hold_nobody_up(pool):
    workers = pool.workers()
    whole = fastcgi.message(fastcgi.params_of("/board/1"))
    with contextlib.ExitStack() as stack:
        # Half as many as threads send half a request; they may hold a thread for the time-out.
        for _ in range(2):
            stack.enter_context(fastcgi.Connection(pool.socket)).send(whole[:len(whole) // 2])
        for _ in range(100):
            stack.enter_context(fastcgi.Connection(pool.socket))
        for _ in range(20):
            assert_unharmed(pool, workers)


@pytest.fixture
def many_descriptors():
    """Descriptors 0 to 1,200, of which none is free."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] != resource.RLIM_INFINITY and before[1] < 4096:
        pytest.skip(f"RLIMIT_NOFILE may not be raised above {before[1]}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, before[1]))
    made = [os.open("/dev/null", os.O_RDONLY) for _ in range(1200)]
    yield made
    for descriptor in made:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_descriptors_beyond_1024_are_served(many_descriptors, pools):
    pool = pools("board_count", workers=1, inherited=many_descriptors)

    worker, = pool.workers()

    assert max(map(int, os.listdir(f"/proc/{worker}/fd"))) > 1024
    for _ in range(20):
        assert_unharmed(pool, [worker])


def test_a_request_cut_at_every_place_leaves_nothing_behind(pool):
    workers = pool.workers()
    pool.get("/board/1")
    whole = fastcgi.message(fastcgi.params_of("/board/1"))
    before = processes.sockets_of(workers[0])

    for end in range(1, len(whole), 3):
        with fastcgi.Connection(pool.socket) as connection:
            connection.send(whole[:end])
    assert_unharmed(pool, workers)

    eventually(lambda: processes.sockets_of(workers[0]) <= before, what="as few sockets as before")
    eventually(lambda: pool.segment()["requests"] == [], what="no request left open")


def test_a_request_in_single_bytes_is_answered(pool):
    with fastcgi.Connection(pool.socket) as connection:
        for byte in fastcgi.message(fastcgi.params_of("/board/1")):
            connection.send(bytes([byte]))

        assert connection.answer().status == 200


def test_a_kept_connection_serves_many_requests(pool):
    with fastcgi.Connection(pool.socket) as connection:
        for count in range(50):
            connection.send(fastcgi.message(fastcgi.params_of(f"/board/{count}"), is_kept=True))
            assert connection.answer().status == 200


def test_many_and_long_parameters_are_read_or_refused_but_never_fatal(pool):
    workers = pool.workers()
    params = fastcgi.params_of("/board/1")
    params.update({f"HTTP_X_{number}": "v" * 1000 for number in range(55)})
    data = fastcgi.pairs(params)
    message = fastcgi.begin() + b"".join(
        fastcgi.record(fastcgi.PARAMS, data[start:start + 32000])
        for start in range(0, len(data), 32000)) + \
        fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN)

    with fastcgi.Connection(pool.socket) as connection:
        connection.send(message)
        with contextlib.suppress(ConnectionError):
            assert connection.answer().status in (200, 400, 431)
    assert_unharmed(pool, workers)


def test_a_body_that_nobody_wants_does_not_spoil_the_next_request(pool):
    params = fastcgi.pairs(fastcgi.params_of("/board/1", CONTENT_LENGTH="8"))
    message = fastcgi.begin(is_kept=True) + fastcgi.record(fastcgi.PARAMS, params) + \
        fastcgi.record(fastcgi.PARAMS) + fastcgi.record(fastcgi.STDIN, b"12345678") + \
        fastcgi.record(fastcgi.STDIN)

    with fastcgi.Connection(pool.socket) as connection:
        for _ in range(3):
            connection.send(message)
            assert connection.answer().status == 200


def test_a_reader_that_stops_does_not_stop_others(pools):
    pool = pools("log", workers=1)
    database.add_calls(pool.db, 50_000)

    with fastcgi.Connection(pool.socket) as lazy:
        lazy.send(fastcgi.message(fastcgi.params_of("/log")))
        lazy.read_record()
        start = time.monotonic()
        answer = pool.get("/nothing")
        assert time.monotonic() - start < QUICK_S

    assert answer.status == 404
