"""The spans of each route: the SERVER span, its children, their attributes."""

import pytest

from harness.telemetry import CLIENT, ERROR, SERVER, UNSET
from harness.wait import eventually

ROUTES = [("/board", "/board", "board", 200),
          ("/board/7", "/board/{count}", "board_count", 200), ("/log", "/log", "log", 200),
          ("/user", "/user", "user", 500)]


@pytest.mark.parametrize("target, route, pool, status", ROUTES)
def test_a_request_is_a_server_span_named_after_its_route(service, target, route, pool, status):
    answer = service.traced(target + "?colour=blue", {"User-Agent": "a-test/1"})

    span = service.telemetry.server_span(answer.trace_id)

    assert answer.status == status
    assert span.name == f"GET {route}"
    assert span.resource["fcgi.pool"] == pool
    assert 0 < span.end - span.start < 10_000_000_000
    wanted = {
        "http.request.method": "GET", "url.path": target, "url.scheme": "http",
        "url.query": "colour=blue", "http.route": route, "http.response.status_code": status,
        "network.protocol.version": "1.1", "server.address": "127.0.0.1",
        "server.port": service.ports.http, "client.address": "127.0.0.1",
        "network.peer.address": "127.0.0.1", "user_agent.original": "a-test/1"}
    assert {key: span.attributes.get(key) for key in wanted} == wanted
    assert isinstance(span.attributes["network.peer.port"], int)


@pytest.mark.parametrize("target, statements", [
    ("/board/5", {"SELECT board", "INSERT log_api"}), ("/board", {"SELECT board"}),
    ("/log", {"SELECT log_api"})])
def test_each_statement_is_a_child_of_kind_client(service, target, statements):
    answer = service.traced(target)

    spans = service.telemetry.trace(answer.trace_id, 1 + len(statements))

    server = next(span for span in spans if span.kind == SERVER)
    children = [span for span in spans if span.kind == CLIENT]
    assert {child.name for child in children} == statements
    assert len(children) + 1 == len(spans), "BEGIN, COMMIT and PRAGMA make no span"
    for child in children:
        assert child.parent_id == server.span_id
        assert child.attributes["db.system.name"] == "sqlite"
        assert child.attributes["db.query.summary"] == child.name
        assert child.name.split()[0] in child.attributes["db.query.text"]
        assert server.start <= child.start <= child.end
        assert child.status == UNSET


def test_parameters_are_never_in_the_text_of_a_statement(service):
    answer = service.traced("/board/73", {"User-Agent": "secret-agent"})

    spans = service.telemetry.trace(answer.trace_id, 3)

    texts = [span.attributes["db.query.text"] for span in spans if span.kind == CLIENT]
    assert len(texts) == 2
    for text in texts:
        assert "?" in text
        assert not any(value in text for value in ("73", "127.0.0.1", "/board", "secret"))


def test_the_insert_ends_before_its_request_is_answered(service):
    answer = service.traced("/board/1")

    spans = service.telemetry.trace(answer.trace_id, 3)

    server = next(span for span in spans if span.kind == SERVER)
    insert = next(span for span in spans if span.name.startswith("INSERT"))
    assert insert.end <= server.end


def test_a_header_asked_for_is_a_list_on_the_span(service):
    answer = service.traced("/board/1", {"custom_request_header": "some value"})

    span = service.telemetry.server_span(answer.trace_id)

    assert span.attributes["http.request.header.custom_request_header"] == ["some value"]


def test_a_header_not_asked_for_stays_out(service):
    answer = service.traced("/board/1", {"Authorization": "Basic c2VjcmV0"})

    span = service.telemetry.server_span(answer.trace_id)

    assert not any("authorization" in key for key in span.attributes)
    assert "http.request.header.custom_request_header" not in span.attributes


def test_a_failed_request_is_an_error_that_tells_where(service):
    answer = service.traced("/user")

    span = service.telemetry.server_span(answer.trace_id)

    assert span.status == ERROR
    assert span.attributes["error.type"]
    stack = span.attributes.get("exception.stacktrace") or next(
        event.attributes["exception.stacktrace"] for event in span.events)
    assert "handlers/user.c" in stack


def test_a_client_error_leaves_the_span_unset(service):
    answer = service.traced("/board/abc")

    span = service.telemetry.server_span(answer.trace_id)

    assert answer.status == 404
    assert span.status == UNSET
    assert span.attributes["http.response.status_code"] == 404
    assert "error.type" not in span.attributes


def test_an_unknown_path_is_observed_without_a_route(service):
    answer = service.traced("/no/such/path")

    span = service.telemetry.server_span(answer.trace_id)

    assert answer.status == 404
    assert span.name == "GET"
    assert "http.route" not in span.attributes
    assert span.attributes["url.path"] == "/no/such/path"


def test_an_unknown_method_is_named_http_and_kept_beside(service):
    answer = service.traced("/board", method="BREW")

    span = service.telemetry.server_span(answer.trace_id)

    assert answer.status == 405
    assert span.name == "HTTP /board"
    assert span.attributes["http.request.method"] == "_OTHER"
    assert span.attributes["http.request.method_original"] == "BREW"


def test_every_span_id_is_its_own(service):
    service.get("/board/1")
    eventually(lambda: service.telemetry.spans(), what="any span")

    ids = [(span.trace_id, span.span_id) for span in service.telemetry.spans()]

    assert len(ids) == len(set(ids))
    assert all(len(trace) == 32 and len(span) == 16 for trace, span in ids)
