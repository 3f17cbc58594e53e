"""Timing whole processes against each other, and writing down what came of it."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """One process, from start to end.

    Attributes:
        seconds: Wall-clock time.
        cpu_seconds: The process's own time on all cores; not that of a database server.
        peak_bytes: Its peak resident memory.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run(command: Sequence[str], environment: Mapping[str, str], standard_input: str = "") -> Run:
    """Run a command to its end and measure it; RuntimeError if it fails.

    Linux counts the memory of the parent at the moment of the start towards the child's peak, so
    the calling process has to stay small.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as given:
        given.write(standard_input.encode())
        given.seek(0)
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=dict(environment), stdin=given, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(command)} failed ({process.returncode}):\n{said}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


@dataclass
class Case:
    """One way of doing the work, and its runs, one in each round.

    Attributes:
        name: For the table.
        baseline: The name of the case that it is compared with, if any.
        goal: The ratio to the baseline that is aimed at, if any.
        shows_memory: Whether its peak memory is reported; a mere client's says nothing.
    """

    name: str
    baseline: str | None = None
    goal: float | None = None
    shows_memory: bool = False
    runs: list[Run] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Median duration."""
        return statistics.median(one.seconds for one in self.runs)

    @property
    def peak_bytes(self) -> int:
        """The highest peak of all runs."""
        return max(one.peak_bytes for one in self.runs)


# A case and what is run for it, once in each round.
Work = tuple[Case, Callable[[], Run]]


def ratios(case: Case, baseline: Case) -> list[float]:
    """How many times as long a case took as its baseline, round by round."""
    return [
        one.seconds / other.seconds for one, other in zip(case.runs, baseline.runs, strict=True)
    ]


def summary(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """All that was measured, for JSON; seconds, megabytes, and ratios to the baselines."""
    named = {case.name: case for case in cases}
    rows = []
    for case in cases:
        row: dict[str, Any] = {
            "case": case.name,
            "median_seconds": round(case.seconds, 2),
            "seconds": [round(one.seconds, 2) for one in case.runs],
            "cpu_seconds": [round(one.cpu_seconds, 2) for one in case.runs],
        }
        if case.shows_memory:
            row["peak_megabytes"] = round(case.peak_bytes / 1e6)
        if case.baseline is not None:
            found = ratios(case, named[case.baseline])
            row |= {
                "baseline": case.baseline,
                "median_ratio": round(statistics.median(found), 2),
                "ratios": [round(ratio, 2) for ratio in found],
            }
        if case.goal is not None:
            row["goal"] = case.goal
        rows.append(row)
    return rows


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same as a table for people; ratios rather than seconds, which say little elsewhere."""
    lines = [
        "| case | compared with | times as long (lowest to highest) | goal | peak memory |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = ""
        if "median_ratio" in row:
            ratio = f"{row['median_ratio']:.2f} ({min(row['ratios'])} to {max(row['ratios'])})"
        goal = f"at most {row['goal']}" if "goal" in row else ""
        peak = f"{row['peak_megabytes']} MB" if "peak_megabytes" in row else ""
        lines.append(f"| {row['case']} | {row.get('baseline', '')} | {ratio} | {goal} | {peak} |")
    return "\n".join(lines)


def write_results(path: Path, settings: Mapping[str, Any], cases: Sequence[Case]) -> str:
    """Write path.json and path.md; return the table."""
    rows = summary(cases)
    table = as_markdown(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    described = ", ".join(f"{key} {value}" for key, value in settings.items())
    path.with_suffix(".json").write_text(json.dumps({**settings, "cases": rows}, indent=2) + "\n")
    path.with_suffix(".md").write_text(f"{described}\n\n{table}\n")
    return table
