"""A project whose roll-ups are kept, whose seeds change, and what its last build went through."""

import csv
import json
import subprocess
import sys
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.metrics import compare
from tests.metrics.logs import log
from tests.metrics.views import PublicViews
from tests.reference import VIEWS, Definitions, Event, Settings
from tests.support.databases import Database
from tests.support.run import BUILD_UNTESTED, DbtResult, process_environment, run_dbt, run_loader

SEEDS = Path(__file__).parents[1] / "metrics" / "seeds"
LATEST = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)


@dataclass
class Project:
    """A copy of the project whose seeds change, on a database."""

    directory: Path
    database: Database
    rollups: str = "incremental"

    def definitions(
        self, *, shorter_windows: bool = False, funnels: Collection[str] | None = None
    ) -> Definitions:
        """Write funnels, all or some, and their windows into the seeds; read what these define."""
        for seed in ("funnels", "funnel_steps"):
            rows = [row for row in seed_rows(seed) if funnels is None or row["funnel"] in funnels]
            for row in rows:
                if shorter_windows and row.get("window_seconds"):
                    row["window_seconds"] = str(int(row["window_seconds"]) // 2)
            self.write_seed(seed, rows)
        return Definitions.from_seeds(self.directory / "seeds")

    def write_seed(self, seed: str, rows: list[dict[str, str]]) -> None:
        """Put these rows into a seed."""
        path = self.directory / "seeds" / f"{seed}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)

    def deliver(self, events: Sequence[Event], *, hours: int = 0) -> None:
        """Let events arrive so many hours after the latest delivery of all."""
        with PublicViews(self.database) as views:
            views.append_events(events, LATEST + timedelta(hours=hours))

    def loader(self, *args: str) -> None:
        """Run a command of the loader."""
        run_loader(*args, database=self.database, check=True)

    def delivery_at(self, moment: datetime) -> str:
        """The id of the delivery of that time, which is written down if it is not yet.

        Events of tests are put into the table without the loader.
        """
        mark = "%s" if self.database.engine == "postgres" else "?"
        found = self.database.query(
            "select cast(delivery_id as varchar) from raw.deliveries "
            f"where delivered_at = cast({mark} as timestamptz)",
            [moment.isoformat()],
        )
        if found:
            return str(found[0][0])
        delivery = str(uuid.uuid4())
        self.database.execute(
            "insert into raw.deliveries values "
            f"('{delivery}', 'test', cast({mark} as timestamptz), 0, 0, 0, 0, 0)",
            [moment.isoformat()],
        )
        return delivery

    def build(self, settings: Settings, *options: str, check: bool = True) -> DbtResult:
        """Build with roll-ups that are kept."""
        return self.run(settings, *BUILD_UNTESTED, *options, check=check)

    def refresh(self, settings: Settings) -> DbtResult:
        """Build what is kept, and no view."""
        return self.run(settings, "run", "--selector", "refresh")

    def start_refresh(self) -> subprocess.Popen[bytes]:
        """Start a refresh as a process of its own, whose output is one pipe."""
        options = {
            "--profiles-dir": self.database.directory,
            "--project-dir": self.directory,
            "--target": self.database.engine,
            "--target-path": self.database.directory / f"target-{uuid.uuid4()}",
            "--log-path": self.database.directory / "logs",
            "--vars": json.dumps({"rollups": "incremental"}),
        }
        command = [
            "run",
            "--selector",
            "refresh",
            *(str(part) for pair in options.items() for part in pair),
        ]
        return subprocess.Popen(
            [sys.executable, "-m", "dbt.cli.main", *command],
            env=process_environment(self.database),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def relations(self, *, without: str = "") -> list[tuple[str, str, int]]:
        """Schema, name and identity of each table, index and view that is built on PostgreSQL.

        Args:
            without: A pattern of names that are left out.
        """
        return self.database.query(
            """
            select relnamespace::regnamespace::text, relname, oid from pg_catalog.pg_class
            where
                relkind in ('r', 'i', 'v')
                and relnamespace::regnamespace::text ^@ 'analytics'
                and relname not like %s
            order by relnamespace::regnamespace::text, relname
            """,
            [without],
        )

    def run(self, settings: Settings, *command: str, **options: Any) -> DbtResult:
        """Run a dbt command with roll-ups that are kept; options are those of `run_dbt`."""
        return run_dbt(
            *command,
            database=self.database,
            variables=settings.as_dbt_vars() | {"rollups": self.rollups},
            project=self.directory,
            **options,
        )


def assert_views_match(
    database: Database,
    events: list[Event],
    definitions: Definitions,
    settings: Settings,
    happened: object,
) -> None:
    """Compare every public view with the reference."""
    with PublicViews(database) as views:
        compare.assert_views_match(views, VIEWS, events, definitions, settings, happened=happened)


def seed_rows(seed: str = "funnels") -> list[dict[str, str]]:
    """The rows of one of the tests' own seeds."""
    with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def due_users(database: Database, model: str = "int_touched_users") -> set[str]:
    """The users that the last build found new events of."""
    rows = database.query(f"select user_id from analytics_intermediate.{model}")
    return {user_id for (user_id,) in rows}


def funnel_events(database: Database) -> set[tuple[str, str]]:
    """Whose events the last build computed funnels from, and of which hour and minute in UTC."""
    rows = database.query(
        "select user_id, occurred_at from analytics_intermediate.int_funnel_events"
    )
    return {(user_id, f"{occurred_at.astimezone(UTC):%H:%M}") for user_id, occurred_at in rows}


def some_events() -> list[Event]:
    """Events of three users; the last one, of bob, lies before all others of his."""
    return log(
        "ann A 2024-02-28T10:00",
        "ann B 2024-02-28T10:05",
        "bob A 2024-02-28T11:00",
        "bob B 2024-03-01T11:00",
        "cay join 2024-02-29T12:00",
        "cay A 2024-02-29T12:20",
        "bob A 2024-02-27T09:00",
    )
