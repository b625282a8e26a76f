"""The dots of the back ends on the page: who asks, how often, for how long."""

import json
import socket
import threading
import time

from harness.wait import eventually

PERIOD_S, LIMIT_S = 5, 0.3
SLACK_S = 0.7  # of a busy machine; the launcher looks up each tenth of a second


class Silent:
    """A back end that takes every question and answers none; when each was asked, for how long."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked, self.lengths = [], []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with peer:
                begin = time.monotonic()
                self.asked.append(begin)
                while peer.recv(4096):
                    pass
                self.lengths.append(time.monotonic() - begin)

    def close(self):
        self._listener.close()


def test_a_back_end_is_asked_each_five_seconds_at_most_and_for_a_third_of_one(pools):
    silent = Silent()
    pool = pools("status", environment={
        "OTEL_C_BACK_ENDS": f"Jaeger=http://127.0.0.1:{silent.port}"})

    # Any number of people look at the page meanwhile.
    def asked_three_times():
        assert pool.get("/status.json").status == 200
        return len(silent.lengths) >= 3

    eventually(asked_three_times, 25, "three questions")
    silent.close()

    gaps = [later - earlier for earlier, later in zip(silent.asked, silent.asked[1:])]
    assert min(gaps) >= PERIOD_S - 0.1, gaps
    assert max(silent.lengths) <= LIMIT_S + SLACK_S, silent.lengths
    assert min(silent.lengths) >= LIMIT_S / 2, silent.lengths
    shown = json.loads(pool.get("/status.json").body)["back_ends"]
    assert [(one["name"], one["answer"]) for one in shown] == [("Jaeger", "no answer")]
