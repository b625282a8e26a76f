"""A stack trace tells the line where the error was raised: move the raise, and it moves."""

import re
import shutil
import subprocess

from harness.paths import BUILD, ROOT, clean_environment

SOURCE = "fcgi_app/handlers/user.c"


def stack_of(pools, sink, worker=None):
    pool = pools("user", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint},
                 worker=worker)
    answer = pool.traced()
    return next(record.attributes["exception.stacktrace"]
                for record in sink.log_records(answer.trace_id, 1)
                if "exception.stacktrace" in record.attributes)


def line_in(stack):
    return int(re.search(r"handlers/user\.c:(\d+)", stack)[1])


def build_moved(folder):
    """The tree's user program with one empty line more before the raise."""
    for part in ("Makefile", "fcgi_app", "otel", "sql"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    source = folder / SOURCE
    lines = source.read_text().splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if "EXCEPTION_RAISE(" in line)
    lines.insert(place, "\n")
    source.write_text("".join(lines))
    build = folder / "build"
    subprocess.run(["make", "-j2", f"BUILD={build}", f"{build}/bin/user"], cwd=folder, check=True,
                   env=clean_environment(), stdout=subprocess.DEVNULL)
    (build / "lib/libotel_hooks.so").symlink_to(BUILD / "lib/libotel_hooks.so")
    return build / "bin/user"


def test_the_trace_names_function_file_and_line_and_follows_the_source(pools, sink, tmp_path):
    tmp_path.chmod(0o755)
    here = stack_of(pools, sink)
    moved = stack_of(pools, sink, build_moved(tmp_path))

    assert line_in(moved) == line_in(here) + 1
    source = (ROOT / SOURCE).read_text().splitlines()
    assert "EXCEPTION_RAISE(" in source[line_in(here) - 1]
    first = here.strip().splitlines()
    assert any("user" in line for line in first), here
