"""The page at / beside real back ends: who answers, and where else a chosen trace is."""

import json

import pytest

from containers import SERVICES, Stack
from harness import http
from harness.telemetry import new_trace_id
from harness.wait import eventually

BACK_ENDS = {"Jaeger", "Prometheus", "Loki", "Collector"}


def page_data(stack, query=""):
    return stack.get("/status.json" + query).json()


def answering(stack):
    return {one["name"] for one in page_data(stack)["back_ends"] if one["answer"] == "answers"}


def links(stack, trace_id):
    return {one["name"]: one["url"] for one in page_data(stack, f"?trace={trace_id}")["links"]}


def test_every_back_end_is_seen_to_answer(stack):
    eventually(lambda: answering(stack) == BACK_ENDS, 20, "four back ends that answer")

    assert page_data(stack)["state"] == "Serving."


def test_a_chosen_trace_is_linked_where_it_is_known_and_nowhere_else(stack):
    trace_id = stack.traced("/board/3").trace_id
    stack.await_everywhere([trace_id])

    found = eventually(lambda: set(links(stack, trace_id)) == {"Jaeger", "Loki"} and
                       links(stack, trace_id), 30, "links to Jaeger and Loki")

    assert links(stack, new_trace_id()) == {}
    page = stack.get(f"/?trace={trace_id}").text
    assert "open in Jaeger" in page and "open in Loki" in page
    assert found["Jaeger"] == f"http://localhost:{stack.port.jaeger}/trace/{trace_id}"
    lines = http.request(stack.port.loki, found["Loki"].partition(str(stack.port.loki))[2]).json()
    assert trace_id in json.dumps(lines["data"]["result"])


@pytest.mark.one_compose
def test_a_back_end_that_is_away_is_shown_so_and_linked_by_nothing(stack):
    stack.ask_compose("stop", "jaeger")
    try:
        eventually(lambda: answering(stack) == BACK_ENDS - {"Jaeger"}, 20, "Jaeger's dot")
        trace_id = stack.traced("/board/3").trace_id
        eventually(lambda: set(links(stack, trace_id)) == {"Loki"}, 30, "a link to Loki alone")
    finally:
        stack.ask_compose("start", "jaeger")

    stack.await_ready("jaeger")
    eventually(lambda: set(links(stack, trace_id)) == {"Jaeger", "Loki"}, 60, "the link to Jaeger")


@pytest.mark.one_compose
def test_open_to_others_5001_alone_is_and_its_details_need_the_token(stack):
    second = Stack(stack.compose, BIND="0.0.0.0", TRAFFIC=0)
    try:
        output = second.start()
        token = output.partition("?token=")[2].split()[0]
        published = {service: {binding["HostIp"] for bindings in (
            second.container(service)["HostConfig"]["PortBindings"] or {}).values()
            for binding in bindings} for service in SERVICES}

        assert len(token) == 32 and "pools" not in page_data(second)
        assert "pools" in page_data(second, f"?token={token}")
        assert published.pop("nginx") == {"0.0.0.0"}
        assert set().union(*published.values()) == {"127.0.0.1"}
        # TRAFFIC=0: it ended by itself, and well.
        state = second.container("traffic")["State"]
        assert (state["Running"], state["ExitCode"]) == (False, 0)
    finally:
        left = second.end()
    assert not left


def test_the_file_is_valid_with_the_dashboards_too(stack):
    told = stack.ask_compose("--profile", "dashboards", "config")

    assert "grafana/grafana" in told and "mem_limit" in told
