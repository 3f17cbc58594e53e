"""The example events, built by each engine, and `mf query` on what was built."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import MakeDatabase
from tests.metrics.views import PublicViews
from tests.support.databases import ENGINES, REPOSITORY, Database, Engine
from tests.support.run import process_environment, run_loader

EVENTS = REPOSITORY / "examples" / "cofacts" / "events.parquet"
# Where `make test-metrics-layer` has installed the extra `metrics`.
MF = REPOSITORY / ".cache" / "metrics-layer" / "bin" / "mf"

# Rows by column; which columns, the query says.
Answer = list[dict[str, Any]]


@dataclass(frozen=True)
class MetricsLayer:
    """One database in which the project is built."""

    database: Database

    def query(self, *args: str) -> Answer:
        """Run `mf query` and return its rows, in no particular order.

        Args:
            args: The command line after `mf query`.

        Returns:
            For each row, its values by name: numbers as floats, times as dates, null as None.
        """
        answer = self.database.directory / "answer.csv"
        answer.unlink(missing_ok=True)
        ended = subprocess.run(
            [MF, "query", *args, "--quiet", "--csv", answer],
            cwd=self.database.directory,
            env=process_environment(self.database),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"mf query {args}:\n{ended.stdout}\n{ended.stderr}"
        return _rows(answer)

    def view(self, name: str) -> Answer:
        """All rows of a public view."""
        with PublicViews(self.database) as views:
            return [dict(row) for row in views.rows(name)]


def _rows(file: Path) -> Answer:
    with file.open(newline="") as lines:
        return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(lines)]


def _value(text: str) -> str | float | date | None:
    if text == "":
        return None
    for read in (float, lambda text: datetime.fromisoformat(text).date()):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _build(database: Database) -> None:
    """Build seeds and views by a process of its own: one in this would keep the DuckDB file."""
    directory = database.directory
    subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "build", "--quiet"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--target-path", directory / "target", "--log-path", directory / "logs"),
        ],
        cwd=REPOSITORY,
        env=process_environment(database),
        check=True,
    )


@pytest.fixture(scope="session")
def metrics_layers(make_session_database: MakeDatabase) -> dict[Engine, MetricsLayer]:
    """The example events, built by each engine."""
    assert MF.exists(), "run `make test-metrics-layer`, which installs the extra"
    layers: dict[Engine, MetricsLayer] = {}
    for engine in ENGINES:
        database = make_session_database(engine)
        run_loader("init", database=database, check=True)
        run_loader("append", EVENTS, database=database, check=True)
        _build(database)
        # mf asks the project where dbt writes, and takes no option; nothing else of it is read
        (database.directory / "dbt_project.yml").symlink_to(REPOSITORY / "dbt_project.yml")
        layers[engine] = MetricsLayer(database)
    return layers


@pytest.fixture
def layer(engine: Engine, metrics_layers: dict[Engine, MetricsLayer]) -> MetricsLayer:
    """Each engine's in turn."""
    return metrics_layers[engine]
