"""Who speaks: one resource per pool, whatever happens to its workers."""

import os
import socket
import uuid

from harness.paths import POOLS
from harness.streams import assert_continuous
from harness.wait import eventually


def resources(service):
    """pool -> the resources that it has spoken under, in all three signals."""
    seen = {}
    for signal in ("traces", "metrics", "logs"):
        for item in service.telemetry.items(signal):
            found = seen.setdefault(item.resource.get("fcgi.pool"), [])
            if item.resource not in found:
                found.append(item.resource)
    return seen


def test_the_resource_names_service_sdk_pool_host_and_program(service):
    seen = eventually(lambda: (found := resources(service)) and set(found) >= set(POOLS) and found,
                      what="telemetry of every pool")

    for pool in POOLS:
        resource = seen[pool][0]
        assert resource["service.name"] == "board"
        assert resource["telemetry.sdk.name"] == "board-otel"
        assert resource["telemetry.sdk.language"] == "c"
        assert resource["telemetry.sdk.version"]
        assert resource["host.name"] == socket.gethostname()
        assert resource["os.type"] == "linux"
        assert resource["process.executable.name"] == pool
        assert uuid.UUID(resource["service.instance.id"]).version == 5


def test_each_pool_is_one_instance_and_no_two_are_the_same(service):
    service.get("/board/1")
    seen = eventually(lambda: (found := resources(service)) and set(found) >= set(POOLS) and found,
                      what="telemetry of every pool")

    ids = {pool: {resource["service.instance.id"] for resource in seen[pool]} for pool in POOLS}

    assert all(len(of_pool) == 1 for of_pool in ids.values()), ids
    assert len(set.union(*ids.values())) == len(POOLS)


def test_a_restart_of_the_workers_keeps_instance_and_streams(service):
    stream = {"http_route": "/log", "http_request_method": "GET",
              "http_response_status_code": 200}
    service.get("/log")
    before = service.telemetry.point("http.server.request.duration", "log", **stream)
    old = set(service.wait_workers("log"))

    assert service.control("restart", "log").status == 0
    new = set(service.wait_workers("log"))
    service.get("/log")

    after = eventually(
        lambda: [point for point in service.telemetry.points(
            "http.server.request.duration", "log", **stream) if point.count > before.count],
        what="a point that counts on")[-1]
    assert not old & new, "every worker is a new process"
    assert after.start == before.start
    assert after.resource == before.resource
    assert len(resources(service)["log"]) == 1
    assert assert_continuous(service.telemetry.points(pool="log"))


def test_attributes_given_by_the_user_are_in_the_resource(pools, sink):
    pool = pools("user", environment={
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,team=a%2Cb",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint})
    answer = pool.traced()

    resource = sink.server_span(answer.trace_id).resource

    assert resource["deployment.environment.name"] == "test"
    assert resource["team"] == "a,b"
    assert resource["service.name"] == "board"
    assert str(os.getpid()) not in resource.values()
