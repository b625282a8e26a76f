"""The results as one table: on stdout, in var/bench.md and, with everything behind it, in
var/bench.json."""

import json
import os
import platform
import time

from harness.paths import ROOT

_COLUMNS = ("row", "figure", "value", "target", "held", "ours", "reference", "spread", "control", "note")


def _cells(result):
    held = {True: "yes", False: "NO", None: "-"}[result.is_held]
    value = "-" if result.value is None else f"{result.value:.4g}" if result.value < 10000 \
        else f"{result.value:,.0f}"
    return (result.row, result.figure, value, result.target, held, result.ours, result.reference,
            result.spread, result.control, result.note)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "?")
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}, loopback"


def markdown(results):
    rows = [_COLUMNS, *map(_cells, results)]
    widths = [max(len(str(row[place])) for row in rows) for place in range(len(_COLUMNS))]
    lines = ["| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write(results, seconds, load_before, row_seconds):
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    head = (f"{stamp}; {machine()}; load average {load_before:.2f} before, "
            f"{os.getloadavg()[0]:.2f} after; {seconds:.0f} s")
    table = markdown(results)
    folder = ROOT / "var"
    folder.mkdir(exist_ok=True)
    (folder / "bench.md").write_text(f"{head}\n\n{table}\n", encoding="utf-8")
    (folder / "bench.json").write_text(json.dumps(
        {"at": stamp, "machine": machine(), "load_before": load_before, "seconds": seconds,
         "row_seconds": row_seconds, "results": [result.as_dict() for result in results]}, indent=1), encoding="utf-8")
    print(head, table, sep="\n\n")
