"""The preload library by itself: programs on libfcgi that know nothing of telemetry, and no
launcher. What is recorded is exact, and the host does not notice."""

import json
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from harness.compiled import compiled
from harness.hooked import HOOKS, Hooked
from harness.paths import clean_environment
from harness.telemetry import CLIENT, ERROR, SERVER, UNSET, new_trace_id, traceparent
from harness.wait import eventually

SCOPE_STDERR, SCOPE_SYSLOG = 4, 5

pytestmark = pytest.mark.skipif(not HOOKS.exists(), reason="libotel_hooks.so is not built")


@pytest.mark.parametrize("query, status, span_status", [
    ("", 200, UNSET), ("404", 404, UNSET), ("503", 503, ERROR), ("location", 302, UNSET),
    ("long", 201, UNSET)])
def test_the_status_is_read_off_the_answer(query, status, span_status):
    trace_id = new_trace_id()
    with Hooked(compiled("plain")) as program:
        program.get(f"/x?{query}", route="/x", headers={"traceparent": traceparent(trace_id)})
        (span,) = program.spans(SERVER)

    assert span["name"] == "GET /x"
    assert span["http.response.status_code"] == status
    assert span["status"] == span_status
    assert (span["trace"], span["parent"]) == (trace_id, "00f067aa0ba902b7")


def test_an_answer_of_no_byte_is_an_error_without_a_status():
    with Hooked(compiled("plain")) as program:
        program.get("/x?nothing")
        (span,) = program.spans(SERVER)

    assert span["status"] == ERROR
    assert span["error.type"]
    assert "http.response.status_code" not in span


def test_response_headers_are_captured_when_asked_for():
    with Hooked(compiled("plain"), segment=["header=x-kind,content-type"]) as program:
        program.get("/")
        (span,) = program.spans(SERVER)

    assert span["http.response.header.x-kind"] == ["plain"]
    assert span["http.response.header.content-type"] == ["text/plain"]


def test_each_thread_of_a_program_has_its_requests():
    with Hooked(compiled("threads"), 4) as program:
        for number in range(40):
            assert program.get(f"/?{number}").body == f"{number}\n".encode()
        spans = program.spans(SERVER, 40)

    assert [span["http.response.status_code"] for span in spans] == [202] * 40
    assert sorted(int(span["url.query"]) for span in spans) == list(range(40))


DATABASE_CASES = [
    ("select", {"name": "SELECT note", "db.response.returned_rows": 3,
                "db.query.text": "SELECT id, text FROM note WHERE id <= ?1 ORDER BY id"}),
    ("insert", {"name": "INSERT note", "db.query.text": "INSERT INTO note (text) VALUES (?1)"}),
    ("exec", {"name": "SELECT note", "db.response.returned_rows": 2,
              "db.query.text": "SELECT text FROM note WHERE text <> ? AND id < ?"}),
    ("early", {"name": "SELECT note", "db.response.returned_rows": 1}),
    ("constraint", {"name": "INSERT note", "status": ERROR, "error.type": "SQLITE_CONSTRAINT",
                    "db.response.status_code": "1555",  # SQLITE_CONSTRAINT_PRIMARYKEY
                    "db.query.text": "INSERT INTO note (id, text) VALUES (?, ?)"}),
]


@pytest.mark.parametrize("query, wanted", DATABASE_CASES, ids=[case[0] for case in DATABASE_CASES])
def test_a_statement_is_a_client_span_below_its_request(query, wanted):
    with Hooked(compiled("database"), "notes.db") as program:
        program.get(f"/?{query}")
        (server,) = program.spans(SERVER)
        (span,) = program.spans(CLIENT)
        measured = program.records("measurement", **{"db.query.summary": wanted["name"]})

    assert (span["trace"], span["parent"]) == (server["trace"], server["span"])
    assert span["db.system.name"] == "sqlite"
    assert span["db.namespace"] == "notes.db"
    assert span["db.query.summary"] == span["name"]
    assert {name: span.get(name) for name in wanted} == wanted
    assert "secret" not in str(span)
    assert [one.get("error.type") for one in measured] == [wanted.get("error.type")]
    if query == "insert":
        assert "db.response.returned_rows" not in span


def test_statements_may_run_at_once_and_end_out_of_order():
    with Hooked(compiled("database"), "notes.db") as program:
        assert program.get("/?interleaved").body == b"3\n"
        (server,) = program.spans(SERVER)
        spans = program.spans(CLIENT, 2)

    assert {span["parent"] for span in spans} == {server["span"]}
    assert sorted(span["db.response.returned_rows"] for span in spans) == [1, 3]


def test_statements_outside_any_request_are_measured_and_have_no_span():
    with Hooked(compiled("database"), "notes.db") as program:
        program.get("/?nothing")
        program.spans(SERVER)
        measured = program.records("measurement", **{"db.system.name": "sqlite"})
        spans = program.records("span", kind=CLIENT)

    assert [one["db.query.summary"] for one in measured] == ["BATCH"]
    assert not spans


def test_an_unsampled_request_is_measured_with_its_statements():
    with Hooked(compiled("database"), "notes.db", segment=["sampled-out"]) as program:
        program.get("/?select")
        eventually(lambda: len(program.records("measurement")) >= 3, 5, "three measurements")

        assert not program.records("span")
        assert program.records("measurement", **{"db.query.summary": "SELECT note"})


MESSAGES = [  # the order of the program's own calls
    "dlerror line 1",
    "/nowhere/library.so: cannot open shared object file: No such file or directory",
    "fprintf line 1", "fputs line", "joined of three puts", "dprintf line 1", "list line 1",
    "list line 1", "write line", "two lines", "writev line",
    "perror line: No such file or directory", "messages: warn line 1: Permission denied",
    "messages: warnx line 1", "cut off by the end of the request", "error stream line"]


@pytest.mark.parametrize("flags", [[], ["-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]],
                         ids=["plain", "checked forms"])
def test_each_line_on_stderr_is_a_log_record_of_its_request(flags):
    with Hooked(compiled("messages", *flags), segment=["stderr"]) as program:
        program.get("/")
        (server,) = program.spans(SERVER)
        records = program.records("log", scope=SCOPE_STDERR)

    assert [record["body"] for record in records] == MESSAGES
    assert {record["log.iostream"] for record in records} == {"stderr"}
    assert {(record["trace"], record["span"]) for record in records} == \
        {(server["trace"], server["span"])}


def test_syslog_messages_keep_severity_and_facility():
    with Hooked(compiled("messages"), segment=["stderr"]) as program:
        program.get("/")
        program.spans(SERVER)
        records = program.records("log", scope=SCOPE_SYSLOG)

    user, mail, local3 = 1, 2, 19
    assert [(record["severity"], record["syslog.facility"], record["body"])
            for record in records] == [
        (10, user, "list line 1"), (19, local3, "syslog alert 1"),
        (17, mail, "syslog error of mail")]


def test_stderr_is_no_log_unless_asked_for_and_gets_its_bytes_either_way():
    texts = []
    for how in ({"is_preloaded": False}, {"segment": None}, {}, {"segment": ["stderr"]}):
        with Hooked(compiled("messages"), **how) as program:
            program.get("/")
            program.stop()
            texts.append(program.stderr.read_bytes())
            if how.get("segment") is not None or not how:
                assert bool(program.records("log")) == bool(how)

    assert texts[0].endswith(b"cut off by the end of the request\n")
    assert texts == [texts[0]] * 4


@pytest.mark.parametrize("how, number, address", [
    ("fault", signal.SIGSEGV, 16), ("overflow", signal.SIGSEGV, None),
    ("abort", signal.SIGABRT, 0), ("memory", signal.SIGABRT, 0), ("signal", signal.SIGSEGV, 0)])
def test_a_fatal_signal_leaves_its_stack_and_kills_as_before(how, number, address):
    statuses = []
    for is_preloaded in (False, True):
        with Hooked(compiled("crash"), is_preloaded=is_preloaded) as program:
            program.get("/")
            with pytest.raises(ConnectionError):
                program.get(f"/?{how}")
            statuses.append(os.waitstatus_to_exitcode(os.waitpid(program.process.pid, 0)[1]))
            program.process.returncode = statuses[-1]
            if is_preloaded:
                (crash,) = program.records("crash")

    assert statuses == [-number, -number]
    assert crash["signal"] == number
    assert crash["frames"] >= 2
    assert address is None or crash["address"] == address


@pytest.mark.parametrize("is_preloaded", [False, True])
def test_a_handler_of_the_program_stays_the_one_that_is_called(is_preloaded):
    with Hooked(compiled("crash"), "own", is_preloaded=is_preloaded) as program:
        program.get("/")
        with pytest.raises(ConnectionError):
            program.get("/?fault")
        assert program.process.wait(5) == 42
        assert not is_preloaded or not program.records("crash")


CORE_PATTERN = Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip()


@pytest.mark.skipif("/" in CORE_PATTERN or CORE_PATTERN.startswith("|"),
                    reason="cores are not written to the program's folder here")
@pytest.mark.parametrize("how", ["fault", "abort"])
def test_a_core_is_dumped_as_before(how):
    dumped = []
    for is_preloaded in (False, True):
        with Hooked(compiled("crash"), is_preloaded=is_preloaded) as program:
            resource.prlimit(program.process.pid, resource.RLIMIT_CORE, (2**30, 2**30))
            program.get("/")
            with pytest.raises(ConnectionError):
                program.get(f"/?{how}")
            _, status = os.waitpid(program.process.pid, 0)
            program.process.returncode = os.waitstatus_to_exitcode(status)
            assert os.WCOREDUMP(status)
            dumped.append(max(path.stat().st_size for path in program.folder.glob("core*")))

    assert min(dumped) > 0


def test_a_program_that_exits_keeps_its_status_and_leaves_no_crash():
    with Hooked(compiled("crash")) as program:
        with pytest.raises(ConnectionError):
            program.get("/?exit")
        assert program.process.wait(5) == 7
        assert not program.records("crash")


def test_the_last_words_of_a_program_that_gives_up_are_a_log_record():
    with Hooked(compiled("crash"), segment=["stderr"]) as program:
        with pytest.raises(ConnectionError):
            program.get("/?err")
        assert program.process.wait(5) == 3
        (record,) = program.records("log")

    assert record["body"] == "crash: gave up at 1: No such file or directory"
    assert record["trace"] != "0" * 32


REAPER = """
import os, signal, time

def child(status):
    pid = os.fork()
    if pid == 0:
        os._exit(status) if status < 128 else os.kill(os.getpid(), status - 128)
    return pid

child(1); os.wait()
os.waitpid(child(2), 0)
child(3); os.wait3(0)
os.wait4(child(4), 0)
pid = child(5); os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
os.waitid(os.P_PID, pid, os.WEXITED)
os.waitpid(child(128 + signal.SIGKILL), 0)
pid = child(128 + signal.SIGSTOP); os.waitpid(pid, os.WUNTRACED)
os.kill(pid, signal.SIGKILL); os.waitid(os.P_PID, pid, os.WEXITED)
"""


def test_each_death_is_noted_once_by_whoever_reaps(tmp_path):
    path = tmp_path / "segment"
    tool = compiled("segment_tool")
    subprocess.run([tool, "make", path], check=True)
    subprocess.run(["/usr/bin/python3", "-c", REAPER], check=True,
                   env=clean_environment(LD_PRELOAD=HOOKS, OTEL_SEGMENT=path))
    lines = subprocess.run([tool, "drain", path], check=True, stdout=subprocess.PIPE).stdout
    deaths = [json.loads(line) for line in lines.splitlines()]

    assert [os.waitstatus_to_exitcode(death["status"]) for death in deaths
            if death["type"] == "death"] == [1, 2, 3, 4, 5, -9, -9]


def test_answers_are_the_same_with_and_without_the_library():
    answers = []
    for how in ({"is_preloaded": False}, {"segment": None}, {}, {"segment": ["stderr"]}):
        with Hooked(compiled("plain"), **how) as program:
            answers.append([program.get(f"/?{query}").raw
                            for query in ("", "404", "location", "nothing", "long")])

    assert answers == [answers[0]] * 4


def test_a_libfcgi_program_hands_on_all_of_ld_preload_but_our_entry():
    other = compiled("count_allocations")
    with Hooked(compiled("environment"), preload=[other]) as program:
        assert program.get("/").body == str(other).encode()
    with Hooked(compiled("environment")) as program:
        assert program.get("/").body == b""


def test_a_program_without_libfcgi_hands_ld_preload_on():
    done = subprocess.run(["/bin/sh", "-c", "printf '%s' \"$LD_PRELOAD\""], check=True,
                          stdout=subprocess.PIPE, env=clean_environment(LD_PRELOAD=HOOKS),
                          text=True)

    assert done.stdout == str(HOOKS)
