"""The OTLP JSON and protobuf of tests/vectors/otlp, read by readers that share no code with the
encoders, and sent through a real collector where there is one."""

import json
import urllib.request

import pytest

from harness import otlp_proto
from harness.collector import Collector, find
from harness.otlp_shape import DOCUMENTS, without_defaults
from harness.paths import ROOT
from harness.wait import eventually

FOLDER = ROOT / "tests/vectors/otlp"
JSON_VECTORS = sorted(FOLDER.glob("*.json"))
PROTOBUF_VECTORS = sorted(FOLDER.glob("*.hex"))

def signal_of(path):
    return path.name.partition("_")[0]


@pytest.mark.parametrize("path", JSON_VECTORS, ids=lambda path: path.stem)
def test_every_vector_has_the_shape_of_the_protocol(path):
    content = path.read_bytes()

    assert content.endswith(b"}\n") and content.count(b"\n") == 1
    assert DOCUMENTS[signal_of(path)](json.loads(content))


def test_each_case_is_there_in_both_formats():
    assert [path.stem for path in PROTOBUF_VECTORS] == [path.stem for path in JSON_VECTORS]


@pytest.mark.parametrize("path", PROTOBUF_VECTORS, ids=lambda path: path.stem)
def test_protobuf_is_what_the_library_writes_and_says_what_the_json_says(path):
    body = otlp_proto.uncommented(path.read_text())

    message = otlp_proto.parse(otlp_proto.REQUESTS[signal_of(path)], body)

    assert message.SerializeToString(deterministic=True) == body
    assert without_defaults(otlp_proto.to_json(message)) == \
        without_defaults(json.loads(path.with_suffix(".json").read_text()))


@pytest.mark.parametrize("path", PROTOBUF_VECTORS, ids=lambda path: path.stem)
def test_the_comments_of_a_vector_are_true(path):
    text = path.read_text()

    assert otlp_proto.commented(signal_of(path), otlp_proto.uncommented(text)) == text


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    if not find():
        pytest.skip("no collector: not in $OTELCOL, not on the path, none built by make run")
    one = Collector(tmp_path_factory.mktemp("vectors"))
    yield one
    one.close()


def post(collector, signal, body, media_type):
    request = urllib.request.Request(f"{collector.endpoint('http')}/v1/{signal}", data=body,
                                     headers={"Content-Type": media_type})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


@pytest.mark.parametrize("path", JSON_VECTORS + PROTOBUF_VECTORS, ids=lambda path: path.name)
def test_a_collector_takes_every_vector_and_writes_the_same(collector, path):
    signal, is_json = signal_of(path), path.suffix == ".json"
    sent = path.read_bytes() if is_json else otlp_proto.uncommented(path.read_text())
    media_type = "application/json" if is_json else "application/x-protobuf"
    written = collector.folder / f"{signal}.json"
    before = written.stat().st_size if written.exists() else 0

    answer = post(collector, signal, sent, media_type)

    if is_json:
        assert not json.loads(answer).get("partialSuccess")
    else:
        partial = otlp_proto.parse("ExportServiceResponse", answer).partial_success
        assert (partial.rejected, partial.error_message) == (0, "")
    eventually(lambda: written.exists() and written.stat().st_size > before, 10, "what was taken")
    line = written.read_bytes()[before:]
    assert without_defaults(json.loads(line)) == \
        without_defaults(json.loads(path.with_suffix(".json").read_text()))
