"""What launchers cost while nobody asks for anything."""

import time
from pathlib import Path

LAUNCHERS = 5
WATCHED_S = 8
SETTLING_S = 3  # births are looked for more often at first
PART_OF_A_CORE = 0.005


def cpu_s(pid):
    """CPU time of a process: /proc/PID/schedstat counts nanoseconds, stat only ticks."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def test_five_idle_launchers_cost_less_than_half_a_percent_of_a_core(pools, sink):
    usual = {"OTEL_METRIC_EXPORT_INTERVAL": 60000, "OTEL_BSP_SCHEDULE_DELAY": 5000,
             "OTEL_BLRP_SCHEDULE_DELAY": 1000, "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint}
    launchers = [pools("user", environment=usual).process.pid for _ in range(LAUNCHERS)]
    time.sleep(SETTLING_S)

    before = sum(cpu_s(pid) for pid in launchers)
    time.sleep(WATCHED_S)
    part = (sum(cpu_s(pid) for pid in launchers) - before) / WATCHED_S

    assert part < PART_OF_A_CORE, f"{part:.2%} of a core"
