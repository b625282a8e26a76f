"""The context of a caller: continued when it is valid, left alone when it is not."""

import pytest

from harness.load import together
from harness.telemetry import CLIENT, SERVER, new_trace_id, traceparent
from harness.wait import eventually

PARENT = "00f067aa0ba902b7"


def span_of_mark(service, mark):
    """The SERVER span of the request whose query is the mark."""
    return eventually(
        lambda: [span for span in service.telemetry.spans(kind=SERVER)
                 if span.attributes.get("url.query") == mark],
        what=f"the span of ?{mark}")[0]


def test_a_traceparent_is_continued(service):
    answer = service.traced("/board/1")

    span = service.telemetry.server_span(answer.trace_id)

    assert span.parent_id == PARENT
    assert span.flags & 0x300 == 0x300, "the parent is known to be remote"


def test_a_tracestate_goes_with_it(service):
    trace_id = new_trace_id()
    service.get("/board/1", [("traceparent", traceparent(trace_id)),
                             ("tracestate", "vendor=one,other=two")])

    assert service.telemetry.server_span(trace_id).trace_state == "vendor=one,other=two"


def test_a_doubled_traceparent_restarts_the_trace(service):
    first, second, mark = new_trace_id(), new_trace_id(), new_trace_id()
    service.get(f"/board/1?{mark}", [("traceparent", traceparent(first)),
                                     ("traceparent", traceparent(second))])

    span = span_of_mark(service, mark)

    assert span.trace_id not in (first, second)
    assert span.parent_id == ""


@pytest.mark.parametrize("header, why", [
    ("00-" + "0" * 32 + f"-{PARENT}-01", "a trace id of zeros"),
    ("00-" + "a" * 32 + "-" + "0" * 16 + "-01", "a span id of zeros"),
    ("00-" + "A" * 32 + f"-{PARENT}-01", "upper case"),
    ("ff-" + "a" * 32 + f"-{PARENT}-01", "the forbidden version"),
    ("00-" + "a" * 32 + f"-{PARENT}-01-extra", "more than version 00 has"),
    ("00-" + "a" * 31 + f"-{PARENT}-01", "too short"),
    ("", "empty")])
def test_an_invalid_traceparent_starts_a_new_trace(service, header, why):
    mark = new_trace_id()
    service.get(f"/board/1?{mark}", [("traceparent", header)])

    span = span_of_mark(service, mark)

    assert span.parent_id == "", why
    assert span.trace_id != "a" * 32, why


def test_a_newer_version_is_read_like_the_known_one(service):
    trace_id = new_trace_id()
    service.get("/board/1", [("traceparent", f"cc-{trace_id}-{PARENT}-01-what-ever")])

    assert service.telemetry.server_span(trace_id).parent_id == PARENT


def test_a_parent_that_is_not_sampled_leaves_no_span(service):
    unsampled = new_trace_id()
    service.get("/board/1", [("traceparent", traceparent(unsampled, flags="00"))])
    later = service.traced("/board/1")

    service.telemetry.trace(later.trace_id, 3)

    assert service.telemetry.spans(trace_id=unsampled) == []
    assert service.settled("board_count")["spans"]["sampled_out"] >= 1


def test_eight_at_once_each_keep_their_insert(service):
    answers = together([lambda count=count: service.traced(f"/board/{count}")
                        for count in range(1, 9)])

    assert [answer.status for answer in answers] == [200] * 8
    for answer in answers:
        spans = service.telemetry.trace(answer.trace_id, 3)
        server = next(span for span in spans if span.kind == SERVER)
        children = [span for span in spans if span.kind == CLIENT]
        assert sorted(child.name.split()[0] for child in children) == ["INSERT", "SELECT"]
        assert all(child.parent_id == server.span_id for child in children)


def test_log_records_carry_the_ids_of_their_request(service):
    answer = service.traced("/board/2")

    server = service.telemetry.server_span(answer.trace_id)
    records = service.telemetry.log_records(answer.trace_id)

    assert all(record.span_id == server.span_id for record in records)
    assert all(record.flags & 1 for record in records)
