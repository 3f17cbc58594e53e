"""The example events, built by each engine, and `mf query` on what was built."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
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
EXTRA = REPOSITORY / ".cache" / "metrics-layer" / "bin"

README_QUESTION = ("--metrics", "dau,signups,quick_ratio", "--group-by", "metric_time__week")

KINDS = ("loader", "transformer", "reader")

# What is asked of each engine: the command line after `mf query`, by the name of its answer.
QUESTIONS = {
    "days": (
        "--metrics",
        (
            "active_users,dau,wau,mau,stickiness,signups,"
            "sessions,session_users,median_session_seconds,events_per_session,known_users"
        ),
        *("--group-by", "metric_time__day"),
    ),
    "months": ("--metrics", "active_users", "--group-by", "metric_time__month"),
    "event_names": ("--metrics", "events,event_users", "--group-by", "event__event_name"),
    "status_of_users": ("--metrics", "active_users", "--group-by", "user_id__churn_status"),
    "status_at_the_end": ("--metrics", "known_users", "--group-by", "churn__churn_status"),
    **{
        name: ("--saved-query", name)
        for name in (
            "product_overview_by_week",
            "churn_by_week",
            "retention_triangle",
            "return_of_signups_by_week",
            "onboarding_funnels_by_week",
        )
    },
}

# Rows by column; which columns, the query says.
Answer = list[dict[str, Any]]


@dataclass(frozen=True)
class MetricsLayer:
    """One database in which the project is built, and all that was asked of it."""

    database: Database

    def answer(self, name: str) -> Answer:
        """What was answered to one of QUESTIONS, or to that of the README.

        Returns:
            The rows, in no particular order, with their values by name: numbers as floats, times
            as dates, null as None.
        """
        return read_answer(self.database.directory / f"{name}.csv")

    def view(self, name: str) -> Answer:
        """All rows of a public view."""
        with PublicViews(self.database) as views:
            return [dict(row) for row in views.rows(name)]


def read_answer(path: Path) -> Answer:
    """The rows of a CSV file that `mf query` wrote, as `MetricsLayer.answer` gives them."""
    with path.open(newline="") as lines:
        return [
            {column: _value(text) for column, text in row.items()} for row in csv.DictReader(lines)
        ]


def _value(text: str) -> str | float | date | None:
    if text == "":
        return None
    for read in (float, lambda text: datetime.fromisoformat(text).date()):
        try:
            return read(text)
        except ValueError:
            continue
    return text


@pytest.fixture(scope="session")
def metrics_layers(make_session_database: MakeDatabase) -> Iterator[dict[Engine, MetricsLayer]]:
    """The example events, built by each engine; on PostgreSQL it is a reader who asks."""
    assert EXTRA.exists(), "run `make test-metrics-layer`, which installs the extra"
    layers: dict[Engine, MetricsLayer] = {}
    with ExitStack() as stack:
        for engine in ENGINES:
            database = make_session_database(engine)
            people = People(database)
            stack.callback(people.drop)
            run_loader(*people.init(), database=database, check=True)
            run_loader("append", EVENTS, database=database, check=True)
            _build(database, people.readers())
            _ask(database, people.reader())
            layers[engine] = MetricsLayer(database)
        yield layers


@dataclass(frozen=True)
class People:
    """The roles of a database, with names of its own; a DuckDB file has none."""

    database: Database

    def role(self, kind: str) -> str:
        """The name of a role."""
        return f"{self.database.name}-{kind}"

    def init(self) -> list[str]:
        """How to begin."""
        if self.database.engine == "duckdb":
            return ["init"]
        options = [(f"--{kind}-role", self.role(kind)) for kind in KINDS]
        return ["init", "--roles", *(part for option in options for part in option)]

    def readers(self) -> dict[str, str]:
        """In whose environment to build: readers may read."""
        return (
            {} if self.database.engine == "duckdb" else {"EVENTS_READER_ROLES": self.role("reader")}
        )

    def reader(self) -> dict[str, str]:
        """In whose environment to ask: that of a user who is a reader and nothing else."""
        if self.database.engine == "duckdb":
            return {}
        user, password = self.role("bi"), self.database.name
        self.database.execute(
            f'create role "{user}" login password \'{password}\' in role "{self.role("reader")}"'
        )
        return {"PGUSER": user, "PGPASSWORD": password}

    def drop(self) -> None:
        """Drop them all; they belong to the server and would outlive the database."""
        if self.database.engine == "postgres":
            for statement in ("drop owned by", "drop role"):
                for kind in ("bi", *KINDS):
                    self.database.execute(f'{statement} "{self.role(kind)}"')


@pytest.fixture
def layer(engine: Engine, metrics_layers: dict[Engine, MetricsLayer]) -> MetricsLayer:
    """Each engine's in turn."""
    return metrics_layers[engine]


def _build(database: Database, env: Mapping[str, str]) -> None:
    """Build seeds and views by a process of its own: one in this would keep the DuckDB file."""
    directory = database.directory
    _run(
        *(Path(sys.executable).with_name("dbt"), "build", "--quiet"),
        *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
        *("--target-path", directory / "target", "--log-path", directory / "logs"),
        database=database,
        cwd=REPOSITORY,
        env=env,
    )


def _ask(database: Database, env: Mapping[str, str]) -> None:
    """Ask the question of the README as it stands there, and all others in one process."""
    directory = database.directory
    # mf asks the project where dbt writes, and takes no option; nothing else of it is read
    (directory / "dbt_project.yml").symlink_to(REPOSITORY / "dbt_project.yml")
    readme = (EXTRA / "mf", "query", *README_QUESTION, "--csv", "readme.csv")
    _run(*readme, database=database, cwd=directory, env=env)
    (directory / "questions.json").write_text(json.dumps(QUESTIONS))
    ask = (EXTRA / "python", Path(__file__).with_name("ask.py"), "questions.json", ".")
    _run(*ask, database=database, cwd=directory, env=env)


def _run(*command: str | Path, database: Database, cwd: Path, env: Mapping[str, str]) -> None:
    ended = subprocess.run(
        command,
        cwd=cwd,
        env=process_environment(database, env),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{command}:\n{ended.stdout}\n{ended.stderr}"
