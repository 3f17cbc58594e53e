"""dlt's merge beside `loader append`, in an environment that has dlt; ours has not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.loading_targets import DuckDB, Input, Postgres
from benchmarks.measure import Case, Run, Work, run

# By the name of the engine in the table.
Targets = Mapping[str, Postgres | DuckDB]

DATASET = "dlt_raw"
PRINT_VERSION = "import importlib.metadata; print(importlib.metadata.version('dlt'))"


def dlt_version(python: Path) -> str:
    """The version of dlt that an interpreter has; CalledProcessError if it has none."""
    asked = [str(python), "-c", PRINT_VERSION]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


class Merge:
    """One engine's pipeline, a process of its own, with what dlt keeps between runs."""

    def __init__(
        self, python: Path, directory: Path, work: Input, target: Postgres | DuckDB
    ) -> None:
        self._python = python.absolute()
        self._directory = directory
        self._work = work
        self._target = target

    def load(self) -> Run:
        """Merge into a table that is not there yet, by a pipeline that never ran."""
        self._target.restart()
        shutil.rmtree(self._directory, ignore_errors=True)
        return self.load_again()

    def load_again(self) -> Run:
        """Merge into what is there."""
        command = [str(self._python), "-m", "benchmarks.dlt_pipeline", str(self._work.lines)]
        measured = run(
            [*command, str(self._directory), DATASET],
            # the time it takes to reach a server elsewhere is not dlt's
            {**self._target.environment, "RUNTIME__DLTHUB_TELEMETRY": "false"},
        )
        self._target.check(schema=DATASET)
        return measured


def dlt_cases(
    python: Path,
    cache: Path,
    work: Input,
    targets: Targets,
    *,
    first_only: bool,
) -> list[Work]:
    """The first load and the same file again, each beside what the loader takes for the same."""
    listed: list[Work] = []
    again = "the same file again"
    for engine, target in targets.items():
        merge = Merge(python, cache / f"dlt-{engine.lower()}", work, target)
        ours, theirs = f"{engine}: loader append", f"{engine}: dlt merge"
        listed.append((Case(theirs, ours, shows_memory=True), merge.load))
        if not first_only:
            listed.append(
                (
                    Case(f"{theirs}, {again}", f"{ours}, {again}", shows_memory=True),
                    merge.load_again,
                )
            )
    return listed
