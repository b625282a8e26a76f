"""The log record of each route, and the exception of /user."""

import re
import uuid

from harness.paths import ROOT
from harness.wait import eventually

INFO, ERROR = 9, 17


def raise_line():
    """Where the source raises the exception of /user: (function's file, line)."""
    lines = (ROOT / "fcgi_app/handlers/user.c").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if "EXCEPTION_RAISE(" in line)


def record_of(service, target):
    answer = service.traced(target)
    return service.telemetry.log_records(answer.trace_id)[0]


def test_board_count_logs_the_call_the_client_and_the_count(service):
    record = record_of(service, "/board/37")

    assert (record.severity, record.text) == (INFO, "INFO")
    assert record.attributes["client.address"] == "127.0.0.1"
    assert 37 in record.attributes.values()
    assert record.body


def test_board_logs_the_call_and_the_posts_returned(service):
    record = record_of(service, "/board")

    assert record.severity == INFO
    assert 1000 in record.attributes.values()


def test_log_logs_the_call(service):
    record = record_of(service, "/log")

    assert record.severity == INFO
    assert record.attributes["client.address"] == "127.0.0.1"


def test_a_record_has_both_times_and_its_pool(service):
    record = record_of(service, "/board/1")

    assert 0 < record.time <= record.observed < record.time + 10_000_000_000
    assert record.resource["fcgi.pool"] == "board_count"
    assert uuid.UUID(record.resource["service.instance.id"]).version == 5


def test_the_exception_of_user_is_a_record_that_says_what_and_where(service):
    answer = service.traced("/user")

    record = eventually(
        lambda: [record for record in service.telemetry.logs(trace_id=answer.trace_id)
                 if record.severity == ERROR], what="the exception's record")[0]

    assert record.text == "ERROR"
    assert record.event == "http.server.request.exception"
    assert record.attributes["exception.type"] == "Exception"
    assert record.attributes["exception.message"] == "get_user error"
    assert record.span_id == service.telemetry.server_span(answer.trace_id).span_id
    stack = record.attributes["exception.stacktrace"]
    assert re.search(rf"handlers/user\.c:{raise_line()}\b", stack), stack


def test_one_failure_is_one_exception(service):
    answer = service.traced("/user")
    service.telemetry.server_span(answer.trace_id)
    later = service.traced("/user")
    service.telemetry.log_records(later.trace_id)

    errors = [record for record in service.telemetry.logs(trace_id=answer.trace_id)
              if record.severity == ERROR]

    assert len(errors) == 1
