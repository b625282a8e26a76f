"""Measuring in turn. The machine's speed drifts by a factor of two within an hour, so only ratios
inside one round mean something: A B C A, A B C A, …; the first case again at the end of each round
is the control, whose ratio says how much of a difference is noise."""

import statistics
from types import SimpleNamespace

from .load import wrk
from .progress import say

ROUNDS = 5
SECONDS = 2


class Case:
    """target: who has pids(), for the CPU time."""

    def __init__(self, name, url, target=None):
        self.name, self.url, self.target = name, url, target
        self.runs = []

    def median(self, what):
        return statistics.median(getattr(run, what) for run in self.runs)

    def cpu(self):
        """Microseconds a request by part, medians."""
        parts = self.runs[0].cpu_us
        return {part: round(statistics.median(run.cpu_us.get(part, 0) for run in self.runs), 1)
                for part in parts}

    def failures(self):
        return sum(run.status + run.broken for run in self.runs)


def spread(values):
    return SimpleNamespace(median=statistics.median(values), low=min(values), high=max(values))


class Turns:
    """cases: the reference first. measure: wrk, or what stands for it."""

    def __init__(self, cases, connections=16, count=ROUNDS, seconds=SECONDS, measure=wrk):
        self.reference, self.cases = cases[0], cases[1:]
        self._again = Case("control", cases[0].url, cases[0].target)
        every = [*cases, self._again]
        for case in cases:
            measure(case.url, connections, 1)
        for number in range(count):
            for case in every:
                case.runs.append(measure(case.url, connections, seconds, target=case.target))
            say(f"    round {number + 1} of {count}, c{connections}: "
                + ", ".join(f"{case.name} {case.runs[-1].rate:.0f}/s" for case in every))

    def ratio(self, case, what="rate"):
        """Of the case to the mean of the two reference runs of its round."""
        return spread([getattr(run, what) / ((getattr(one, what) + getattr(other, what)) / 2)
                       for run, one, other in zip(case.runs, self.reference.runs, self._again.runs)])

    def control(self, what="rate"):
        return spread([getattr(other, what) / getattr(one, what)
                       for one, other in zip(self.reference.runs, self._again.runs)])
