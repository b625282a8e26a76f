"""Spans, log records and measurements by chance, encoded in both formats of OTLP, read by readers
that share no code with the encoders. TEST_TIMES=56 makes them 100,000 (`make torture ROW=B5`)."""

import collections
import json
import os
import struct
import subprocess

import pytest

from harness import otlp_proto
from harness.otlp_shape import DOCUMENTS, without_defaults
from harness.paths import BUILD

PROGRAM = BUILD / "unit/otel/agent/encode/test_random_records"
SIGNALS = ("traces", "metrics", "logs")


def frames(path):
    """(signal, is it protobuf, body), in the order of the file."""
    with open(path, "rb") as file:
        while head := file.read(6):
            signal, is_proto, length = struct.unpack("<BBI", head)
            yield SIGNALS[signal], bool(is_proto), file.read(length)


def items(message):
    """How many spans, points or log records it has."""
    for field, value in message.ListFields():
        if field.name in ("spans", "log_records", "data_points"):
            yield len(value)
        elif field.type == field.TYPE_MESSAGE:
            for one in value if field.label == field.LABEL_REPEATED else [value]:
                yield from items(one)


def check(json_body, proto_body, signal):
    """Both say the same, and each in the shape that the protocol has. Gives the number of records."""
    document = json.loads(json_body)
    assert DOCUMENTS[signal](document)
    message = otlp_proto.parse(otlp_proto.REQUESTS[signal], proto_body)
    assert without_defaults(otlp_proto.to_json(message)) == without_defaults(document)
    return sum(items(message))


def check_file(path):
    """Every pair of frames: gives how many records of each signal there were."""
    counts, both = collections.Counter(), iter(frames(path))
    for (signal, is_proto, json_body), (other, is_other_proto, proto_body) in zip(both, both):
        assert (signal, is_proto, is_other_proto) == (other, False, True)
        counts[signal] += check(json_body, proto_body, signal)
    return counts


def test_what_is_encoded_is_read_back_the_same_by_others(tmp_path):
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not built: make unit-programs")
    path = tmp_path / "records"

    subprocess.run([PROGRAM], check=True, env={**os.environ, "RECORDS_FILE": str(path)},
                   stdout=subprocess.DEVNULL)

    counts = check_file(path)
    assert all(counts[signal] >= 600 for signal in SIGNALS), counts
