"""Funnels that nobody would define, by seed: their steps ask for much the same."""

import csv
from collections.abc import Sequence
from pathlib import Path
from random import Random

#: Names, actions of tests/metrics/seeds, and signs; many take the same events.
REFERENCES = (
    *("A", "A", "B", "C", "join", "nothing", "*", "*", "$signup", "$signup"),
    *("is_x", "is_axb", "like_x", "not_x_with_q", "q_is_5", "odd_property", "has_p", "has_q"),
)
WINDOWS = ("", "", 0, 1800, 3600, 43200, 86400, 129600, 172800, 604800)
LONGEST = 7


def write_funnels(random: Random, seeds: Path, funnels: int, longest: int = LONGEST) -> None:
    """Write funnels.csv and funnel_steps.csv into the folder `seeds`, of up to `longest` steps."""
    headers = ["funnel", "step_order", "window_seconds", "description"]
    rows = []
    steps = []
    for number in range(funnels):
        name = f"funnel {number}"
        order = random.choice(["ordered", "ordered", "strict", "unordered"])
        rows.append([name, order, random.choice(WINDOWS), ""])
        references = random.sample(REFERENCES, k=random.randint(1, 4))
        for step in range(1, random.randint(1, longest) + 1):
            is_dated = step > 1 and order != "unordered" and random.random() < 0.15
            on_day = random.randint(0, 2) if is_dated else ""
            steps.append([name, step, random.choice(references), on_day])
    _write(seeds / "funnels.csv", headers, rows)
    _write(seeds / "funnel_steps.csv", ["funnel", "step", "event", "on_day"], steps)


def _write(path: Path, headers: list[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([headers, *rows])
