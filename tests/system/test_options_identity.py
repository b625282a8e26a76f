"""Who speaks and through what: detectors of the resource, and the options whose values are names."""

import json
import os
import platform
import pwd
import shutil
import subprocess

import pytest

from harness.paths import LAUNCHER, clean_environment

NAMES = {  # option: what means ours, what there is
    "context": ("contextvars_context", "thread_local"),
    "configurator": ("configurator", "default"),
    "distro": ("distro", "otel-instrument"),
    "tracer_provider": ("sdk_tracer_provider", "sdk"),
    "meter_provider": ("sdk_meter_provider", "sdk"),
    "tracer_configurator": ("default", "default"),
    "meter_configurator": ("default", "default"),
    "logger_configurator": ("default", "default"),
}


@pytest.fixture
def launch(built, tmp_path):
    def run(*arguments, program=("true",), **environment):
        return subprocess.run(
            [LAUNCHER, "--traces_exporter=none", "--logs_exporter=none",
             "--metrics_exporter=otlp_file", f"--c_file_dir={tmp_path}", *arguments, "--",
             *program],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=20, check=False, cwd=tmp_path, env=clean_environment(**environment))
    return run


@pytest.fixture
def exported(launch, tmp_path):
    """Resource and names of metrics of a short run."""
    def run(*arguments, **environment):
        path = tmp_path / "metrics.json"
        path.unlink(missing_ok=True)
        done = launch(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        resource, names = {}, set()
        for line in path.read_text().splitlines() if path.exists() else ():
            for group in json.loads(line)["resourceMetrics"]:
                resource = {item["key"]: next(iter(item["value"].values()))
                            for item in group["resource"]["attributes"]}
                names |= {metric["name"] for scope in group["scopeMetrics"]
                          for metric in scope["metrics"]}
        return resource, names
    return run


def os_release():
    with open("/etc/os-release", encoding="utf-8") as lines:
        return {key: value.strip().strip('"') for key, _, value in
                (line.partition("=") for line in lines)}


def test_detectors_find_host_system_and_program(exported):
    resource, _ = exported()
    release = os_release()

    assert resource["host.name"] == platform.node()
    assert resource["os.type"] == "linux"
    assert resource["os.description"] == release["PRETTY_NAME"]
    assert resource["os.version"] == release["VERSION_ID"]
    assert resource["process.executable.path"] == os.path.realpath(shutil.which("true"))
    assert resource["process.command"] == "true"
    assert resource["process.owner"] == pwd.getpwuid(os.geteuid()).pw_name
    assert resource["telemetry.distro.name"] == "otel-instrument"
    assert "process.pid" not in resource


def test_only_named_detectors_run_and_the_instance_is_always_there(exported):
    resource, _ = exported("--experimental_resource_detectors", "os")
    assert "os.type" in resource and "service.instance.id" in resource
    assert "host.name" not in resource and "process.command" not in resource

    resource, _ = exported("--experimental_resource_detectors=*")
    assert {"os.type", "host.name", "process.command"} <= set(resource)

    resource, _ = exported(OTEL_EXPERIMENTAL_RESOURCE_DETECTORS="none")
    assert "os.type" not in resource and "service.instance.id" in resource


def test_a_later_detector_wins(exported):
    attributes = {"OTEL_RESOURCE_ATTRIBUTES": "host.name=given,os.type=given"}
    assert exported(**attributes)[0]["host.name"] == "given"

    resource, _ = exported("--experimental_resource_detectors=os,otel,host", **attributes)
    assert resource["host.name"] == platform.node()
    assert resource["os.type"] == "given"


@pytest.mark.parametrize("option", NAMES)
def test_a_name_that_means_ours_is_taken_and_another_is_answered_with_those_there_are(
        launch, option):
    ours, default = NAMES[option]
    done = launch(f"--{option}", ours)
    assert done.returncode == 0 and done.stderr == ""

    done = launch(**{f"OTEL_PYTHON_{option.upper()}": "somebody_elses"})
    lines = [line for line in done.stderr.splitlines() if "somebody_elses" in line]
    assert done.returncode == 0 and len(lines) == 1
    assert default in lines[0].split("(", 1)[1]


def test_a_provider_that_is_none_makes_nothing(exported):
    assert exported()[1]
    assert not exported("--meter_provider", "default_meter_provider")[1]


def test_the_launchers_own_metrics_can_be_switched_off(exported):
    assert any(name.startswith("otel.sdk.") for name in exported()[1])
    assert not any(name.startswith("otel.sdk.") for name in
                   exported("--sdk_internal_metrics_enabled", "false")[1])


def test_no_distribution_is_named_where_there_is_none(exported):
    resource, _ = exported("--distro", "none")
    assert not any(key.startswith("telemetry.distro") for key in resource)


def test_old_names_beside_the_stable_ones_are_answered_with_a_line(launch):
    assert launch("--semconv_stability_opt_in", "http").stderr == ""
    assert "old names are not sent" in launch("--semconv_stability_opt_in", "http/dup").stderr
    assert launch("--semconv_exception_signal_opt_in", "logs").stderr == ""
    assert "log records alone" in launch("--semconv_exception_signal_opt_in", "logs/dup").stderr
