"""Bad input by the million: the unit tests with chance in them, for longer. Their short form is
`make test`, where they run under ASan and UBSan, and TSan, too."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import test_otlp_random
from harness.paths import BUILD
from torture import row

ASAN = BUILD.parent / "asan"
SANITIZERS = {"ASAN_OPTIONS": "detect_leaks=1:exitcode=99", "UBSAN_OPTIONS": "halt_on_error=1"}


def run_longer(run, times, *names):
    """The unit programs, so many times as long; of the build with sanitizers where there is one."""
    for name in names:
        program = next(path for build in (ASAN, BUILD) if (path := build / "unit" / name).exists())
        done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              env={**os.environ, **SANITIZERS, "TEST_TIMES": str(times)})
        passed = len(re.findall(r"^\[ +OK \]", done.stdout, re.MULTILINE))
        run.holds(f"{name}, {times} times as long, {'with sanitizers' if ASAN in program.parents else 'without them'}",
                  done.returncode == 0 and passed > 0, f"{passed} tests" if done.returncode == 0 else done.stdout[-600:])


@row("B3", "texts by chance through both escapers, against slow references", full_s=60)
def texts(run):
    run_longer(run, 50, "otel/base/test_json_escape", "fcgi_app/view/test_post_json")
    run.did("texts, each escaper", 10_000_000)


@row("B4", "mutations of traceparent, tracestate, baggage and the other propagators' headers", full_s=60)
def headers(run):
    run_longer(run, 10, *(f"otel/record/test_propagate_{name}"
                          for name in ("tracecontext", "baggage", "b3", "jaeger", "xray")))
    run.did("mutations, each header, at least", 1_000_000)


@row("B5", "records by chance through the encoders, read by an independent decoder", full_s=60)
def records(run):
    times = 56
    with tempfile.TemporaryDirectory(prefix="board-records-") as folder:
        path = Path(folder) / "records"
        subprocess.run([test_otlp_random.PROGRAM], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env={**os.environ, "RECORDS_FILE": str(path), "TEST_TIMES": str(times)})
        counts = test_otlp_random.check_file(path)
    run.did("spans, points and log records", sum(counts.values()))
    run.holds("JSON and protobuf say the same, in the protocol's shape", sum(counts.values()) >= 100_000, dict(counts))


@row("B6", "mutations of a receiver's answers, trailers and headers, and of heads that come in", full_s=60)
def answers(run):
    run_longer(run, 50, "otel/agent/pipeline/test_answer", *(f"otel/agent/send/test_{name}"
                                                            for name in ("grpc_status", "retry", "http_head")))
    run.did("mutations, each parser", 1_000_000)
