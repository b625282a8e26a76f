"""Grafana itself cannot be had everywhere: each panel's query is put to the real back ends, as
Grafana would put it, and must give data."""

import json

import pytest

from containers import GRAFANA
from harness import http
from harness.wait import eventually

pytestmark = pytest.mark.one_compose
FILL_IN = {"$service": ".+", "$__rate_interval": "1m", "$__auto": "1m"}


def filled_in(query):
    for name, value in FILL_IN.items():
        query = query.replace(name, value)
    assert "$" not in query, f"a variable that is not known: {query}"
    return query


def panels():
    for path in sorted((GRAFANA / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield pytest.param(target, id=f"{path.stem}-{panel['title']}-{target['refId']}")


def answer(stack, target):
    kind = target["datasource"]["type"]
    if kind == "prometheus":
        # Not a number is what a quantile of nothing gives.
        return [value for _, value in stack.prometheus(filled_in(target["expr"])) if value == value]
    if kind == "loki":
        return stack.loki(filled_in(target["expr"]), limit=100)
    target = f"/api/traces?service={target['service']}&limit={target['limit']}"
    return http.request(stack.port.jaeger, target).json()["data"]


@pytest.mark.parametrize("target", panels())
def test_a_panel_has_data(stack, target):
    stack.traced("/user")

    assert eventually(lambda: answer(stack, target), 30, str(target.get("expr")))


def test_dashboards_name_only_the_data_sources_that_are_provisioned():
    provisioned = (GRAFANA / "data_sources.yaml").read_text()

    for path in (GRAFANA / "dashboards").glob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            for source in [panel["datasource"], *(one["datasource"] for one in panel["targets"])]:
                assert f"uid: {source['uid']}" in provisioned, (path, panel["title"])
