"""A row: what is measured, its target, and what came out."""

from dataclasses import asdict, dataclass, field


@dataclass
class Result:
    """One line of the table. is_held None: it could not be measured, and note says why."""
    row: str
    figure: str
    value: float = None
    target: str = ""
    is_held: bool = None
    ours: str = ""
    reference: str = ""
    spread: str = ""
    control: str = ""
    note: str = ""
    details: dict = field(default_factory=dict)

    def as_dict(self):
        return asdict(self)


ROWS = {}  # name: (function, its words, the tools it needs, whether it is long)


def row(name, words, tools=("wrk", "nginx"), is_long=False):
    """Registers a function(stage_factory) that yields Results."""
    def register(function):
        assert name not in ROWS, f"two rows {name}"
        ROWS[name] = (function, words, tools, is_long)
        return function
    return register


def at_least(value, bound):
    return {"value": round(value, 4), "target": f">= {bound:g}", "is_held": value >= bound}


def at_most(value, bound, unit=""):
    return {"value": round(value, 4), "target": f"<= {bound:g}{unit}", "is_held": value <= bound}


def interval(figures):
    return f"{figures.low:.3f}-{figures.high:.3f}"
