"""The README's example of the launcher on a program of one's own, to the letter."""

import os
import re
import subprocess

from harness import fastcgi, instance, processes
from harness.paths import BUILD, ROOT, clean_environment, tool
from harness.telemetry import new_trace_id, traceparent
from harness.wait import eventually

SCRIPT = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello\\n'\n"


def example():
    """The indented command, as a person would copy it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.search(r"^    otel-instrument (?:.*\\\n)+.*", text, re.MULTILINE).group()


def test_the_launcher_on_a_program_of_ones_own(sink):
    folder = instance.Folder("readme")
    path = folder.path
    script = path / "hello.cgi"
    script.write_text(SCRIPT, encoding="utf-8")
    script.chmod(0o755)
    command = example()
    for there, here in (("http://127.0.0.1:4318", sink.endpoint), ("/run/shop.sock", path / "sock"),
                        ("/usr/lib/cgi-bin/shop", tool("fcgiwrap"))):
        assert there in command
        command = command.replace(there, str(here))
    with open(path / "said.log", "wb") as said:
        launcher = subprocess.Popen(
            ["/bin/sh", "-c", "exec " + command.strip()], stdin=subprocess.DEVNULL, stdout=said,
            stderr=said, env=clean_environment(
                PATH=f"{BUILD}/bin:{os.environ['PATH']}", OTEL_BSP_SCHEDULE_DELAY=100))
    try:
        trace_id = new_trace_id()

        def ask():
            return fastcgi.request(path / "sock", "/shop/7", route="/shop/{item}",
                                   SCRIPT_FILENAME=str(script),
                                   headers={"traceparent": traceparent(trace_id)})
        answer = eventually(ask, 5, "an answer")

        assert (answer.status, answer.body) == (200, b"hello\n")
        span = sink.server_span(trace_id)
        assert span.attributes["http.route"] == "/shop/{item}"
        assert span.resource["service.name"] == "shop"
    finally:
        launcher.terminate()
        launcher.wait(5)
        for pid in processes.of_folder(path):
            processes.kill(pid)
        folder.remove()
