"""The bench's own machinery: turns, ratios, what is held, the table, tools that are missing."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from harness.paths import ROOT

BENCH = ROOT / "tests/bench"
sys.path.insert(0, str(BENCH))

from stand import result, rounds, table  # noqa: E402


@pytest.fixture(scope="module", name="bench")
def _bench():
    loader = importlib.machinery.SourceFileLoader("bench_run", str(BENCH / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_run", loader))
    loader.exec_module(module)
    return module


def load_of(rates, order):
    """Stands for wrk: each address has its rates, one a run, and the order is kept."""
    def measure(url, *_, **__):
        order.append(url)
        rate = rates[url].pop(0)
        return SimpleNamespace(rate=rate, status=0, broken=0, p99_us=1e6 / rate, cpu_us={})
    return measure


# --- turns ------------------------------------------------------------------------------------

def test_cases_take_turns_and_each_round_ends_with_the_control():
    order = []
    rates = {"ref": [100] * 5, "ours": [100] * 3}

    rounds.Turns([rounds.Case("ref", "ref"), rounds.Case("ours", "ours")], count=2,
                 measure=load_of(rates, order))

    assert order == ["ref", "ours"] + ["ref", "ours", "ref"] * 2


def test_a_ratio_is_the_median_over_rounds_against_the_mean_of_both_reference_runs():
    ours = rounds.Case("ours", "ours")
    # Each round half as fast as the one before, as a machine that gets busy is.
    rates = {"ref": [1, 100, 300, 50, 150, 25, 75], "ours": [1, 100, 60, 20]}

    turns = rounds.Turns([rounds.Case("ref", "ref"), ours], count=3, measure=load_of(rates, []))

    ratio = turns.ratio(ours)
    assert (ratio.low, ratio.median, ratio.high) == (0.4, 0.5, 0.6)
    control = turns.control()
    assert (control.low, control.median, control.high) == (3, 3, 3)
    assert ours.median("rate") == 60


def test_five_rounds_are_measured_unless_told_otherwise():
    order = []
    rates = {"ref": [100] * 11, "ours": [100] * 6}

    rounds.Turns([rounds.Case("ref", "ref"), rounds.Case("ours", "ours")],
                 measure=load_of(rates, order))

    assert order.count("ours") == 1 + 5


# --- what is held -----------------------------------------------------------------------------

@pytest.mark.parametrize("made, is_held", [
    (result.at_least(0.95, 0.95), True), (result.at_least(0.9499, 0.95), False),
    (result.at_most(1.2, 1.2), True), (result.at_most(1.2001, 1.2), False)])
def test_a_bound_itself_is_held_and_what_is_beyond_is_not(made, is_held):
    assert made["is_held"] is is_held


def test_the_table_says_what_was_held_what_was_not_and_what_was_not_measured():
    text = table.markdown([
        result.Result("A", "ratio", **result.at_least(0.5, 0.4), spread="0.4-0.6", note="x"),
        result.Result("B", "ms", **result.at_most(12345.6, 3)),
        result.Result("C", "none", note="not measured: wrk is not installed")])

    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")]
                       for line in text.splitlines()]
    rows = [dict(zip(head, line)) for line in lines]
    assert [(row["row"], row["value"], row["held"]) for row in rows] == \
        [("A", "0.5", "yes"), ("B", "12,346", "NO"), ("C", "-", "-")]
    assert (rows[0]["target"], rows[0]["spread"], rows[0]["note"]) == (">= 0.4", "0.4-0.6", "x")
    assert len({len(line) for line in text.splitlines()}) == 1


# --- rows -------------------------------------------------------------------------------------

def test_a_row_whose_tool_is_missing_says_so_and_is_not_green(bench, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(result.ROWS, "X", (None, "words", ("no-such-tool",), False))

    results = bench.measure("X", [])

    assert [one.note for one in results] == ["not measured: no-such-tool is not installed"]
    assert bench.status_of(results) == 1


def test_a_row_that_fails_is_not_held_and_the_others_go_on(bench, monkeypatch, capsys):
    def broken(_):
        raise ValueError("it broke")
    monkeypatch.setitem(result.ROWS, "X", (broken, "words", (), False))

    results = bench.measure("X", [])

    assert [(one.is_held, one.note) for one in results] == [(False, "ValueError: it broke")]
    assert "it broke" in capsys.readouterr().err
    assert bench.status_of(results) == 1


def test_books_that_do_not_balance_are_a_row_that_is_not_held(bench):
    good, bad = ("T1 on", None), ("T2 gone", "spans ended 5, parts 4")

    assert bench.books_result([good]).is_held
    assert not bench.books_result([good, bad]).is_held
    assert "T2 gone: spans ended 5" in bench.books_result([good, bad]).note


def test_every_row_has_its_words_in_the_readme(bench):
    del bench
    readme = (BENCH / "README.md").read_text(encoding="utf-8")

    missing = [name for name in [*result.ROWS, "T6"] if f"\n| {name} |" not in readme]

    assert result.ROWS and not missing


def test_a_row_that_is_not_there_is_refused():
    done = subprocess.run([BENCH / "run", "L99"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "ROW": ""}, text=True, check=False)

    assert done.returncode == 2
    assert "no such row: L99" in done.stdout
