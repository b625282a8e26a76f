"""The environment of a build with sanitizers (BUILD=build/asan), and what they reported."""

import re
import tempfile
from functools import lru_cache

from .paths import BUILD

WORDS = re.compile(r"ERROR: (?:Address|Leak)Sanitizer.*|.*runtime error: .*|WARNING: ThreadSanitizer.*")

# What is not ours: our library brings the sanitizer into these programs of the system.
SUPPRESSED = ("multiwatch", "spawn-fcgi", "dl_open_worker_begin")


@lru_cache(maxsize=None)
def is_on():
    launcher = BUILD / "bin/otel-instrument"
    return launcher.exists() and b"libasan.so" in launcher.read_bytes()


@lru_cache(maxsize=None)
def _suppressions():
    file = tempfile.NamedTemporaryFile("w", prefix="board-lsan-")  # removed with the object
    file.write("".join(f"leak:{name}\n" for name in SUPPRESSED))
    file.flush()
    return file


def environment():
    """Of every program that a test starts. The libraries are loaded into programs without the
    sanitizer; leaks are told apart by their stacks; a deadly signal stays the program's own."""
    if not is_on():
        return {}
    signals = ":".join(f"handle_{name}=0" for name in ("segv", "sigbus", "abort", "sigill", "sigfpe"))
    return {"ASAN_OPTIONS": f"verify_asan_link_order=0:fast_unwind_on_malloc=0:{signals}",
            "LSAN_OPTIONS": f"suppressions={_suppressions().name}:print_suppressions=0",
            "UBSAN_OPTIONS": "print_stacktrace=1"}


def reports(text):
    """The first line of each report in a program's output."""
    return WORDS.findall(text)
